import { isDeepStrictEqual } from 'node:util';

import { beforeAll, describe, expect, it } from 'vitest';

import { dtypes, type Dtype } from '../../core/dtype';
import { plainView, type MatrixView } from '../../core/matrixView';
import {
  typescriptKernels,
  type ElementRefinement,
  type ElementStatistics,
  type Kernels,
  type Matrix,
} from '..';
import { buildNames, compiledBuilds, type Builds } from '../../../test/support/kernelBuilds';
import goldens from './goldens.json';
import { matrixKinds, packed, randomNumbers, testMatrix, type MatrixKind } from './testMatrices';

let backends: Builds;

beforeAll(async () => {
  backends = await compiledBuilds();
}, 120_000);

/** Everything to 1e-13 of the largest: singular values above a tenth of the largest are then right to 1e-12 of it. */
const tolerance = 1e-13;

function expectClose(got: ArrayLike<number>, wanted: ArrayLike<number>, allowed: number): void {
  expect(got.length).toBe(wanted.length);
  let worst = 0;
  for (let i = 0; i < got.length; i++) {
    const error = Math.abs(got[i]! - wanted[i]!);
    if (!(error <= worst)) worst = error;
  }
  expect(worst).toBeLessThanOrEqual(allowed);
}

const largest = (values: ArrayLike<number>) =>
  Array.from(values).reduce((max, x) => Math.max(max, Math.abs(x)), 0);

async function expectAlike(kernels: Kernels, matrix: Matrix): Promise<void> {
  for (const side of ['rows', 'columns'] as const) {
    const wanted = await typescriptKernels.gram(matrix, side);
    const got = await kernels.gram(matrix, side);
    expectClose(got.data, wanted.data, tolerance * largest(wanted.data));
    const lambda = await typescriptKernels.symmetricEigenvalues(wanted);
    expectClose(
      await kernels.symmetricEigenvalues(wanted),
      lambda,
      Math.max(tolerance * largest(lambda), 5e-323),
    );
  }
}

