import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';

import { describe, expect, it } from 'vitest';

import type { Checkpoint } from '../../core/checkpoint';
import { FormatError } from '../../core/errors';
import { elementCountOf, type Tensor } from '../../core/tensor';
import { memoryFiles } from '../../io/checkpointFiles';
import { tfjs } from './tfjs';

const root = join(import.meta.dirname, '../../../test/fixtures/tfjs');
const golden: Record<string, Record<string, { shape: number[]; values: number[] }>> = JSON.parse(
  readFileSync(join(root, 'golden.json'), 'utf8'),
);

type Files = Map<string, Uint8Array>;

function fixture(folder: string): Files {
  const names = readdirSync(join(root, folder));
  return new Map(names.map((name) => [name, readFileSync(join(root, folder, name))]));
}

function open(files: Files): Promise<Checkpoint> {
  return tfjs.open(memoryFiles('model.json', files.get('model.json')!, files));
}

const openFixture = (folder: string): Promise<Checkpoint> => open(fixture(folder));

/** A model of one group with one shard. */
function model(weights: unknown, bytes: Uint8Array, extra: object = {}): Files {
  const json = { weightsManifest: [{ paths: ['w.bin'], weights }], ...extra };
  return new Map([
    ['model.json', new TextEncoder().encode(JSON.stringify(json))],
    ['w.bin', bytes],
  ]);
}

async function valuesOf(tensor: Tensor, start = 0, end = elementCountOf(tensor.shape)) {
  const bytes = await tensor.data.read(start, end);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return Array.from({ length: end - start }, (_, i) => {
    if (tensor.dtype === 'bool') return view.getUint8(i);
    if (tensor.dtype === 'i32') return view.getInt32(4 * i, true);
    if (tensor.dtype === 'f16') return halfOf(view.getUint16(2 * i, true));
    return view.getFloat32(4 * i, true);
  });
}

function halfOf(bits: number): number {
  const exponent = (bits >> 10) & 31;
  const magnitude =
    exponent === 0 ? 2 ** -24 * (bits & 1023) : 2 ** (exponent - 15) * (1 + (bits & 1023) / 1024);
  return bits & 0x8000 ? -magnitude : magnitude;
}

const find = (checkpoint: Checkpoint, name: string): Tensor =>
  checkpoint.tensors.find((tensor) => tensor.name === name)!;

