import v8 from 'node:v8';

import { beforeAll, describe, expect, it } from 'vitest';

import { typescriptKernels, type Kernels, type Matrix } from '..';
import { wasmKernels } from '.';
import goldens from './goldens.json';
import { matrixKinds, testMatrix, type MatrixKind } from './testMatrices';

const names = ['plain', 'relaxed'] as const;
let backends: Record<(typeof names)[number], Kernels>;

interface KernelScript {
  readonly compileKernels: () => Promise<
    Record<'kernels.wasm' | 'kernels-relaxed.wasm', Uint8Array>
  >;
}

beforeAll(async () => {
  // Node 20 has relaxed SIMD behind a flag, which later versions do not know.
  if (Number(process.versions.node.split('.')[0]) < 22) {
    v8.setFlagsFromString('--experimental-wasm-relaxed-simd');
  }
  const script = String(new URL('../../../scripts/kernels.mjs', import.meta.url));
  const { compileKernels }: KernelScript = await import(/* @vite-ignore */ script);
  const modules = await compileKernels();
  backends = {
    plain: wasmKernels(modules['kernels.wasm']),
    relaxed: wasmKernels(modules['kernels-relaxed.wasm']),
  };
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
    expectClose(got, wanted, tolerance * largest(wanted));
    const n = side === 'rows' ? matrix.rows : matrix.columns;
    const lambda = await typescriptKernels.symmetricEigenvalues(wanted.slice(), n);
    expectClose(
      await kernels.symmetricEigenvalues(wanted, n),
      lambda,
      Math.max(tolerance * largest(lambda), 5e-323),
    );
  }
}

describe.each(names)('the %s build', (name) => {
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
      const n = Math.min(rows, columns);
      const g = await backends[name].gram(testMatrix(kind as MatrixKind, rows, columns), side);
      const lambda = await backends[name].symmetricEigenvalues(g, n);
      const top = values[0]!;
      for (const [i, index] of at.entries()) {
        const wanted = values[i]!;
        expect(Math.abs(lambda[index]! - wanted ** 2)).toBeLessThan(tolerance * top ** 2);
        if (wanted > 0.1 * top) {
          expect(Math.abs(Math.sqrt(lambda[index]!) - wanted)).toBeLessThan(1e-12 * top);
        }
      }
      expect(lambda.reduce((a, b) => a + b, 0) / squareSum).toBeCloseTo(1, 13);
    },
  );

  it('keeps the small eigenvalues of a graded diagonal matrix to the last digit', async () => {
    const n = 60;
    const diagonal = new Float64Array(n * n);
    for (let i = 0; i < n; i++) diagonal[i * (n + 1)] = 10 ** (-i / 5);
    const wanted = Array.from({ length: n }, (_, i) => 10 ** (-i / 5));
    expect([...(await backends[name].symmetricEigenvalues(diagonal, n))]).toEqual(wanted);
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
      expectClose(await backends[name].symmetricEigenvalues(matrix, n), wanted, 1e-12);
    },
  );

  it('is symmetric to the bit', async () => {
    const g = await backends[name].gram(testMatrix('random', 61, 700), 'rows');
    for (let i = 0; i < 61; i++)
      for (let j = 0; j < i; j++) expect(g[i * 61 + j]).toBe(g[j * 61 + i]);
  });

  it('scales rows while it reads them', async () => {
    const matrix = testMatrix('random', 70, 300);
    const rowScales = Float64Array.from({ length: 70 }, (_, i) => 1 / (i + 1));
    for (const side of ['rows', 'columns'] as const) {
      const wanted = await typescriptKernels.gram(matrix, side, { rowScales });
      expectClose(await backends[name].gram(matrix, side, { rowScales }), wanted, 1e-11);
    }
  });

  it.each([
    ['NaN', [1, NaN, NaN, 1]],
    ['infinity', [1, Infinity, Infinity, 1]],
    ['a wrong length', [1, 2, 3]],
  ])('refuses %s', async (_, values) => {
    const matrix = Float64Array.from(values);
    await expect(backends[name].symmetricEigenvalues(matrix, 2)).rejects.toThrow(RangeError);
  });

  it('refuses a matrix whose shape is not its length, and one that needs too much memory', async () => {
    const empty = new Float64Array(0);
    await expect(backends[name].gram({ rows: 2, columns: 2, data: empty }, 'rows')).rejects.toThrow(
      RangeError,
    );
    await expect(
      backends[name].gram({ rows: 20_000, columns: 0, data: empty }, 'rows'),
    ).rejects.toThrow('exceed the limit');
  });

  it('of nothing is nothing', async () => {
    const empty = new Float64Array(0);
    expect((await backends[name].symmetricEigenvalues(empty, 0)).length).toBe(0);
    expect((await backends[name].gram({ rows: 0, columns: 3, data: empty }, 'rows')).length).toBe(
      0,
    );
  });

  it('stops when a step throws, and works on afterwards', async () => {
    const matrix = testMatrix('random', 200, 600);
    let steps = 0;
    const onStep = (): void => {
      if (++steps === 5) throw new Error('stopped');
    };
    await expect(backends[name].gram(matrix, 'rows', { onStep })).rejects.toThrow('stopped');
    steps = 0;
    const g = await typescriptKernels.gram(matrix, 'rows');
    await expect(backends[name].symmetricEigenvalues(g, 200, { onStep })).rejects.toThrow(
      'stopped',
    );
    await expectAlike(backends[name], testMatrix('random', 40, 50));
  });
});