describe.each(buildNames)('the %s build', (name) => {
  it.each([
    [1, 1],
    [2, 3],
    [3, 2],
    [5, 7],
    [6, 6],
    [23, 25],
    [24, 24],
    [25, 255],
    [31, 257],
    [47, 49],
    [72, 513],
    [97, 101],
    [145, 190],
    [333, 290],
    [601, 500],
  ])('is that of plain TypeScript: %d × %d', async (rows, columns) => {
    const matrix = testMatrix('random', rows, columns);
    await expectAlike(backends[name], matrix);
    await expectAlike(backends[name], { ...matrix, data: Float32Array.from(matrix.data) });
  });

  it('is that of plain TypeScript: 1100 × 40', async () => {
    await expectAlike(backends[name], testMatrix('random', 40, 1100));
    const wide = testMatrix('random', 1100, 1);
    await expectAlike(backends[name], wide);
  }, 60_000);

  it.each(matrixKinds)('is that of plain TypeScript: %s', async (kind) => {
    await expectAlike(backends[name], testMatrix(kind, 100, 130));
    await expectAlike(backends[name], testMatrix(kind, 256, 256));
  });

  it.each(goldens)(
    'has the singular values of NumPy: $kind $rows × $columns',
    async ({ kind, rows, columns, at, values, squareSum }) => {
      const side = rows <= columns ? 'rows' : 'columns';
      const g = await backends[name].gram(testMatrix(kind as MatrixKind, rows, columns), side);
      const lambda = await backends[name].symmetricEigenvalues(g);
      const top = values[0]!;
      for (const [i, index] of at.entries()) {
        const wanted = values[i]!;
        expect(Math.abs(lambda[index]! - wanted ** 2)).toBeLessThanOrEqual(tolerance * top ** 2);
        if (wanted > 0.1 * top) {
          expect(Math.abs(Math.sqrt(lambda[index]!) - wanted)).toBeLessThan(1e-12 * top);
        }
      }
      const trace = lambda.reduce((a, b) => a + b, 0);
      expect(Math.abs(trace - squareSum)).toBeLessThanOrEqual(1e-13 * squareSum);
    },
  );

  it('keeps the small eigenvalues of a graded diagonal matrix to the last digit', async () => {
    const n = 60;
    const diagonal = new Float64Array(n * n);
    for (let i = 0; i < n; i++) diagonal[i * (n + 1)] = 10 ** (-i / 5);
    const wanted = Array.from({ length: n }, (_, i) => 10 ** (-i / 5));
    expect([...(await backends[name].symmetricEigenvalues(packed(diagonal, n)))]).toEqual(wanted);
  });

  it.each([1e-170, 1e-150, 1e-146, 1e-144])(
    'stays orthogonal where off-diagonals are %d of the diagonal',
    async (small) => {
      const n = 75;
      const matrix = Float64Array.from(testMatrix('random', n, n).data);
      for (let i = 0; i < n; i++) {
        for (let j = 0; j < n; j++) {
          matrix[i * n + j] =
            i === j ? 1 + i : small * matrix[Math.max(i, j) * n + Math.min(i, j)]!;
        }
      }
      const wanted = Array.from({ length: n }, (_, i) => n - i);
      expectClose(await backends[name].symmetricEigenvalues(packed(matrix, n)), wanted, 1e-12);
    },
  );

  it('scales rows while it reads them', async () => {
    const matrix = testMatrix('random', 70, 300);
    const rowScales = Float64Array.from({ length: 70 }, (_, i) => 1 / (i + 1));
    for (const side of ['rows', 'columns'] as const) {
      const wanted = await typescriptKernels.gram(matrix, side, { rowScales });
      const got = await backends[name].gram(matrix, side, { rowScales });
      expectClose(got.data, wanted.data, 1e-11);
    }
  });

  it.each([
    ['NaN', [1, NaN, 1]],
    ['infinity', [1, Infinity, 1]],
    ['a wrong length', [1, 2]],
  ])('refuses %s', async (_, values) => {
    const matrix = { size: 2, data: Float64Array.from(values) };
    await expect(backends[name].symmetricEigenvalues(matrix)).rejects.toThrow(RangeError);
  });

  it('refuses a matrix whose shape is not its length, and one that needs too much memory', async () => {
    const empty = new Float64Array(0);
    await expect(backends[name].gram({ rows: 2, columns: 2, data: empty }, 'rows')).rejects.toThrow(
      RangeError,
    );
    await expect(
      backends[name].gram({ rows: 25_000, columns: 0, data: empty }, 'rows'),
    ).rejects.toThrow('exceed the limit');
  });

  it('of nothing is nothing', async () => {
    const empty = new Float64Array(0);
    expect((await backends[name].symmetricEigenvalues({ size: 0, data: empty })).length).toBe(0);
    const nothing = { rows: 0, columns: 3, data: empty };
    expect((await backends[name].gram(nothing, 'rows')).size).toBe(0);
  });

  it.each([
    [40, 30, 7],
    [700, 61, 300],
    [513, 145, 512],
  ])(
    'forms the Gram matrix of panels as that of the whole: %d × %d by %d',
    async (rows, columns, step) => {
      const { data } = testMatrix('random', rows, columns);
      const single = Float32Array.from(data);
      const pass = backends[name].startGram(columns);
      for (let start = 0; start < rows; start += step) {
        const panel = single.subarray(start * columns, Math.min(rows, start + step) * columns);
        pass.update({ rows: panel.length / columns, columns, data: panel });
      }
      const wanted = await typescriptKernels.gram({ rows, columns, data: single }, 'columns');
      expectClose(pass.finish().data, wanted.data, tolerance * largest(wanted.data));
    },
  );

  it.each(goldens)(
    'has the singular values of NumPy to 5e-4 of the largest in single precision: $kind $rows × $columns',
    async ({ kind, rows, columns, at, values }) => {
      const options = { precision: 'f32' } as const;
      const side = rows <= columns ? 'rows' : 'columns';
      const matrix = testMatrix(kind as MatrixKind, rows, columns);
      for (const data of [matrix.data, Float32Array.from(matrix.data)]) {
        const g = await backends[name].gram({ ...matrix, data }, side, options);
        const lambda = await backends[name].symmetricEigenvalues(g, options);
        for (const [i, index] of at.entries()) {
          const sigma = Math.sqrt(Math.max(0, lambda[index]!));
          expect(Math.abs(sigma - values[i]!)).toBeLessThanOrEqual(5e-4 * values[0]!);
        }
      }
    },
  );

  it('stops when a step throws, and works on afterwards', async () => {
    const matrix = testMatrix('random', 200, 600);
    let steps = 0;
    const onStep = (): void => {
      if (++steps === 5) throw new Error('stopped');
    };
    await expect(backends[name].gram(matrix, 'rows', { onStep })).rejects.toThrow('stopped');
    steps = 0;
    const g = await typescriptKernels.gram(matrix, 'rows');
    await expect(backends[name].symmetricEigenvalues(g, { onStep })).rejects.toThrow('stopped');
    await expectAlike(backends[name], testMatrix('random', 40, 50));
  });
});

const rows = 61;
const columns = 260;
const elementCount = rows * columns;

