import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

import { describe, expect, it } from 'vitest';

import type { ByteSource } from '../../core/byteSource';
import { FormatError } from '../../core/errors';
import { memoryFiles, openLocalFiles } from '../../io/checkpointFiles';
import { openCheckpoint } from '..';
import { tensorOf, valuesOf } from '../testSupport';

const folder = join(__dirname, '../../../test/fixtures/flax');

interface Golden {
  readonly files: {
    readonly [file: string]: {
      readonly [tensor: string]: {
        readonly dtype: string;
        readonly shape: readonly number[];
        readonly values: readonly number[];
      };
    };
  };
}
const golden: Golden = JSON.parse(readFileSync(join(folder, 'golden.json'), 'utf8'));
const fixture = (name: string) => new Uint8Array(readFileSync(join(folder, name)));
const open = async (name: string) => openCheckpoint(await openLocalFiles(join(folder, name)));
const openBytes = (bytes: Uint8Array) => openCheckpoint(memoryFiles('m.msgpack', bytes));

describe.each(Object.entries(golden.files))('%s', (name, tensors) => {
  it('gives every array that Flax wrote', async () => {
    const checkpoint = await open(name);
    expect(checkpoint).toMatchObject({ format: 'flax-msgpack', framework: 'jax', notices: [] });
    for (const [tensorName, expected] of Object.entries(tensors)) {
      const tensor = tensorOf(checkpoint, tensorName);
      expect(tensor.shape, tensorName).toEqual(expected.shape);
      expect(await valuesOf(tensor), tensorName).toEqual(expected.values);
      expect(await valuesOf(tensor, 3), `${tensorName} in pieces`).toEqual(expected.values);
    }
    expect(checkpoint.tensors).toHaveLength(Object.keys(tensors).length);
  });
});

describe('a train state', () => {
  it('keeps the optimizer, statistics and counters apart', async () => {
    const checkpoint = await open('train_state.msgpack');
    const roles = checkpoint.tensors.map(({ name, role }) => [name, role]);
    expect(roles).toEqual(
      expect.arrayContaining([
        ['params/Conv_0/kernel', undefined],
        ['params/BatchNorm_0/scale', undefined],
        ['batch_stats/BatchNorm_0/mean', 'running_stat'],
        ['opt_state/1/inner_state/0/mu/Dense_0/kernel', 'optimizer'],
        ['opt_state/1/count', 'optimizer'],
      ]),
    );
    expect(checkpoint.description).toBe('Flax msgpack, train state');
    expect(checkpoint.recorded).toMatchObject({ step: 1, 'opt_state/1/count': 1 });
    expect(checkpoint.optimizers).toEqual([
      {
        name: 'Adam or AdamW',
        groups: [
          {
            hyperparameters: expect.objectContaining({ learning_rate: 0.001, weight_decay: 0.01 }),
            parameterCount: 9,
          },
        ],
      },
    ]);
  });

  it('names what is no tensor', async () => {
    const { skipped, recorded } = await open('types.msgpack');
    expect(skipped).toEqual([
      { name: 'complex64', reason: 'dtype complex64 is not read' },
      { name: 'native/complex', reason: 'a complex number' },
    ]);
    expect(recorded).toEqual({
      scalar: 0.25,
      'native/int': 7,
      'native/float': 0.5,
      'native/text': 'words',
      'native/flag': true,
    });
  });
});

const text = (value: string) => [0xa0 + value.length, ...new TextEncoder().encode(value)];
const u32 = (value: number) => [value >>> 24, (value >> 16) & 255, (value >> 8) & 255, value & 255];
const body = (shape: readonly number[], dtype: string, bytes: readonly number[]) => [
  0x93,
  0x90 + shape.length,
  ...shape.flatMap((size) => [0xce, ...u32(size)]),
  ...text(dtype),
  0xc4,
  bytes.length,
  ...bytes,
];
const ext = (content: readonly number[], type = 1) => [0xc7, content.length, type, ...content];
const map = (...pairs: readonly (readonly [string, readonly number[]])[]) => [
  0x80 + pairs.length,
  ...pairs.flatMap(([key, value]) => [...text(key), ...value]),
];
const array = ext(body([2], 'uint8', [1, 2]));
const open_ = (...parts: readonly number[][]) => openBytes(Uint8Array.from(parts.flat()));

