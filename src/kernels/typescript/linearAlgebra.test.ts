import { describe, expect, it } from 'vitest';

import {
  singularValues,
  typescriptKernels,
  type Kernels,
  type Matrix,
  type SymmetricMatrix,
} from '..';
import goldens from '../wasm/goldens.json';
import { packed, testMatrix, type MatrixKind } from '../wasm/testMatrices';

const gram: Kernels['gram'] = (...input) => typescriptKernels.gram(...input);
const symmetricEigenvalues: Kernels['symmetricEigenvalues'] = (...input) =>
  typescriptKernels.symmetricEigenvalues(...input);

function randomMatrix(rows: number, columns: number, seed: number): Matrix {
  let state = seed;
  const data = Float64Array.from({ length: rows * columns }, () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 31 - 1;
  });
  return { rows, columns, data };
}

function product(a: Matrix, side: 'rows' | 'columns'): Float64Array {
  const { rows, columns, data } = a;
  const [size, length] = side === 'rows' ? [rows, columns] : [columns, rows];
  const at = (i: number, c: number) => data[side === 'rows' ? i * columns + c : c * columns + i]!;
  return Float64Array.from({ length: size * size }, (_, index) => {
    let sum = 0;
    for (let c = 0; c < length; c++) sum += at(Math.floor(index / size), c) * at(index % size, c);
    return sum;
  });
}

const closeTo = (got: Float64Array, wanted: ArrayLike<number>, tolerance: number) => {
  expect(got.length).toBe(wanted.length);
  for (const [i, value] of got.entries()) {
    expect(Math.abs(value - wanted[i]!), `[${i}]: ${value}, ${wanted[i]}`).toBeLessThanOrEqual(
      tolerance,
    );
  }
};

const diagonal = (values: readonly number[]) => packed(fullDiagonal(values), values.length);

const fullDiagonal = (values: readonly number[]) =>
  Float64Array.from({ length: values.length ** 2 }, (_, i) =>
    i % (values.length + 1) === 0 ? values[i / (values.length + 1)]! : 0,
  );

/** Q D Qᵀ with Q the product of Householder reflections: eigenvalues are known. */
function withEigenvalues(values: readonly number[], reflections = 3): SymmetricMatrix {
  const n = values.length;
  const matrix = fullDiagonal(values);
  for (let k = 0; k < reflections; k++) {
    const v = Float64Array.from(randomMatrix(1, n, 17 + k).data);
    const square = v.reduce((sum, x) => sum + x * x, 0);
    for (const byRow of [true, false]) {
      for (let i = 0; i < n; i++) {
        const at = (c: number) => (byRow ? i * n + c : c * n + i);
        let dot = 0;
        for (let c = 0; c < n; c++) dot += matrix[at(c)]! * v[c]!;
        for (let c = 0; c < n; c++) matrix[at(c)]! -= ((2 * dot) / square) * v[c]!;
      }
    }
  }
  return packed(matrix, n);
}

describe('gram', () => {
  it.each([
    [1, 1],
    [3, 5],
    [4, 4],
    [7, 300],
    [257, 6],
    [33, 33],
  ])('%d × %d', async (rows, columns) => {
    const matrix = randomMatrix(rows, columns, 3);
    for (const side of ['rows', 'columns'] as const) {
      const wanted = packed(product(matrix, side), side === 'rows' ? rows : columns);
      closeTo((await gram(matrix, side)).data, wanted.data, 1e-12 * Math.max(rows, columns));
    }
  });

  it('does not depend on the order of columns by more than rounding', async () => {
    const matrix = randomMatrix(9, 40, 8);
    const reversed = {
      ...matrix,
      data: Float64Array.from(matrix.data, (_, i) => matrix.data[i - (i % 40) + 39 - (i % 40)]!),
    };
    closeTo((await gram(matrix, 'rows')).data, (await gram(reversed, 'rows')).data, 1e-13);
  });

  it('stops at a step that throws, here and in eigenvalues', async () => {
    const onStep = (): void => {
      throw new Error('stopped');
    };
    const matrix = randomMatrix(4, 600, 1);
    await expect(gram(matrix, 'rows', { onStep })).rejects.toThrow('stopped');
    await expect(symmetricEigenvalues(diagonal([1, 2, 3, 4]), { onStep })).rejects.toThrow(
      'stopped',
    );
  });

  it('scales rows while it reads them', async () => {
    const matrix = randomMatrix(30, 7, 3);
    const rowScales = Float64Array.from({ length: 30 }, (_, i) => (i % 5) / 2);
    const scaled = {
      ...matrix,
      data: matrix.data.map((x, i) => x * rowScales[Math.floor(i / 7)]!),
    };
    for (const side of ['rows', 'columns'] as const) {
      const wanted = await gram(scaled, side);
      closeTo((await gram(matrix, side, { rowScales })).data, wanted.data, 1e-14);
    }
  });

  it('refuses a matrix whose shape is not its length', async () => {
    await expect(gram({ rows: 2, columns: 2, data: new Float64Array(3) }, 'rows')).rejects.toThrow(
      RangeError,
    );
  });
});