const views: Record<string, MatrixView | undefined> = {
  'no view': undefined,
  'rows as stored': plainView(rows, columns),
  'rows of one element': plainView(elementCount, 1),
  transposed: {
    blocks: 1,
    rows,
    columns,
    axes: [
      { size: columns, target: 'column', step: 1 },
      { size: rows, target: 'row', step: 1 },
    ],
  },
  'a convolution, output channels last': {
    blocks: 1,
    rows,
    columns,
    axes: [
      { size: 13, target: 'column', step: 1 },
      { size: 20, target: 'column', step: 13 },
      { size: rows, target: 'row', step: 1 },
    ],
  },
  'four gates side by side': {
    blocks: 4,
    rows: columns / 4,
    columns: rows,
    axes: [
      { size: rows, target: 'column', step: 1 },
      { size: 4, target: 'block', step: 1 },
      { size: columns / 4, target: 'row', step: 1 },
    ],
  },
  'columns that skip': {
    blocks: 1,
    rows,
    columns,
    axes: [
      { size: 20, target: 'column', step: 1 },
      { size: rows, target: 'row', step: 1 },
      { size: 13, target: 'column', step: 20 },
    ],
  },
};

const random = randomNumbers(elementCount, 9);

const floats: Record<string, Float32Array> = {
  random: Float32Array.from(random),
  shifted: Float32Array.from(random, (x) => 1 + 1e-3 * x),
  'half zeros, some negative': Float32Array.from(random, (x) => (x < 0 ? x * 0 : x)),
  zeros: new Float32Array(elementCount),
  constant: new Float32Array(elementCount).fill(-0.3),
  'over the whole range': Float32Array.from(random, (x, i) => x * 2 ** ((i % 275) - 148)),
  saturated: Float32Array.from(random, (x, i) => (i % 3 ? x : dtypes.f32.max * (0.98 + x / 1e6))),
  'not finite here and there': Float32Array.from(random, (x, i) =>
    i % 997 === 5 ? [NaN, Infinity, -Infinity][i % 3]! : x,
  ),
  'nothing finite': new Float32Array(elementCount).fill(NaN),
};

/** All bit patterns of 16-bit types come up. */
const codes = Uint16Array.from(random, (_, i) => (i * 40503) & 0xffff);

const inputs: [string, Dtype, Uint8Array][] = [
  ...Object.entries(floats).map(([name, values]): [string, Dtype, Uint8Array] => [
    name,
    'f32',
    new Uint8Array(values.buffer),
  ]),
  ['all codes', 'f16', new Uint8Array(codes.buffer)],
  ['all codes', 'bf16', new Uint8Array(codes.buffer)],
  ['weights', 'bf16', new Uint8Array(codes.map((c) => (c & 0x81ff) | 0x3c00).buffer)],
  ['random', 'f64', new Uint8Array(random.buffer)],
];

function statisticsOf(
  kernels: Kernels,
  bytes: Uint8Array,
  dtype: Dtype,
  view: MatrixView | undefined,
  chunk = bytes.byteLength,
): ElementStatistics {
  const count = bytes.byteLength / dtypes[dtype].byteSize;
  const pass = kernels.startStatistics(dtype, count, view);
  for (let at = 0; at < bytes.byteLength; at += chunk) pass.update(bytes.subarray(at, at + chunk));
  return pass.finish();
}

/** Numbers to 1e-12 relative (counts then agree exactly), anything else the same; `slack` is absolute. */
function expectSame(got: unknown, wanted: unknown, path: string, slack: number): void {
  if (typeof wanted === 'number' && typeof got === 'number') {
    if (Object.is(got + 0, wanted + 0)) return;
    const allowed = 1e-12 * Math.abs(wanted) + slack;
    expect(Math.abs(got - wanted), `${path}: ${got}, ${wanted}`).toBeLessThanOrEqual(allowed);
  } else if (typeof wanted === 'object' && wanted !== null && typeof got === 'object' && got) {
    if (isDeepStrictEqual(got, wanted)) return;
    expect(Object.keys(got).sort(), path).toEqual(Object.keys(wanted).sort());
    for (const [key, value] of Object.entries(wanted)) {
      expectSame(Reflect.get(got, key), value, `${path}.${key}`, slack);
    }
  } else expect(got, path).toBe(wanted);
}

/** What cancels is held to the size of what is summed: mean and odd moments. The Gini index to its bound. */
function expectSameStatistics(got: ElementStatistics, wanted: ElementStatistics): void {
  const { mean, m3, refinement, ...others } = wanted;
  const { mean: gotMean, m3: gotM3, refinement: gotRefinement, ...gotOthers } = got;
  expectSameRefinement(gotRefinement!, refinement!);
  expectSame(gotOthers, others, 'statistics', 0);
  expectSame(gotMean, mean, 'mean', (1e-14 * wanted.sumAbs) / Math.max(1, wanted.finiteCount));
  expectSame(gotM3, m3, 'm3', 1e-12 * Math.sqrt(wanted.m2 * wanted.m4));
}

