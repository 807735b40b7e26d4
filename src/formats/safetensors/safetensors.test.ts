import { readFileSync } from 'node:fs';
import { join } from 'node:path';

import { describe, expect, it } from 'vitest';

import { FormatError } from '../../core/errors';
import { memoryFiles, openLocalFiles } from '../../io/checkpointFiles';
import { openCheckpoint } from '..';
import { tensorOf, valuesOf } from '../testSupport';
import { openSafetensors } from '.';

const folder = join(__dirname, '../../../test/fixtures/torch');

/** A file of a header (or its text) and data; `length` overrides the length that it declares. */
function file(header: unknown, dataBytes: number, length?: bigint): Uint8Array {
  const text = new TextEncoder().encode(
    typeof header === 'string' ? header : JSON.stringify(header),
  );
  const bytes = new Uint8Array(8 + text.byteLength + dataBytes);
  new DataView(bytes.buffer).setBigUint64(0, length ?? BigInt(text.byteLength), true);
  bytes.set(text, 8);
  for (let i = 0; i < dataBytes; i++) bytes[8 + text.byteLength + i] = i;
  return bytes;
}

const open = (bytes: Uint8Array) => openSafetensors(memoryFiles('x.safetensors', bytes).main);
const tensor = (dtype: string, shape: unknown, start: unknown, end: unknown) => ({
  dtype,
  shape,
  data_offsets: [start, end],
});

describe('what the reference implementation wrote', () => {
  it('has its metadata as the declaration', async () => {
    const checkpoint = await openCheckpoint(
      await openLocalFiles(join(folder, 'dtypes.safetensors')),
    );
    expect(checkpoint.description).toBe('safetensors');
    expect(checkpoint.framework).toBe('pytorch');
    expect(checkpoint.declared).toEqual({ format: 'pt', note: 'x' });
    expect(checkpoint.tensors).toHaveLength(17);
  });

  it('is one model over its shards', async () => {
    const checkpoint = await openCheckpoint(
      await openLocalFiles(join(folder, 'model.safetensors.index.json')),
    );
    expect(checkpoint.description).toBe('safetensors, 2 shards');
    expect(checkpoint.tensors.map(({ name }) => name)).toEqual(['a.weight', 'b.weight']);
  });
});

