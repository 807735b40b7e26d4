import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

import { describe, expect, it } from 'vitest';

import { FormatError } from '../../core/errors';
import { memoryFiles, openLocalFiles } from '../../io/checkpointFiles';
import { openCheckpoint } from '..';
import { tensorOf, valuesOf } from '../testSupport';

const folder = join(__dirname, '../../../test/fixtures/quantized');

type Golden = Readonly<
  Record<string, { readonly shape: readonly number[]; readonly data: string }>
>;
function goldenOf(path: string): Golden {
  const golden: Golden = JSON.parse(readFileSync(join(folder, path), 'utf8'));
  return golden;
}
const valuesIn = (data: string) =>
  Array.from(new Float32Array(Uint8Array.from(Buffer.from(data, 'base64')).buffer));
const open = async (path: string) => openCheckpoint(await openLocalFiles(join(folder, path)));
const libraries = readdirSync(folder).filter((name) =>
  existsSync(join(folder, name, 'golden.json')),
);

/** How each fixture's weights were stored. */
const told: Readonly<Record<string, { storedDtype: string; scheme: string; step?: number }>> = {
  awq: { storedDtype: 'int4', scheme: 'AWQ, groups of 32' },
  bnb_fp4: { storedDtype: 'FP4', scheme: 'bitsandbytes FP4, blocks of 64' },
  bnb_int8: { storedDtype: 'int8', scheme: 'bitsandbytes LLM.int8(), scale per row' },
  bnb_nf4: { storedDtype: 'NF4', scheme: 'bitsandbytes NF4, blocks of 64' },
  bnb_nf4_bf16: { storedDtype: 'NF4', scheme: 'bitsandbytes NF4, blocks of 64' },
  bnb_nf4_nested: {
    storedDtype: 'NF4',
    scheme: 'bitsandbytes NF4, blocks of 64, scales quantised too',
  },
  fp8_blocks: { storedDtype: 'float8_e4m3fn', scheme: 'float8_e4m3fn, blocks of 128×128' },
  fp8_rows: { storedDtype: 'float8_e5m2', scheme: 'float8_e5m2, scale per row' },
  fp8_tensor: { storedDtype: 'float8_e4m3fn', scheme: 'float8_e4m3fn, scale per tensor' },
  gptq2: { storedDtype: 'int2', scheme: 'GPTQ, groups of 32' },
  gptq3: { storedDtype: 'int3', scheme: 'GPTQ, groups of 32' },
  gptq4: { storedDtype: 'int4', scheme: 'GPTQ, groups of 32' },
  gptq4_act_order: { storedDtype: 'int4', scheme: 'GPTQ, groups of 32' },
  gptq4_v2: { storedDtype: 'int4', scheme: 'GPTQ, groups of 32' },
  gptq8: { storedDtype: 'int8', scheme: 'GPTQ, groups of 32' },
  int_quantized: { storedDtype: 'int8', scheme: 'int8, scale per row' },
  mxfp4: { storedDtype: 'MXFP4', scheme: 'MXFP4, blocks of 32' },
  packed4: { storedDtype: 'int4', scheme: 'compressed-tensors, groups of 22' },
  packed4_asymmetric: { storedDtype: 'int4', scheme: 'compressed-tensors, groups of 22' },
  packed8: { storedDtype: 'int8', scheme: 'compressed-tensors, scale per row' },
};

describe.each(libraries)('%s', (name) => {
  it('gives the weights that the codes stand for', async () => {
    const checkpoint = await open(`${name}/model.safetensors`);
    expect([checkpoint.skipped, checkpoint.notices]).toEqual([[], []]);
    for (const [tensorName, { shape, data }] of Object.entries(goldenOf(`${name}/golden.json`))) {
      const tensor = tensorOf(checkpoint, tensorName);
      expect(tensor).toMatchObject({ shape, dtype: 'f32', quantization: told[name] });
      const expected = valuesIn(data);
      for (const step of [Infinity, 37, 1]) {
        const values = (await valuesOf(tensor, step)).map(Number);
        expect(values).toHaveLength(expected.length);
        // One rounding to f32 more or less.
        const furthest = Math.max(...values.map((v, i) => Math.abs(v - expected[i]!)));
        expect(furthest).toBeLessThanOrEqual(2e-7 * Math.max(...expected.map(Math.abs)));
      }
    }
  });

  it('lists scales and zero points apart, and no codes', async () => {
    const { tensors } = await open(`${name}/model.safetensors`);
    const weights = Object.keys(goldenOf(`${name}/golden.json`));
    for (const { name: other, role } of tensors) {
      const isWeight = weights.includes(other) || other.endsWith('bias');
      // A stack of experts is named a matrix, as its three axes look like a convolution's.
      const expected = name === 'mxfp4' && weights.includes(other) ? 'matrix' : undefined;
      expect([other, role]).toEqual([other, isWeight ? expected : 'aux']);
    }
    expect(tensors.map((tensor) => tensor.name)).not.toContain('fc.qweight');
  });
});

