import { readFileSync } from 'node:fs';
import { join } from 'node:path';

import { describe, expect, it } from 'vitest';

import type { Checkpoint } from '../../core/checkpoint';
import { FormatError } from '../../core/errors';
import { memoryFiles, openLocalFiles } from '../../io/checkpointFiles';
import { openCheckpoint } from '..';
import { tensorOf, valuesOf } from '../testSupport';

const folder = join(__dirname, '../../../test/fixtures/torch-legacy');

interface Golden {
  readonly [file: string]: {
    readonly [tensor: string]: {
      readonly dtype: string;
      readonly shape: readonly number[];
      readonly values: readonly (number | string)[];
    };
  };
}
const golden: Golden = JSON.parse(readFileSync(join(folder, 'golden.json'), 'utf8'));
const fixture = (name: string) => new Uint8Array(readFileSync(join(folder, name)));
const bytes = (text: string) => Uint8Array.from(text, (char) => char.charCodeAt(0));
const openBytes = (content: Uint8Array): Promise<Checkpoint> =>
  openCheckpoint(memoryFiles('m.pth', content));

async function open(name: string): Promise<Checkpoint> {
  return openCheckpoint(await openLocalFiles(join(folder, name)));
}

/** `float32` is `f32`, `uint8` is `u8`. */
const shortened = (dtype: string) => dtype.replace(/^(float|int|uint)/, (kind) => kind.charAt(0));

describe.each(Object.entries(golden))('%s', (name, tensors) => {
  it('gives every value that torch gives, in its order', async () => {
    const checkpoint = await open(name);
    expect(checkpoint.tensors.map((tensor) => tensor.name)).toEqual(Object.keys(tensors));
    expect(checkpoint.notices.filter(({ severity }) => severity === 'problem')).toEqual([]);
    for (const [tensorName, expected] of Object.entries(tensors)) {
      const tensor = tensorOf(checkpoint, tensorName);
      const dtype = expected.dtype === 'bfloat16' ? 'bf16' : shortened(expected.dtype);
      expect({ dtype: tensor.dtype, shape: tensor.shape }, tensorName).toEqual({
        dtype,
        shape: expected.shape,
      });
      expect(await valuesOf(tensor), tensorName).toEqual(expected.values);
      expect(await valuesOf(tensor, 5), `${tensorName} in pieces`).toEqual(expected.values);
    }
  });
});

describe('what the stream holds', () => {
  it('is told apart as in the newer format', async () => {
    const checkpoint = await open('training.pth.tar');
    expect(checkpoint.format).toBe('pytorch-legacy');
    expect(checkpoint.description).toBe('PyTorch before 1.6, training checkpoint');
    expect(checkpoint.recorded).toEqual({ epoch: 3 });
    expect(checkpoint.optimizers[0]).toMatchObject({
      name: 'SGD',
      groups: [{ hyperparameters: { lr: 0.1, momentum: 0.9, weight_decay: 5e-4 } }],
    });
  });

  it('names the classes of modules whose source text is stored with them', async () => {
    const checkpoint = await open('module.pt');
    expect(checkpoint.description).toBe('PyTorch before 1.6, whole module Net');
    expect(tensorOf(checkpoint, 'conv.weight').module).toMatchObject({
      type: 'Conv2d',
      config: { groups: 2 },
    });
    expect(JSON.stringify(checkpoint.declared)).toContain('"p":0.25');
    expect(checkpoint.notices).toEqual([
      { severity: 'warn', message: expect.stringContaining('__main__.Net') },
    ]);
  });

  it('shares storages as before', async () => {
    const { tensors } = await open('views.pt');
    expect(tensors.filter(({ sameAs }) => sameAs).map(({ name }) => name)).toEqual(['same']);
  });

  it('has storages that are no tensors here between others', async () => {
    const { skipped } = await open('complex.pt');
    expect(skipped).toEqual([
      { name: 'complex', reason: 'dtype torch.ComplexFloatStorage is not read' },
    ]);
  });

  it('is one model over its shards', async () => {
    const checkpoint = await open('pytorch_model.bin.index.json');
    expect(checkpoint.description).toBe('PyTorch before 1.6, state dict, 2 shards');
  });
});

const u32 = (value: number) =>
  String.fromCharCode(...[0, 8, 16, 24].map((shift) => (value >> shift) & 255));
const text = (value: string) => `X${u32(value.length)}${value}`;
const int = (value: number) => `I${value}\n`;
const magic = '\x80\x02\x8a\nl\xfc\x9cF\xf9 j\xa8P\x19.';
const version = `\x80\x02${int(1001)}.`;
const machine = '\x80\x02}.';
const count = (value: bigint) =>
  String.fromCharCode(...new Uint8Array(new BigInt64Array([value]).buffer));
const floats = (...values: number[]) =>
  String.fromCharCode(...new Uint8Array(Float32Array.from(values).buffer));

