import { readFileSync } from 'node:fs';
import { join } from 'node:path';

import { describe, expect, it } from 'vitest';

import { FormatError } from '../../core/errors';
import { memoryFiles, openLocalFiles } from '../../io/checkpointFiles';
import { openCheckpoint } from '..';
import { tensorOf, valuesOf } from '../testSupport';

const folder = join(__dirname, '../../../test/fixtures/gguf');

interface Golden {
  readonly [tensor: string]: { readonly shape: readonly number[]; readonly data: string };
}
const golden: Golden = JSON.parse(readFileSync(join(folder, 'golden.json'), 'utf8'));
const tables: Golden = JSON.parse(readFileSync(join(folder, 'golden.tables.json'), 'utf8'));
const whole = new Uint8Array(readFileSync(join(folder, 'types.gguf')));
const open = async (name = 'types.gguf') =>
  openCheckpoint(await openLocalFiles(join(folder, name)));
const openBytes = (bytes: Uint8Array) => openCheckpoint(memoryFiles('m.gguf', bytes));

describe('what the reference implementation wrote', () => {
  const all = [
    ...Object.entries(golden).map(([name, expected]) => ({ file: 'types.gguf', name, expected })),
    ...Object.entries(tables).map(([name, expected]) => ({ file: 'tables.gguf', name, expected })),
  ];
  it.each(all)(
    '$name of $file has the values that it dequantises',
    async ({ file, name, expected }) => {
      const tensor = tensorOf(await open(file), name);
      const bytes = Uint8Array.from(Buffer.from(expected.data, 'base64'));
      const values = Array.from(new Float32Array(bytes.buffer));
      expect(tensor.shape).toEqual(expected.shape);
      // Other types were widened or narrowed to f32 for the golden file.
      const read = async (step?: number) =>
        (await valuesOf(tensor, step)).map(Number).map(Math.fround);
      expect(await read()).toEqual(values);
      expect(await read(37)).toEqual(values);
    },
  );

  it('has its metadata as the declaration, long arrays cut', async () => {
    const { declared, description, framework } = await open();
    expect([description, framework]).toEqual(['GGUF 3, llama', 'pytorch']);
    expect(declared).toMatchObject({
      'general.architecture': 'llama',
      'general.name': 'A model',
      'test.u8': 255,
      'test.i8': -1,
      'test.u16': 65535,
      'test.i16': -2,
      'test.i32': -3,
      'test.u64': 2 ** 40,
      'test.i64': -(2 ** 40),
      'test.f32': 1e-5,
      'test.f64': 1e-300,
      'test.bool': true,
      'test.numbers': [...Array(32).keys(), '… 68 more'],
      'test.short': [0.5, 0.25],
      'tokenizer.ggml.tokens': [...Array.from({ length: 32 }, (_, i) => `token${i}`), '… 18 more'],
    });
  });

  it('names what it does not decode', async () => {
    expect((await open()).skipped).toEqual([{ name: 'q8k', reason: 'type Q8_K is not read' }]);
  });

  it('tells the stored type, tables and stacks of experts', async () => {
    const checkpoint = await open();
    expect(tensorOf(checkpoint, 'Q4_K')).toMatchObject({
      dtype: 'f32',
      quantization: { storedDtype: 'Q4_K', scheme: 'GGUF Q4_K, blocks of 256' },
    });
    expect(tensorOf(checkpoint, 'token_embd.weight').module?.type).toBe('Embedding');
    expect(tensorOf(checkpoint, 'blk.0.ffn_up_exps.weight')).toMatchObject({
      role: 'matrix',
      module: { type: 'Experts' },
    });
  });
});

const u32 = (value: number) => [...new Uint8Array(Uint32Array.of(value).buffer)];
const u64 = (value: number | bigint) => [
  ...new Uint8Array(BigUint64Array.of(BigInt(value)).buffer),
];
const text = (value: string) => {
  const bytes = [...new TextEncoder().encode(value)];
  return [...u64(bytes.length), ...bytes];
};
const magic = [0x47, 0x47, 0x55, 0x46];
const head = (tensors: number | bigint, metadata: number | bigint) => [
  ...magic,
  ...u32(3),
  ...u64(tensors),
  ...u64(metadata),
];
const key = (name: string, type: number) => [...text(name), ...u32(type)];
const info = (sizes: readonly (number | bigint)[], type: number, offset: number | bigint) => [
  ...text('w'),
  ...u32(sizes.length),
  ...sizes.flatMap(u64),
  ...u32(type),
  ...u64(offset),
];