describe('files that lie', () => {
  it.each<[string, number[], string]>([
    ['too few bytes', ext(body([3], 'uint8', [1, 2])), 'spans 2 bytes, its shape needs 3'],
    ['a shape beyond numbers', ext(body([2 ** 31, 2 ** 31], 'uint8', [1])), 'spans 1 bytes'],
    ['an unknown dtype', ext(body([1], 'object', [1])), 'dtype object is not read'],
    ['an unknown extension', ext([1, 2], 9), 'of the extension type 9'],
    ['chunks without a shape', map(['__msgpack_chunked_array__', [0xc3]]), 'an array in chunks'],
    [
      'chunks of two types',
      map(
        ['__msgpack_chunked_array__', [0xc3]],
        ['shape', map(['0', [3]])],
        ['chunks', map(['0', array], ['1', ext(body([1], 'int8', [1]))])],
      ),
      'dtype uint8,int8 is not read',
    ],
  ])('sets apart %s', async (_, value, reason) => {
    const { tensors, skipped } = await open_(map(['a', array], ['w', value]));
    expect(tensors.map(({ name }) => name)).toEqual(['a']);
    expect(skipped).toEqual([{ name: 'w', reason: expect.stringContaining(reason) }]);
  });

  it.each<[string, number[], RegExp]>([
    ['bytes after the end', [...map(['a', array]), 0], /1 bytes follow its value/],
    ['a key twice', map(['a', array], ['a', array]), /has the key "a" twice/],
    ['a map that is no key', [0x82, ...text('a'), ...array, 0x80, 1], /a key is a map/],
    [
      'an array past the end',
      map(['a', array], ['b', [0xdd, ...u32(1e9), 1]]),
      /an array of 1000000000|needs 1000000000/,
    ],
    [
      'a map past the end',
      map(['a', array], ['b', [0xdf, ...u32(1e9), 1]]),
      /a map of 1000000000 needs/,
    ],
    [
      'bytes past the end',
      map(['a', array], ['b', [0xc6, ...u32(1e9), 1]]),
      /needs 1000000000 bytes/,
    ],
    [
      'a text past the end',
      map(['a', array], ['b', [0xdb, ...u32(999)]]),
      /needs 999 bytes, 0 are left/,
    ],
    ['a long text', map(['a', array], ['b', [0xdb, ...u32(1e9)]]), /the limit is 1048576/],
    [
      'a byte that begins nothing',
      map(['a', array], ['b', [0xc1]]),
      /no value begins with byte 193/,
    ],
    [
      'an extension with more than an array',
      map(['a', array], ['b', [0xc7, 14, 1, ...array.slice(3), 0]]),
      /an array ends at byte/,
    ],
    [
      '65 axes',
      map(['a', array], ['b', ext([0x93, 0xdc, 0, 65, ...new Array<number>(65).fill(1)])]),
      /has 65 axes, the limit is 64/,
    ],
    [
      'a negative size',
      map(['a', array], ['b', ext([0x93, 0x91, 0xff, ...text('uint8'), 0xc4, 0])]),
      /no count/,
    ],
    [
      'a dtype that is a number',
      map(['a', array], ['b', ext([0x93, 0x90, 1, 0xc4, 0])]),
      /is no text/,
    ],
    [
      'values that are text',
      map(['a', array], ['b', ext([0x93, 0x90, ...text('int8'), ...text('')])]),
      /are no bytes/,
    ],
    [
      'endless depth',
      [...map(['a', array], ['b', []]), ...new Array<number>(200).fill(0x91), 1],
      /more than 128 deep/,
    ],
  ])('refuses %s', async (_, bytes, message) => {
    await expect(open_(bytes)).rejects.toThrow(FormatError);
    await expect(open_(bytes)).rejects.toThrow(message);
  });

  it.each(readdirSync(folder).filter((name) => name.endsWith('.msgpack')))(
    'refuses every truncation of %s and survives every flipped byte',
    async (name) => {
      const whole = fixture(name);
      const step = Math.ceil(whole.byteLength / 1500);
      for (let length = 0; length < whole.byteLength; length += step) {
        await expect(openBytes(whole.subarray(0, length)), `${length}`).rejects.toThrow(
          FormatError,
        );
      }
      for (let at = 0; at < whole.byteLength; at += step) {
        const bytes = Uint8Array.from(whole);
        bytes[at] = (bytes[at] ?? 0) ^ 0x5a;
        try {
          for (const tensor of (await openBytes(bytes)).tensors) await valuesOf(tensor);
        } catch (error) {
          expect(error, `byte ${at}`).toBeInstanceOf(FormatError);
        }
      }
    },
  );

  it('steps over arrays without reading them', async () => {
    // An array of 3 GB of which only the head exists.
    const length = 3 * 2 ** 30;
    const inner = [0x93, 0x91, 0xce, ...u32(length / 4), ...text('float32'), 0xc6, ...u32(length)];
    const head = [0x81, ...text('w'), 0xc9, ...u32(inner.length + length), 1, ...inner];
    let read = 0;
    const source: ByteSource = {
      name: 'large.msgpack',
      size: head.length + length,
      read(offset, count) {
        read += count;
        return Promise.resolve(Uint8Array.from({ length: count }, (_, i) => head[offset + i] ?? 0));
      },
      close: () => Promise.resolve(),
    };
    const files = { ...memoryFiles('x', new Uint8Array(0)), main: source };
    const { tensors } = await openCheckpoint(files);
    expect(tensors.map(({ name, shape }) => [name, shape])).toEqual([['w', [length / 4]]]);
    expect(read).toBeLessThan(2 ** 18);
  });
});