describe('tensors that PyTorch quantised', () => {
  it.each(['qtensors.pt', 'qtensors_old.pt'])('reads those of %s', async (file) => {
    const checkpoint = await open(file);
    expect([checkpoint.skipped, checkpoint.notices]).toEqual([[], []]);
    for (const [name, { shape, data }] of Object.entries(goldenOf('golden.qtensors.json'))) {
      const tensor = tensorOf(checkpoint, name);
      expect(tensor).toMatchObject({ shape, dtype: 'f32' });
      expect(await valuesOf(tensor), name).toEqual(valuesIn(data));
      expect(await valuesOf(tensor, 5), name).toEqual(valuesIn(data));
    }
    expect(tensorOf(checkpoint, 'tensor').quantization).toEqual({
      storedDtype: 'quint8',
      scheme: 'PyTorch, per tensor',
      step: 0.05,
    });
    expect(tensorOf(checkpoint, 'columns').quantization).toEqual({
      storedDtype: 'quint8',
      scheme: 'PyTorch, per slice of axis 1',
    });
  });

  it('reads the weights of quantised modules', async () => {
    const { tensors } = await open('quantized_linear.pt');
    expect(tensors.map(({ name }) => name)).toEqual(
      expect.arrayContaining(['fc.weight', 'fc.bias', 'fc.scale', 'fc.zero_point']),
    );
    const weight = tensors.find(({ quantization }) => quantization);
    expect(weight).toMatchObject({ name: 'fc.weight', shape: [3, 4], dtype: 'f32' });
  });
});

/** A safetensors file of the given tensors, zeros in all. */
function zeros(tensors: Readonly<Record<string, readonly [dtype: string, ...shape: number[]]>>) {
  const sizes: Readonly<Record<string, number>> = { F16: 2, F32: 4, I32: 4, I64: 8, BF16: 2 };
  const header: Record<string, object> = {};
  let at = 0;
  for (const [name, [dtype, ...shape]] of Object.entries(tensors)) {
    const length = shape.reduce((product, size) => product * size, sizes[dtype] ?? 1);
    header[name] = { dtype, shape, data_offsets: [at, at + length] };
    at += length;
  }
  const text = new TextEncoder().encode(JSON.stringify(header));
  const bytes = new Uint8Array(8 + text.length + at);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(text.length), true);
  bytes.set(text, 8);
  return bytes;
}
const openBytes = (bytes: Uint8Array, config?: string) =>
  openCheckpoint(
    memoryFiles(
      'model.safetensors',
      bytes,
      new Map(config === undefined ? [] : [['config.json', new TextEncoder().encode(config)]]),
    ),
  );