/** One tensor after its header, on the next multiple of the alignment. */
function file(header: readonly number[], data: readonly number[], alignment = 32): Uint8Array {
  const padding = (alignment - (header.length % alignment)) % alignment;
  return Uint8Array.from([...header, ...new Array<number>(padding).fill(0), ...data]);
}

describe('files that lie', () => {
  it.each([32, 64, 1, 24])('puts the data on a multiple of %i', async (alignment) => {
    const header = [
      ...head(1, 1),
      ...key('general.alignment', 4),
      ...u32(alignment),
      ...info([3], 24, 0),
    ];
    const { tensors } = await openBytes(file(header, [1, 2, 255], alignment));
    expect(await valuesOf(tensors[0]!)).toEqual([1, 2, -1]);
  });

  it.each<[string, number[], RegExp]>([
    ['ends past the file', info([11], 0, 0), /ends at byte 108, the file has 104/],
    ['lies past the file', info([1], 0, 1000), /ends at byte 1068, the file has 104/],
    ['has blocks past the file', info([96], 2, 0), /ends at byte 118, the file has 104/],
    ['is cut within a block', info([33], 2, 0), /rows of 33 are no whole blocks of 32/],
    ['is cut within a large block', info([32, 8], 12, 0), /rows of 32 are no whole blocks of 256/],
    ['is of a type that is not decoded', info([256], 15, 0), /type Q8_K is not read/],
    ['is of a type that does not exist', info([1], 77, 0), /type 77 is not read/],
    ['is beyond any file', info([2 ** 40, 2 ** 40], 24, 0), /the file has/],
  ])('sets a tensor apart that %s', async (_, tensor, reason) => {
    const { tensors, skipped } = await openBytes(
      file([...head(1, 0), ...tensor], new Array<number>(8).fill(0), 96),
    );
    expect(tensors).toEqual([]);
    expect(skipped).toEqual([{ name: 'w', reason: expect.stringMatching(reason) }]);
  });

  it.each<[string, number[], RegExp]>([
    ['version 4', [...magic, ...u32(4), ...u64(0), ...u64(0)], /version 4; 1 to 3 are read/],
    [
      'version 1 with 2^32 - 1 metadata',
      [...magic, ...u32(1), ...u32(0), ...u32(2 ** 32 - 1)],
      /the number of metadata is 4294967295, the limit/,
    ],
    ['a big-endian file', [...magic, 0, 0, 0, 3, ...u64(0), ...u64(0)], /is big-endian/],
    ['2^63 tensors', head(2n ** 63n, 0), /the number of tensors is 9223372036854775808, the limit/],
    ['2^50 tensors', head(2n ** 50n, 0), /needs 8 bytes, 0 are left/],
    ['2^63 metadata', head(0, 2n ** 63n), /the number of metadata is/],
    ['a text of 2^60 bytes', [...head(0, 1), ...u64(2n ** 60n)], /the length of a text is/],
    ['a text past the end', [...head(0, 1), ...u64(100)], /needs 100 bytes, 0 are left/],
    ['a type that does not exist', [...head(0, 1), ...key('a', 13)], /a value of type 13/],
    [
      'an array of 2^50 numbers',
      [...head(0, 1), ...key('a', 9), ...u32(10), ...u64(2n ** 50n)],
      /needs \d+ bytes, 0 are left/,
    ],
    [
      'arrays in arrays',
      [
        ...head(0, 1),
        ...key('a', 9),
        ...Array.from({ length: 9 }, () => [...u32(9), ...u64(1)]).flat(),
      ],
      /arrays lie more than 4 deep/,
    ],
    ['9 axes', [...head(1, 0), ...info(new Array<number>(9).fill(1), 0, 0)], /"w" has 9 axes/],
    ['a size of 2^63', [...head(1, 0), ...info([2n ** 63n], 0, 0)], /a size of "w" is/],
    ['an offset of 2^63', [...head(1, 0), ...info([1], 0, 2n ** 63n)], /the offset of "w" is/],
    ['a tensor twice', [...head(2, 0), ...info([0], 0, 0), ...info([0], 0, 0)], /two tensors "w"/],
    [
      'an alignment of 0',
      [...head(0, 1), ...key('general.alignment', 4), ...u32(0)],
      /general.alignment is 0/,
    ],
    [
      'an alignment that is a text',
      [...head(0, 1), ...key('general.alignment', 8), ...text('x')],
      /general.alignment is "x"/,
    ],
  ])('refuses %s', async (_, bytes, message) => {
    await expect(openBytes(Uint8Array.from(bytes))).rejects.toThrow(FormatError);
    await expect(openBytes(Uint8Array.from(bytes))).rejects.toThrow(message);
  });

  it('reads version 1, whose counts have 32 bits', async () => {
    const short = (value: string) => [...u32(value.length), ...new TextEncoder().encode(value)];
    const header = [
      ...magic,
      ...[1, 1, 2].flatMap(u32),
      ...short('general.architecture'),
      ...u32(8),
      ...short('llama'),
      ...short('list'),
      ...[9, 4, 2, 7, 8].flatMap(u32),
      ...short('w'),
      ...[2, 3, 2, 24].flatMap(u32),
      ...u64(0),
    ];
    const { tensors, declared, description } = await openBytes(file(header, [1, 2, 3, 4, 5, 255]));
    expect(description).toBe('GGUF 1, llama');
    expect(declared).toEqual({ 'general.architecture': 'llama', list: [7, 8] });
    expect(tensors[0]?.shape).toEqual([2, 3]);
    expect(await valuesOf(tensors[0]!)).toEqual([1, 2, 3, 4, 5, -1]);
  });

  it('refuses every truncation of the header and sets apart what is cut of the data', async () => {
    for (let length = 4; length < whole.byteLength; length += 13) {
      const outcome = await openBytes(whole.subarray(0, length)).catch((error: unknown) => error);
      if (outcome instanceof Error) expect(outcome, `${length} bytes`).toBeInstanceOf(FormatError);
      else expect(outcome).toMatchObject({ skipped: expect.arrayContaining([expect.anything()]) });
    }
  });

  it('survives flipped bytes', async () => {
    for (let at = 4; at < whole.byteLength; at += 3) {
      const bytes = Uint8Array.from(whole);
      bytes[at] = (bytes[at] ?? 0) ^ 0x5a;
      const outcome = await openBytes(bytes).catch((error: unknown) => error);
      if (outcome instanceof Error) expect(outcome, `byte ${at}`).toBeInstanceOf(FormatError);
    }
  });
});