function expectSameRefinement(got: ElementRefinement, wanted: ElementRefinement): void {
  const { gini, giniError, ...others } = wanted;
  const { gini: gotGini, giniError: gotError, ...gotOthers } = got;
  expectSame(gotOthers, others, 'refinement', 0);
  expectSame(gotGini, gini, 'gini', gotError + giniError);
  expect(gotError).toBeLessThan(1e-6);
}

describe.each(buildNames)('statistics of the %s build', (name) => {
  describe.each(inputs)('%s (%s)', (_, dtype, bytes) => {
    it.each(Object.entries(views))('%s', (_name, view) => {
      const wanted = statisticsOf(typescriptKernels, bytes, dtype, view);
      const got = statisticsOf(backends[name], bytes, dtype, view);
      expectSameStatistics(got, wanted);
      // However the stream is cut, and wherever it lies in its buffer.
      const { byteSize } = dtypes[dtype];
      const shifted = new Uint8Array(bytes.length + 1).subarray(1);
      shifted.set(bytes);
      for (const chunk of [7, 2048, 5001]) {
        const cut = statisticsOf(backends[name], shifted, dtype, view, chunk * byteSize);
        expect(isDeepStrictEqual(cut, got), `chunks of ${chunk}`).toBe(true);
      }
    });
  });

  it.each([0, 1, 2, 3, 5, 2047, 2049])('%d elements', (count) => {
    const values = floats.random!.slice(0, count);
    const bytes = new Uint8Array(values.buffer);
    const view = count > 0 ? plainView(1, count) : undefined;
    expectSameStatistics(
      statisticsOf(backends[name], bytes, 'f32', view),
      statisticsOf(typescriptKernels, bytes, 'f32', view),
    );
  });

  it('keeps two passes apart that take turns', () => {
    const view = plainView(rows, columns);
    const bytes = new Uint8Array(floats.random!.buffer);
    const half = bytes.byteLength / 2;
    const passes = ['f32', 'bf16'].map((dtype) =>
      backends[name].startStatistics(
        dtype as Dtype,
        dtype === 'f32' ? elementCount : 2 * elementCount,
        dtype === 'f32' ? view : plainView(2 * rows, columns),
      ),
    );
    for (const part of [bytes.subarray(0, half), bytes.subarray(half)]) {
      for (const pass of passes) pass.update(part);
    }
    expect(passes[0]!.finish()).toEqual(statisticsOf(backends[name], bytes, 'f32', view));
    expect(passes[1]!.finish()).toEqual(
      statisticsOf(backends[name], bytes, 'bf16', plainView(2 * rows, columns)),
    );
  });

  it.each([
    [
      'a chunk that splits an element',
      (k: Kernels) => k.startStatistics('f32', 2).update(new Uint8Array(7)),
    ],
    ['too many elements', (k: Kernels) => k.startStatistics('f32', 1).update(new Uint8Array(8))],
    ['too few elements', (k: Kernels) => k.startStatistics('f32', 1).finish()],
    ['too few codes', (k: Kernels) => k.startStatistics('bf16', 6, plainView(2, 3)).finish()],
    [
      'a view of another size',
      (k: Kernels) => k.startStatistics('f32', 4, { ...plainView(2, 2), columns: 3 }),
    ],
  ])('refuses %s', (_, run) => {
    expect(() => run(backends[name])).toThrow(RangeError);
  });
});

describe.each(buildNames)('the second pass of the %s build', (name) => {
  it.each(Object.entries(floats))('%s', (_, values) => {
    const bytes = new Uint8Array(values.buffer);
    const statistics = statisticsOf(typescriptKernels, bytes, 'f32', undefined);
    const [wanted, got] = [typescriptKernels, backends[name]].map((kernels) => {
      const pass = kernels.startRefinement(statistics);
      for (let at = 0; at < bytes.length; at += 20_004) {
        pass.update(bytes.subarray(at, Math.min(bytes.length, at + 20_004)));
      }
      return pass.finish();
    });
    expect(got).toEqual(wanted);
  });

  it('refuses missing elements', () => {
    const bytes = new Uint8Array(floats.random!.buffer);
    const statistics = statisticsOf(typescriptKernels, bytes, 'f32', undefined);
    const pass = backends[name].startRefinement(statistics);
    pass.update(bytes.subarray(4));
    expect(() => pass.finish()).toThrow(RangeError);
  });
});