interface Built {
  readonly version?: string;
  readonly storage?: string;
  /** What stands in the sixth place of the storage's id. */
  readonly view?: string;
  readonly size?: number;
  readonly keys?: string;
  readonly data?: string;
}

/** A state dict of one tensor `w` of floats on storage "7", and lies about it. */
function build(lie: Built = {}): Uint8Array {
  const { storage = 'FloatStorage', view = 'N', size = 2, keys = `]${text('7')}a` } = lie;
  const id = `(${text('storage')}ctorch\n${storage}\n${text('7')}${text('cpu')}${int(4)}${view}tQ`;
  const tensor = `ctorch._utils\n_rebuild_tensor_v2\n(${id}${int(0)}(${int(size)}t(${int(1)}t\x89}tR`;
  const data = lie.data ?? count(4n) + floats(1, 2, 3, 4);
  const object = `\x80\x02}${text('w')}${tensor}s.`;
  return bytes(`${magic}${lie.version ?? version}${machine}${object}\x80\x02${keys}.${data}`);
}

const fixedView = `(${text('8')}${int(2)}${int(2)}t`;

describe('streams that lie', () => {
  it.each<[string, Built, readonly number[]]>([
    ['an honest one', {}, [1, 2]],
    ['a view of a storage, as until 0.4', { view: fixedView }, [3, 4]],
    ['a key that is a number', { keys: `]${int(7)}a` }, [1, 2]],
  ])('reads %s', async (_, lie, expected) => {
    const checkpoint = await openBytes(build(lie));
    expect(await valuesOf(tensorOf(checkpoint, 'w'))).toEqual(expected);
    expect(checkpoint.notices).toEqual([]);
  });

  it.each<[string, Built, RegExp]>([
    ['a view past its storage', { view: fixedView, size: 3 }, /ends at byte 20 of a storage of 16/],
    ['a negative view', { view: `(${text('8')}${int(-2)}${int(2)}t` }, /no list of counts/],
    ['fewer elements than the tensor has', { data: count(1n) + floats(1) }, /ends at byte 8/],
    ['a storage that is not listed', { keys: ']' }, /its storage 7 is missing/],
  ])('sets the tensor apart: %s', async (_, lie, reason) => {
    const { tensors, skipped } = await openBytes(build(lie));
    expect(tensors).toEqual([]);
    expect(skipped[0]?.reason).toMatch(reason);
  });

  it.each<[string, Built, RegExp]>([
    ['a negative count', { data: count(-1n) }, /"7" of 18446744073709551615 elements runs past/],
    ['a count of 2^62', { data: count(2n ** 62n) }, /runs past the end/],
    ['elements cut off', { data: count(4n) + floats(1, 2, 3) }, /of 4 elements runs past the end/],
    ['a count cut off', { data: '\x04' }, /ends at byte \d+, before storage "7"/],
    ['a storage of no tensor', { keys: `]${text('6')}a` }, /no tensor says what .* "6" are/],
    ['a storage class of its own', { storage: 'BadStorage' }, /no tensor says what .* "7" are/],
  ])('tells what is missing: %s', async (_, lie, message) => {
    const { tensors, skipped, notices } = await openBytes(build(lie));
    expect([tensors.length, skipped.length]).toEqual([0, 1]);
    expect(notices).toEqual([{ severity: 'problem', message: expect.stringMatching(message) }]);
  });

  it.each<[string, Built, RegExp]>([
    ['another version', { version: `\x80\x02${int(1000)}.` }, /version 1000 of the protocol/],
    ['a version that is no number', { version: '\x80\x02}.' }, /version object of the protocol/],
    ['no list of keys', { keys: '}' }, /has no list of storages/],
    ['keys that are none', { keys: ']Na' }, /neither a text nor a number/],
    ['too many storages', { keys: `](${'K\x01'.repeat(200_001)}e` }, /200001 storages, the limit/],
  ])('refuses %s', async (_, lie, message) => {
    await expect(openBytes(build(lie))).rejects.toThrow(FormatError);
    await expect(openBytes(build(lie))).rejects.toThrow(message);
  });

  it('reads pickles longer than the first piece read', async () => {
    const long = `\x80\x02}${text('note')}${text('x'.repeat(5 * 2 ** 20))}s.`;
    const { recorded } = await openBytes(bytes(`${magic}${version}${machine}${long}\x80\x02].`));
    expect(recorded['note']).toMatch(/^x+/);
  });

  it('gives a FormatError or says what is missing, wherever it is cut', async () => {
    const whole = fixture('training.pth.tar');
    for (let length = 16; length < whole.byteLength; length += 3) {
      const outcome = await openBytes(whole.subarray(0, length)).catch((error: unknown) => error);
      if (outcome instanceof Error) expect(outcome, `${length} bytes`).toBeInstanceOf(FormatError);
      else expect(outcome).toMatchObject({ notices: [{ severity: 'problem' }] });
    }
  });
});