describe('headers', () => {
  it('reads an empty model, padded headers and names that are special elsewhere', async () => {
    expect((await open(file('{}', 0))).tensors).toEqual([]);
    const text = '{"__proto__": {"dtype": "U8", "shape": [2], "data_offsets": [0, 2]}}      ';
    const checkpoint = await open(file(text, 2));
    expect(await valuesOf(tensorOf(checkpoint, '__proto__'))).toEqual([0, 1]);
  });

  it('sets tensors of unknown dtypes and wrong sizes apart', async () => {
    const { tensors, skipped } = await open(
      file(
        {
          a: tensor('F4', [4], 0, 2),
          b: tensor('C64', [1], 2, 10),
          w: tensor('F32', [3, 3], 10, 18),
          c: tensor('U8', [2], 18, 20),
        },
        20,
      ),
    );
    expect(tensors.map(({ name }) => name)).toEqual(['c']);
    expect(skipped).toEqual([
      { name: 'a', reason: 'dtype F4 is not read' },
      { name: 'b', reason: 'dtype C64 is not read' },
      { name: 'w', reason: 'spans 8 bytes, its shape needs 36' },
    ]);
  });

  it('reads any byte but 0 as true', async () => {
    const checkpoint = await open(file({ b: tensor('BOOL', [3], 0, 3) }, 3));
    expect(await valuesOf(tensorOf(checkpoint, 'b'))).toEqual([0, 1, 1]);
  });

  const frameworks: [string | undefined, string][] = [
    [undefined, 'pytorch'],
    ['pt', 'pytorch'],
    ['tf', 'tensorflow'],
    ['flax', 'jax'],
    ['np', 'numpy'],
    ['mlx', 'pytorch'],
    ['else', 'unknown'],
  ];
  it.each(frameworks)('takes format %s for %s', async (format, framework) => {
    const checkpoint = await open(
      file({ ...(format !== undefined && { __metadata__: { format } }) }, 0),
    );
    expect(checkpoint.framework).toBe(framework);
  });

  const lies: [string, Uint8Array, RegExp][] = [
    ['no room for a length', new Uint8Array(7), /no room for a header/],
    [
      'a length of 2^64 − 1',
      file('{}', 0, 2n ** 64n - 1n),
      /18446744073709551615, the limit is 100000000/,
    ],
    ['a length beyond the limit', file('{}', 0, 100_000_001n), /the limit is 100000000/],
    ['a length past the end', file('{}', 0, 3n), /runs past the end of the file of 10 bytes/],
    ['no JSON', file('{"a"', 0), /is not JSON/],
    [
      'no UTF-8',
      file('{"\u{80}"}', 0).map((byte) => (byte === 0xc2 ? 0xff : byte)),
      /is not UTF-8/,
    ],
    ['an array', file('[]', 0), /not a JSON object/],
    ['a deep nest', file('['.repeat(100_000), 0), /is not JSON|not a JSON object/],
    [
      'metadata that is no object',
      file({ __metadata__: 'x' }, 0),
      /"__metadata__" is not an object/,
    ],
    ['no dtype', file({ a: { shape: [], data_offsets: [0, 0] } }, 0), /"a" has no dtype/],
    ['a null tensor', file({ a: null }, 0), /"a" has no dtype/],
    ['a negative size', file({ a: tensor('U8', [-1], 0, 0) }, 0), /the shape \[-1\]/],
    ['a fractional size', file({ a: tensor('U8', [0.5], 0, 0) }, 0), /the shape \[0.5\]/],
    ['a size of 1e300', file({ a: tensor('U8', [1e300], 0, 0) }, 0), /the shape \[1e\+300\]/],
    ['a text for a size', file({ a: tensor('U8', ['1'], 0, 1) }, 1), /the shape \["1"\]/],
    ['no shape', file({ a: { dtype: 'U8', data_offsets: [0, 1] } }, 1), /"a" has no shape/],
    ['no offsets', file({ a: { dtype: 'U8', shape: [] } }, 1), /"a" has no data_offsets/],
    [
      'three offsets',
      file({ a: { dtype: 'U8', shape: [], data_offsets: [0, 1, 2] } }, 1),
      /data_offsets \[0,1,2\]/,
    ],
    ['a negative offset', file({ a: tensor('U8', [1], -1, 0) }, 0), /data_offsets \[-1,0\]/],
    [
      'an end before the start',
      file({ a: tensor('U8', [1], 1, 0) }, 1),
      /ends at 0, before its start at 1/,
    ],
    [
      'an end past the file',
      file({ a: tensor('U8', [2], 0, 2) }, 1),
      /"a" ends at byte \d+, the file has \d+/,
    ],
    [
      'an overlap',
      file({ a: tensor('U8', [2], 0, 2), b: tensor('U8', [2], 1, 3) }, 3),
      /"b" overlaps/,
    ],
    [
      'a tensor twice',
      file(
        '{"a":{"dtype":"U8","shape":[1],"data_offsets":[0,1]},"a":{"dtype":"U8","shape":[1],"data_offsets":[1,2]}}',
        2,
      ),
      /1 bytes before "a" belong to no tensor/,
    ],
    [
      'a hole',
      file({ a: tensor('U8', [1], 0, 1), b: tensor('U8', [1], 2, 3) }, 3),
      /1 bytes before "b"/,
    ],
    [
      'bytes at the end',
      file({ a: tensor('U8', [1], 0, 1) }, 3),
      /2 bytes at the end belong to no tensor/,
    ],
  ];
  it.each(lies)('refuses %s', async (_, bytes, message) => {
    await expect(open(bytes)).rejects.toThrow(FormatError);
    await expect(open(bytes)).rejects.toThrow(message);
  });

  it('does not believe a shape whose product overflows', async () => {
    const { skipped } = await open(file({ a: tensor('F64', [2 ** 40, 2 ** 40], 0, 8) }, 8));
    expect(skipped[0]?.reason).toMatch(/spans 8 bytes/);
  });

  it('refuses every truncation', async () => {
    const whole = new Uint8Array(readFileSync(join(folder, 'dtypes.safetensors')));
    for (let length = 0; length < whole.byteLength; length++) {
      await expect(open(whole.subarray(0, length)), `${length} bytes`).rejects.toThrow(FormatError);
    }
  });
});

describe('shard indexes', () => {
  const a = file({ a: tensor('U8', [1], 0, 1) }, 1);
  const index = (map: object) =>
    memoryFiles(
      'model.safetensors.index.json',
      new TextEncoder().encode(JSON.stringify({ weight_map: map })),
      new Map([
        ['one.safetensors', a],
        ['bad.safetensors', a.subarray(0, 5)],
        ['again.safetensors', a],
      ]),
    );

  it('tells which tensors a missing shard takes with it', async () => {
    const checkpoint = await openCheckpoint(
      index({ a: 'one.safetensors', b: 'two.safetensors', c: '../../etc/passwd' }),
    );
    expect(checkpoint.tensors.map(({ name }) => name)).toEqual(['a']);
    expect(checkpoint.skipped.map(({ name }) => name)).toEqual(['b', 'c']);
    expect(checkpoint.skipped[1]?.reason).toMatch(/outside its folder/);
    expect(checkpoint.notices.map(({ severity }) => severity)).toEqual(['problem', 'problem']);
  });

  it('tells what a shard lacks, what it cannot read and what two shards have', async () => {
    const checkpoint = await openCheckpoint(
      index({
        a: 'one.safetensors',
        x: 'one.safetensors',
        y: 'bad.safetensors',
        z: 'again.safetensors',
      }),
    );
    expect(checkpoint.skipped).toEqual([
      { name: 'x', reason: 'the index says one.safetensors, which does not have it' },
      { name: 'y', reason: expect.stringContaining('bad.safetensors') },
      { name: 'z', reason: 'the index says again.safetensors, which does not have it' },
    ]);
    expect(checkpoint.notices.map(({ message }) => message)).toContain(
      '"a" is in more than one shard; the first one counts',
    );
  });

  it('refuses an index none of whose files is there', async () => {
    await expect(openCheckpoint(index({ a: 'none.safetensors' }))).rejects.toThrow(
      /none of its 1 files can be read/,
    );
  });
});