describe('symmetric eigenvalues', () => {
  it.each([1, 2, 3, 5, 8, 31, 64, 127, 256, 600])('of the %d-point path graph', async (n) => {
    // Tridiagonal 2, −1: eigenvalues 4 sin²(kπ/(2n+2)); hidden behind reflections.
    const exact = Array.from(
      { length: n },
      (_, k) => 4 * Math.sin(((n - k) * Math.PI) / (2 * n + 2)) ** 2,
    );
    closeTo(await symmetricEigenvalues(withEigenvalues(exact)), exact, 1e-13 * n ** 0.5);
  });

  it.each<[string, readonly number[]]>([
    ['zeros', [0, 0, 0, 0]],
    ['equal', Array<number>(40).fill(3)],
    ['clustered', Array.from({ length: 60 }, (_, i) => 1 - (i % 3) * 1e-14)],
    ['rank one', [5, ...Array<number>(49).fill(0)]],
    ['both signs', [4, 2, 0, -1, -7]],
    ['twelve decades', Array.from({ length: 37 }, (_, i) => 10 ** (-i / 3))],
    ['subnormal', [5e-310, 3e-310, 1e-310]],
    ['huge', [1e300, 1e299, 1]],
  ])('%s', async (_, values) => {
    const exact = [...values].sort((a, b) => b - a);
    const largest = Math.max(...exact.map(Math.abs));
    const got = await symmetricEigenvalues(withEigenvalues(values));
    closeTo(got, exact, Math.max(1e-14 * largest * Math.sqrt(values.length), 5e-324 * 10));
  });

  it('keeps the small ones of a graded diagonal matrix to the last digit', async () => {
    const values = Array.from({ length: 25 }, (_, i) => 10 ** (-i / 2));
    expect([...(await symmetricEigenvalues(diagonal(values)))]).toEqual(values);
  });

  it('keeps trace and Frobenius norm', async () => {
    const n = 150;
    const g = product(randomMatrix(n, 90, 4), 'rows');
    const trace = Array.from({ length: n }, (_, i) => g[i * n + i]!).reduce((a, b) => a + b);
    const square = g.reduce((sum, x) => sum + x * x, 0);
    const lambda = await symmetricEigenvalues(packed(g, n));
    expect(lambda.reduce((a, b) => a + b) / trace).toBeCloseTo(1, 13);
    expect(lambda.reduce((sum, x) => sum + x * x, 0) / square).toBeCloseTo(1, 13);
    // Rank 90.
    expect(Math.abs(lambda[90]!)).toBeLessThan(1e-12 * lambda[0]!);
  });

  it.each([
    ['NaN', [1, NaN, 1]],
    ['infinity', [1, Infinity, 1]],
    ['a wrong length', [1, 2]],
  ])('refuses %s', async (_, values) => {
    await expect(
      symmetricEigenvalues({ size: 2, data: Float64Array.from(values) }),
    ).rejects.toThrow(RangeError);
  });

  it('of nothing is nothing', async () => {
    expect((await symmetricEigenvalues(packed([], 0))).length).toBe(0);
  });
});

/** Sides above which the reference takes longer than a test should. */
const largestTested = 600;

describe('eigenvalues of Gram matrices', () => {
  it.each(goldens.filter(({ rows, columns }) => Math.min(rows, columns) <= largestTested))(
    'are the squares of the singular values of NumPy: $kind $rows × $columns',
    async ({ kind, rows, columns, at, values }) => {
      const side = rows <= columns ? 'rows' : 'columns';
      const g = await gram(testMatrix(kind as MatrixKind, rows, columns), side);
      const lambda = await symmetricEigenvalues(g);
      const top = values[0]!;
      for (const [i, index] of at.entries()) {
        const wanted = values[i]!;
        expect(Math.abs(lambda[index]! - wanted ** 2)).toBeLessThanOrEqual(1e-13 * top ** 2);
        if (wanted <= 0.1 * top) continue;
        expect(Math.abs(Math.sqrt(lambda[index]!) - wanted)).toBeLessThan(1e-12 * top);
      }
    },
  );
});

describe('singular values by Jacobi rotations', () => {
  it('keep their digits over 30 decades', () => {
    // Rows of an orthogonal matrix (Hadamard), scaled: the singular values are the scales.
    const sign = (i: number, j: number) => {
      let bits = 0;
      for (let x = i & j; x; x &= x - 1) bits++;
      return bits % 2 ? -1 : 1;
    };
    const scales = Array.from({ length: 16 }, (_, i) => 10 ** (-2 * i));
    const data = Float64Array.from({ length: 256 }, (_, index) => {
      const [i, j] = [index >> 4, index & 15];
      return (scales[i]! * sign(i, j)) / 4;
    });
    const got = singularValues({ rows: 16, columns: 16, data });
    for (const [i, scale] of scales.entries()) expect(got[i]! / scale).toBeCloseTo(1, 13);
  });

  it.each([
    [5, 40],
    [40, 5],
    [30, 30],
  ])('agree with the Gram matrix: %d × %d', async (rows, columns) => {
    const matrix = randomMatrix(rows, columns, 6);
    const side = rows <= columns ? 'rows' : 'columns';
    const lambda = await symmetricEigenvalues(await gram(matrix, side));
    closeTo(
      singularValues(matrix),
      lambda.map((l) => Math.sqrt(Math.max(0, l))),
      1e-9,
    );
  });

  it.each([
    ['zeros', new Float64Array(6)],
    ['two equal rows', Float64Array.of(1, 2, 3, 1, 2, 3)],
  ])('bear %s', (_, data) => {
    const got = singularValues({ rows: 2, columns: 3, data });
    expect(got.every(Number.isFinite)).toBe(true);
    expect(got[1]).toBeLessThan(1e-15);
  });

  it('can be stopped between rows', () => {
    let steps = 0;
    const data = Float64Array.from({ length: 64 }, (_, i) => Math.sin(i * i));
    const stop = (): void => {
      if (++steps === 9) throw new Error('stopped');
    };
    expect(() => singularValues({ rows: 8, columns: 8, data }, { onStep: stop })).toThrow(
      'stopped',
    );
  });

  it('refuse NaN', () => {
    expect(() => singularValues({ rows: 1, columns: 1, data: Float64Array.of(NaN) })).toThrow(
      RangeError,
    );
  });
});