describe('TF.js', () => {
  it.each(Object.keys(golden))('%s holds what TF.js decodes', async (folder) => {
    const { tensors } = await openFixture(folder);
    const expected = golden[folder]!;
    expect(tensors.map(({ name }) => name)).toEqual(Object.keys(expected));
    for (const tensor of tensors) {
      expect(tensor.shape).toEqual(expected[tensor.name]!.shape);
      expect(await valuesOf(tensor)).toEqual(expected[tensor.name]!.values);
    }
  });

  it.each(['layers', 'quantized'])('%s gives the same in any range', async (folder) => {
    for (const tensor of (await openFixture(folder)).tensors) {
      const whole = await valuesOf(tensor);
      for (let start = 0; start < whole.length; start += 7) {
        const end = Math.min(whole.length, start + 5);
        expect(await valuesOf(tensor, start, end)).toEqual(whole.slice(start, end));
      }
    }
  });

  it('tells layers, optimizer state and what training recorded', async () => {
    const checkpoint = await openFixture('layers');
    expect(checkpoint.framework).toBe('tfjs');
    expect(checkpoint.description).toBe('TF.js layers model, 3 weight files');
    expect(find(checkpoint, 'conv/kernel').module).toMatchObject({
      name: 'conv',
      type: 'Conv2D',
      config: { filters: 2, kernel_regularizer: { class_name: 'L1L2' } },
    });
    expect(find(checkpoint, 'norm/moving_mean').module?.type).toBe('BatchNormalization');
    expect(find(checkpoint, 'head/kernel/m').role).toBe('optimizer');
    expect(find(checkpoint, 'head/kernel').role).toBeUndefined();
    expect(checkpoint.optimizers).toEqual([
      {
        name: 'Adam',
        groups: [
          {
            hyperparameters: { learningRate: 0.002, beta1: 0.9, beta2: 0.999, epsilon: 1e-7 },
            parameterCount: 6,
          },
        ],
      },
    ]);
    expect(checkpoint.recorded).toMatchObject({
      userDefinedMetadata: { note: 'digits' },
      training_config: { loss: 'categorical_crossentropy' },
    });
    expect(JSON.stringify(checkpoint.declared)).toContain('"rate":0.25');
    expect(checkpoint.notices).toEqual([]);
  });

  it('finds the layers of nested models and of both directions', async () => {
    const checkpoint = await openFixture('nested');
    expect(find(checkpoint, 'inner_dense/kernel').module).toMatchObject({ type: 'Dense' });
    expect(find(checkpoint, 'both/backward_memory/recurrent_kernel').module).toMatchObject({
      name: 'both/backward_memory',
      type: 'LSTM',
      config: { units: 2 },
    });
  });

  it('reads a topology as Keras converted it', async () => {
    const plain = JSON.parse(
      new TextDecoder().decode(fixture('layers').get('model.json')),
    ) as Record<string, unknown>;
    const files = fixture('layers');
    const json = {
      ...plain,
      trainingConfig: undefined,
      modelTopology: {
        keras_version: '2.2.4',
        model_config: plain['modelTopology'],
        training_config: { optimizer_config: { class_name: 'SGD', config: { decay: 1e-6 } } },
      },
    };
    files.set('model.json', new TextEncoder().encode(JSON.stringify(json)));
    const checkpoint = await open(files);
    expect(find(checkpoint, 'head/kernel').module?.type).toBe('Dense');
    expect(checkpoint.recorded['keras_version']).toBe('2.2.4');
    expect(checkpoint.optimizers[0]?.name).toBe('SGD');
  });

  it('names the operation that consumes each weight of a graph', async () => {
    const checkpoint = await openFixture('graph');
    const modules = checkpoint.tensors.map(({ name, module }) => [
      name,
      module?.name,
      module?.type,
    ]);
    expect(modules).toEqual([
      ['model/conv/Conv2D/kernel', 'model/conv', '_FusedConv2D'],
      ['model/conv/BiasAdd/bias', 'model/conv', '_FusedConv2D'],
      ['model/depthwise/kernel', 'model/depthwise', 'DepthwiseConv2dNative'],
      ['model/dense/kernel', 'model/dense', 'MatMul'],
      ['model/dense/bias', 'model/dense', 'BiasAdd'],
      ['shape', 'flat', 'Reshape'],
    ]);
    expect(find(checkpoint, 'model/dense/kernel').module?.config).toEqual({
      input: 1,
      transpose_a: false,
      transpose_b: true,
    });
    expect(find(checkpoint, 'model/conv/Conv2D/kernel').module?.config).toMatchObject({
      fused_ops: ['BiasAdd', 'Relu'],
      strides: [1, 1, 1, 1],
    });
    expect(checkpoint.declared).toMatchObject({ operations: { Const: 6, MatMul: 1 } });
  });

  it('says what the stored codes mean', async () => {
    const checkpoint = await openFixture('quantized');
    expect(find(checkpoint, 'a/kernel').quantization).toEqual({
      storedDtype: 'uint8',
      step: 0.0125,
      scheme: 'affine, per tensor',
    });
    expect(find(checkpoint, 'c/kernel')).toMatchObject({ dtype: 'f16' });
    expect(checkpoint.skipped).toEqual([
      { name: 'words', reason: 'text, not numbers' },
      { name: 'f/complex', reason: 'complex numbers' },
    ]);
  });
});

describe('what is missing', () => {
  it('skips only the weights in a missing shard', async () => {
    const files = fixture('layers');
    files.delete('group1-shard2of3.bin');
    const { tensors, skipped, notices } = await open(files);
    expect(tensors.length + skipped.length).toBe(21);
    expect(tensors.map(({ name }) => name)).toContain('conv/kernel');
    expect(tensors.map(({ name }) => name)).toContain('head/bias/v');
    expect(skipped[0]?.reason).toBe('in the missing shard "group1-shard2of3.bin"');
    expect(notices).toEqual([
      { severity: 'problem', message: '1 weight files are missing: group1-shard2of3.bin' },
    ]);
  });

  it('skips all weights behind two missing shards', async () => {
    const files = fixture('layers');
    files.delete('group1-shard1of3.bin');
    files.delete('group1-shard2of3.bin');
    const { tensors, skipped } = await open(files);
    expect(tensors).toEqual([]);
    expect(skipped).toHaveLength(21);
  });

  it('says how many bytes a short shard lacks', async () => {
    const weights = [
      { name: 'a', shape: [2], dtype: 'float32' },
      { name: 'b', shape: [2], dtype: 'float32' },
    ];
    const { tensors, skipped, notices } = await open(model(weights, new Uint8Array(10)));
    expect(tensors.map(({ name }) => name)).toEqual(['a']);
    expect(skipped).toEqual([{ name: 'b', reason: 'needs bytes 8 to 16, the shards have 10' }]);
    expect(notices[0]?.message).toBe('The weight files have 10 bytes, the manifest needs 16');
  });

  it('says that bytes are left over', async () => {
    const weights = [{ name: 'a', shape: [2], dtype: 'float32' }];
    const { tensors, notices } = await open(model(weights, new Uint8Array(12)));
    expect(tensors).toHaveLength(1);
    expect(notices[0]).toMatchObject({ severity: 'warn' });
  });
});