describe('codes whose scales do not go with them', () => {
  it.each<[string, Parameters<typeof zeros>[0], RegExp]>([
    [
      'GPTQ without zero points',
      { 'a.qweight': ['I32', 8, 32], 'a.scales': ['F16', 2, 32] },
      /"a.qweight" has scales and no zero points/,
    ],
    [
      'GPTQ of odd shapes',
      { 'a.qweight': ['I32', 8, 31], 'a.qzeros': ['I32', 2, 4], 'a.scales': ['F16', 2, 32] },
      /neither GPTQ's nor AWQ's: qweight \[8, 31\]/,
    ],
    [
      'GPTQ with a short group index',
      {
        'a.qweight': ['I32', 8, 32],
        'a.qzeros': ['I32', 2, 4],
        'a.scales': ['F16', 2, 32],
        'a.g_idx': ['I32', 3],
      },
      /neither GPTQ's nor AWQ's/,
    ],
    [
      'GPTQ of no groups',
      { 'a.qweight': ['I32', 8, 32], 'a.qzeros': ['I32', 0, 4], 'a.scales': ['F16', 0, 32] },
      /neither GPTQ's nor AWQ's/,
    ],
    [
      'int8 with too few scales',
      { 'a.weight': ['I8', 4, 4], 'a.SCB': ['F32', 3] },
      /scales of \[3\]/,
    ],
    [
      'four bits without a state',
      { 'a.weight': ['U8', 8, 1], 'a.weight.quant_state.bitsandbytes__nf4': ['U8', 9] },
      /has no whole quantisation state/,
    ],
    [
      'packed codes without a scale',
      { 'a.weight_packed': ['I32', 4, 4], 'a.weight_shape': ['I64', 2] },
      /lacks its scale or its shape/,
    ],
    [
      'packed codes for another shape',
      {
        'a.weight_packed': ['I32', 4, 4],
        'a.weight_shape': ['I64', 2],
        'a.weight_scale': ['BF16', 4, 1],
      },
      /has codes of \[4, 4\] for the shape \[0, 0\]/,
    ],
    [
      'blocks and scales of different shapes',
      { x_blocks: ['U8', 2, 2, 16], x_scales: ['U8', 2, 3] },
      /has blocks of \[2, 2, 16\] and scales of \[2, 3\]/,
    ],
    [
      'FP8 with scales of another rank',
      { 'a.weight': ['F8_E4M3', 4, 4], 'a.weight_scale_inv': ['F32', 1, 1, 2] },
      /has the shape \[4, 4\] and scales of \[1, 1, 2\]/,
    ],
    [
      'FP8 with more scales than rows',
      { 'a.weight': ['F8_E4M3', 4, 4], 'a.weight_scale_inv': ['F32', 5, 1] },
      /scales of \[5, 1\]/,
    ],
    ['a way that is not known', { 'a.W_q': ['U8', 4, 4] }, /in a way that is not read/],
  ])('stay as they are: %s', async (_, tensors, message) => {
    const checkpoint = await openBytes(zeros(tensors));
    expect(checkpoint.notices).toEqual([
      { severity: 'warn', message: expect.stringMatching(message) },
    ]);
    expect(checkpoint.tensors.map(({ name }) => name)).toEqual(Object.keys(tensors));
    expect(checkpoint.tensors.every(({ quantization }) => quantization === undefined)).toBe(true);
  });

  it('stay as they are: int8 in the order of a GPU', async () => {
    const bytes = zeros({
      'a.weight': ['I8', 4, 4],
      'a.SCB': ['F32', 4],
      'a.weight_format': ['U8'],
    });
    bytes[bytes.length - 1] = 2;
    const { notices } = await openBytes(bytes);
    expect(notices[0]?.message).toMatch(/"a.weight" is stored in the order 2 of a GPU/);
  });

  it('names the library that the configuration names', async () => {
    const codes = zeros({ 'a.codebooks': ['F16', 4], 'a.codes': ['I8', 4, 4] });
    const config = JSON.stringify({ quantization_config: { quant_method: 'aqlm' } });
    const { notices } = await openBytes(codes, config);
    expect(notices[0]?.message).toMatch(/quantised by aqlm in a way that is not read/);
    for (const broken of ['{', '[]', '7', '{"quantization_config": 3}']) {
      const { notices: own } = await openBytes(codes, broken);
      expect(own[0]?.message).toMatch(/The model is quantised in a way that is not read/);
    }
  });

  it('says nothing of scales that are parameters', async () => {
    const { notices } = await openBytes(
      zeros({ 'a.weight': ['F32', 4, 4], 'a.weight_scale': ['F32', 4] }),
    );
    expect(notices).toEqual([]);
  });

  it('refuses a range past the end', async () => {
    const { tensors } = await open('packed4/model.safetensors');
    const weight = tensors.find(({ quantization }) => quantization);
    await expect(weight?.data.read(0, 1e6)).rejects.toThrow(FormatError);
  });

  it.each(libraries)('survives every flipped byte of %s', async (name) => {
    const whole = new Uint8Array(readFileSync(join(folder, name, 'model.safetensors')));
    const headerBytes = Number(new DataView(whole.buffer).getBigUint64(0, true)) + 8;
    const step = Math.ceil(whole.byteLength / 400);
    for (let at = 0; at < whole.byteLength; at += at < headerBytes ? 3 : step) {
      const bytes = Uint8Array.from(whole);
      bytes[at] = (bytes[at] ?? 0) ^ 0x15;
      try {
        for (const tensor of (await openBytes(bytes)).tensors) await valuesOf(tensor);
      } catch (error) {
        expect(error, `byte ${at}`).toBeInstanceOf(FormatError);
      }
    }
  });
});