describe('a model in several files', () => {
  const nameOf = (i: number) => `split-0000${i}-of-00003.gguf`;
  const bytesOf = (i: number) => new Uint8Array(readFileSync(join(folder, nameOf(i))));
  const withParts = (main: number, others: readonly (readonly [string, Uint8Array])[]) =>
    openCheckpoint(memoryFiles(nameOf(main), bytesOf(main), new Map(others)));

  it.each([1, 2, 3])('is whole from part %i', async (i) => {
    const checkpoint = await open(nameOf(i));
    expect(checkpoint).toMatchObject({
      description: 'GGUF 3, llama, 3 files',
      files: [1, 2, 3].map((part) => ({ name: nameOf(part) })),
      notices: [],
      skipped: [],
    });
    expect(checkpoint.declared).toMatchObject({ 'general.name': 'Three parts' });
    expect(checkpoint.tensors.map(({ name }) => name)).toEqual(
      [0, 1, 2].map((layer) => `blk.${layer}.attn_q.weight`),
    );
    for (const [value, tensor] of checkpoint.tensors.entries()) {
      expect(await valuesOf(tensor)).toEqual(new Array<number>(8).fill(value));
    }
  });

  it.each<[string, [string, Uint8Array][], RegExp]>([
    ['is missing', [], /split-00002-of-00003.gguf is missing from this report: .*cannot be opened/],
    ['is another one', [[nameOf(2), bytesOf(3)]], /it is part 3 of 3, not 2 of 3/],
    ['is damaged', [[nameOf(2), bytesOf(2).subarray(0, 40)]], /00002-of-00003.gguf .*are left/],
    ['is of another format', [[nameOf(2), new Uint8Array(9)]], /is no GGUF file/],
  ])('shows the rest when a part %s', async (_, others, message) => {
    const { tensors, notices } = await withParts(1, [...others, [nameOf(3), bytesOf(3)]]);
    expect(tensors.map(({ name }) => name)).toEqual(['blk.0.attn_q.weight', 'blk.2.attn_q.weight']);
    expect(notices).toEqual([{ severity: 'problem', message: expect.stringMatching(message) }]);
    expect(notices[0]?.message).toMatch(/1 tensors are missing in all$/);
  });

  it('says that a renamed part is one of several', async () => {
    const { notices } = await openCheckpoint(memoryFiles('renamed.gguf', bytesOf(2)));
    expect(notices[0]?.message).toMatch(/^Part 2 of 3 of a model/);
  });
});
