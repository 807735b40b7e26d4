import { readFileSync } from 'node:fs';
import { join } from 'node:path';

import { describe, expect, it } from 'vitest';

import { fixturesOf, type Goldens } from '../../../test/support/formatFixtures';
import { FormatError } from '../../core/errors';
import { MemorySource } from '../../io/memorySource';
import { tensorOf, valuesOf } from '../testSupport';
import { sparseData } from './sparseData';
import { stepsOf, type Level, type Sparsity } from './sparsity';

const { folder, open } = fixturesOf('tensorflow');
const golden = JSON.parse(readFileSync(join(folder, 'sparse.json'), 'utf8')) as Goldens;
const cases = Object.entries(golden).flatMap(([file, tensors]) =>
  Object.entries(tensors).map(([name, expected]) => ({ file, name, ...expected })),
);

describe('sparse tensors', () => {
  it.each(cases)("$name of $file: what TensorFlow's interpreter makes of it", async (expected) => {
    const { file, name, shape, values } = expected;
    const checkpoint = await open(file);
    const tensor = tensorOf(checkpoint, name);
    expect(tensor.shape).toEqual(shape);
    expect(await valuesOf(tensor)).toEqual(values);
    expect(await valuesOf(tensor, 5)).toEqual(values);
    expect(await valuesOf(tensor)).toEqual(values);
    expect(checkpoint.skipped).toEqual([]);
  });

  it('belong to the operator behind DENSIFY', async () => {
    const { tensors } = await open('sparse.tflite');
    const sparse = tensors.filter(({ name }) => name in (golden['sparse.tflite'] ?? {}));
    expect(sparse.map(({ role, module }) => [role, module?.type])).toEqual([
      ['matrix', 'FULLY_CONNECTED'],
      ['matrix', 'FULLY_CONNECTED'],
    ]);
  });
});

const dense = (size: number): Level => ({ kind: 'dense', size });
const list = (start: number, count: number) => ({ start, count, dtype: 'u8' }) as const;
/** Segments and indices by their places in the bytes of a test. */
const compressed = (segments: number, at: number, indices: number, from: number): Level => ({
  kind: 'compressed',
  segments: list(at, segments),
  indices: list(from, indices),
});
const plain = (levels: readonly (Level | undefined)[]): Sparsity => ({
  order: levels.map((_, axis) => axis),
  blockMap: [],
  levels,
});

describe('levels that do not go together', () => {
  const good = plain([dense(2), compressed(3, 0, 2, 3)]);

  it.each<[string, Sparsity, readonly number[], number, RegExp]>([
    ['too few levels', plain([dense(2)]), [2, 3], 2, /1 levels for 2 axes/],
    ['an axis twice', { ...good, order: [0, 0] }, [2, 3], 2, /in the order \[0, 0\]/],
    ['an axis that is none', { ...good, order: [0, 2] }, [2, 3], 2, /in the order \[0, 2\]/],
    ['a level that is not read', plain([dense(2), undefined]), [2, 3], 2, /level 1 does not fit/],
    [
      'a dense level of another size',
      plain([dense(3), dense(3)]),
      [2, 3],
      9,
      /level 0 does not fit/,
    ],
    [
      'too few segments',
      plain([dense(4), compressed(3, 0, 2, 3)]),
      [4, 3],
      2,
      /3 segments for 4 nodes/,
    ],
    ['more values than places', good, [2, 3], 3, /has 3 values, its levels have 2/],
    ['half a value', good, [2, 3], 1.5, /has 1.5 values/],
    [
      'levels that multiply',
      plain([dense(2 ** 13), dense(2 ** 13)]),
      [2 ** 13, 2 ** 13],
      4,
      /the limit is 16777216/,
    ],
    [
      'blocks of an axis that is none',
      { order: [0, 1, 2], blockMap: [2], levels: [...good.levels, dense(1)] },
      [2, 3],
      2,
      /blocks of the axes \[2\]/,
    ],
    [
      'a block that does not divide its axis',
      { order: [0, 1, 2], blockMap: [1], levels: [...good.levels, dense(2)] },
      [2, 3],
      4,
      /level 1 does not fit/,
    ],
    [
      'a block of nothing',
      { order: [0, 1, 2], blockMap: [1], levels: [...good.levels, dense(0)] },
      [2, 3],
      0,
      /level 1 does not fit/,
    ],
  ])('%s', (_, sparsity, shape, count, reason) => {
    expect(stepsOf(sparsity, shape, count)).toMatch(reason);
  });

  it.each<[string, readonly number[]]>([
    ['segments that go back', [0, 2, 1, 0, 1]],
    ['segments that do not begin at 0', [1, 1, 2, 0, 1]],
    ['segments beyond the indices', [0, 1, 9, 0, 1]],
    ['segments that leave some out', [0, 1, 1, 0, 1]],
    ['indices beyond the axis', [0, 1, 2, 0, 3]],
    ['an index twice', [0, 2, 2, 1, 1]],
  ])('%s', async (_, indices) => {
    const source = new MemorySource('m', Uint8Array.from([...indices, 7, 7]));
    const place = { offset: 5, length: 2 };
    const data = sparseData(source, { sparsity: good, shape: [2, 3], dtype: 'i8', place });
    if (typeof data === 'string') throw new Error(data);
    await expect(data.read(0, 6)).rejects.toThrow(FormatError);
  });

  it('gives a shape of any size no memory', () => {
    const source = new MemorySource('m', new Uint8Array(8));
    const place = { offset: 0, length: 0 };
    const sparsity = plain([compressed(2, 0, 0, 2), dense(2 ** 30)]);
    const data = sparseData(source, { sparsity, shape: [4, 2 ** 30], dtype: 'f32', place });
    expect(data).toMatch(/with its zeros it has 17179869184 bytes, the limit is 134217728/);
  });
});