describe('lies', () => {
  const bytes = new Uint8Array(64);
  it.each<[string, unknown]>([
    ['no manifest', { weightsManifest: 3 }],
    ['group without paths', { weightsManifest: [{ weights: [] }] }],
    ['group without weights', { weightsManifest: [{ paths: [] }] }],
    ['path that is no text', { weightsManifest: [{ paths: [1], weights: [] }] }],
    ['weight without name', { weightsManifest: [{ paths: [], weights: [{}] }] }],
  ])('refuses a %s', async (_name, json) => {
    const files = new Map([['model.json', new TextEncoder().encode(JSON.stringify(json))]]);
    await expect(open(files)).rejects.toThrow(FormatError);
  });

  it.each<[string, unknown]>([
    ['negative size', [-1]],
    ['fraction', [1.5]],
    ['text', ['4']],
    ['overflow', [2 ** 50, 2 ** 50]],
    ['too many axes', Array.from({ length: 40 }, () => 1)],
    ['no shape', undefined],
  ])('refuses a shape with %s', async (_name, shape) => {
    const files = model([{ name: 'a', shape, dtype: 'float32' }], bytes);
    await expect(open(files)).rejects.toThrow(FormatError);
  });

  it.each<[string, object]>([
    ['scale that is NaN', { dtype: 'uint8', min: 0, scale: null }],
    ['scale that is text', { dtype: 'uint8', min: 0, scale: '1' }],
    ['no minimum', { dtype: 'uint8', scale: 1 }],
    ['unknown type', { dtype: 'uint3', min: 0, scale: 1 }],
  ])('skips a quantisation with %s', async (_name, quantization) => {
    const weight = { name: 'a', shape: [2], dtype: 'float32', quantization };
    const { tensors, skipped } = await open(model([weight], bytes));
    expect(tensors).toEqual([]);
    expect(skipped[0]?.reason).toMatch(/^quantised/);
  });

  it('skips an infinite scale, which JSON can hold', async () => {
    const text =
      '{"weightsManifest":[{"paths":["w.bin"],"weights":[{"name":"a","shape":[1],"dtype":"float32",' +
      '"quantization":{"dtype":"uint8","min":0,"scale":1e999}}]}]}';
    const files = new Map([
      ['model.json', new TextEncoder().encode(text)],
      ['w.bin', bytes],
    ]);
    expect((await open(files)).skipped[0]?.reason).toMatch(/Infinity/);
  });

  it('skips what follows a weight of an unknown type', async () => {
    const weights = [
      { name: 'a', shape: [1], dtype: 'float3' },
      { name: 'b', shape: [1], dtype: 'float32' },
    ];
    const { skipped } = await open(model(weights, bytes));
    expect(skipped.map(({ reason }) => reason)).toEqual([
      'of the unknown type "float3"',
      'lies behind a weight of unknown length',
    ]);
  });

  it('keeps the first of two weights of one name', async () => {
    const weight = { name: 'a', shape: [1], dtype: 'float32' };
    const { tensors, skipped } = await open(model([weight, weight], bytes));
    expect(tensors).toHaveLength(1);
    expect(skipped[0]?.reason).toBe('a second weight of this name');
  });

  it.each(['../../etc/passwd', '/etc/passwd'])('opens no file outside: %s', async (path) => {
    const json = { weightsManifest: [{ paths: [path], weights: [] }] };
    const files = new Map([['model.json', new TextEncoder().encode(JSON.stringify(json))]]);
    const { notices } = await open(files);
    expect(notices[0]?.message).toContain('missing');
  });

  it('survives a graph whose identities run in a circle', async () => {
    const node = [
      { name: 'a', op: 'Const' },
      { name: 'i', op: 'Identity', input: ['a', 'j'] },
      { name: 'j', op: 'Identity', input: ['i'] },
    ];
    const weights = [{ name: 'a', shape: [16], dtype: 'float32' }];
    const { tensors } = await open(model(weights, bytes, { modelTopology: { node } }));
    expect(tensors[0]?.module).toBeUndefined();
  });

  it('refuses every truncation of model.json', async () => {
    const files = fixture('graph');
    const text = files.get('model.json')!;
    for (let length = 0; length < text.length; length += 3) {
      files.set('model.json', text.subarray(0, length));
      await expect(open(files)).rejects.toThrow(FormatError);
    }
  });
});
