import { describe, expect, it } from 'vitest';

import { loadTensorFlowModule } from '../../io/tensorflowModule';
import { typescriptKernels, type Matrix } from '..';
import goldens from '../wasm/goldens.json';
import { matrixKinds, testMatrix, type MatrixKind } from '../wasm/testMatrices';
import { checkedTensorFlow, tensorflowKernels, type TensorFlow } from '.';
import { maxEigenvalueSide } from './eigenvalues';

/** Set by CI and by `npm run setup:tensorflow`'s advice; where it is set, not loading is a failure. */
const folder = process.env['REGLENS_TFJS_NODE'];

const single = { precision: 'f32' } as const;

function loaded(chosen: string): TensorFlow {
  const found = loadTensorFlowModule({ chosen, bundleFolder: '/nowhere/dist' });
  if ('reason' in found) throw new Error(found.reason);
  const tf = checkedTensorFlow(found.exports);
  if ('reason' in tf) throw new Error(tf.reason);
  return tf;
}

function worstError(got: ArrayLike<number>, wanted: ArrayLike<number>): number {
  expect(got.length).toBe(wanted.length);
  let worst = 0;
  for (let i = 0; i < got.length; i++) {
    const error = Math.abs(got[i]! - wanted[i]!);
    if (!(error <= worst)) worst = error;
  }
  return worst;
}

function largest(values: ArrayLike<number>): number {
  let max = 0;
  for (let i = 0; i < values.length; i++) max = Math.max(max, Math.abs(values[i]!));
  return max;
}

describe.skipIf(!folder)('TensorFlow (where REGLENS_TFJS_NODE says it is)', () => {
  const tf = folder ? loaded(folder) : undefined;
  const kernels = tf ? tensorflowKernels(tf, typescriptKernels) : typescriptKernels;

  /** Element errors are relative to Σ|ab|, which the largest diagonal element bounds. */
  async function expectGramAlike(matrix: Matrix, tolerance = 1e-6): Promise<void> {
    for (const side of ['rows', 'columns'] as const) {
      const wanted = await typescriptKernels.gram(matrix, side);
      const got = await kernels.gram(matrix, side, single);
      expect(got.size).toBe(wanted.size);
      expect(worstError(got.data, wanted.data)).toBeLessThanOrEqual(
        tolerance * largest(wanted.data),
      );
    }
  }

  it.each([
    [0, 0],
    [0, 3],
    [3, 0],
    [1, 1],
    [2, 3],
    [31, 257],
    [97, 1025],
    [1100, 33],
    [600, 530],
    [7, 1300],
  ])('has the Gram matrices of plain TypeScript: %d × %d', async (rows, columns) => {
    const matrix = testMatrix('random', rows, columns);
    await expectGramAlike(matrix);
    await expectGramAlike({ ...matrix, data: Float32Array.from(matrix.data) });
  });

  it.each(matrixKinds)('has the Gram matrices of plain TypeScript: %s', async (kind) => {
    await expectGramAlike(testMatrix(kind, 100, 130));
    await expectGramAlike(testMatrix(kind, 256, 256));
  });

  it('scales rows while it reads them', async () => {
    const matrix = testMatrix('random', 70, 1300);
    const rowScales = Float64Array.from({ length: 70 }, (_, i) => 1 / (i + 1));
    for (const side of ['rows', 'columns'] as const) {
      const wanted = await typescriptKernels.gram(matrix, side, { rowScales });
      const got = await kernels.gram(matrix, side, { rowScales, ...single });
      expect(worstError(got.data, wanted.data)).toBeLessThan(1e-6 * largest(wanted.data));
    }
  });

  it.each([NaN, Infinity, -Infinity])('carries %d where plain TypeScript does', async (odd) => {
    const matrix = testMatrix('random', 20, 30);
    matrix.data[45] = odd;
    for (const side of ['rows', 'columns'] as const) {
      const wanted = await typescriptKernels.gram(matrix, side);
      const got = await kernels.gram(matrix, side, single);
      expect(Array.from(got.data, Number.isFinite)).toEqual(
        Array.from(wanted.data, Number.isFinite),
      );
      await expect(kernels.symmetricEigenvalues(got, single)).rejects.toThrow(RangeError);
    }
  });

  it('forms the Gram matrix of panels as that of the whole', async () => {
    const [rows, columns] = [2500, 61];
    const { data } = testMatrix('random', rows, columns);
    const pass = kernels.startGram(columns, single);
    for (let start = 0; start < rows; start += 700) {
      const panel = data.subarray(start * columns, Math.min(rows, start + 700) * columns);
      pass.update({ rows: panel.length / columns, columns, data: panel });
    }
    const wanted = await typescriptKernels.gram({ rows, columns, data }, 'columns');
    expect(worstError(pass.finish().data, wanted.data)).toBeLessThan(1e-6 * largest(wanted.data));
    expect(() => pass.update({ rows: 1, columns: 2, data: new Float32Array(2) })).toThrow(
      RangeError,
    );
  });

  it.each(goldens)(
    'has the singular values of NumPy to 5e-4 of the largest: $kind $rows × $columns',
    async ({ kind, rows, columns, at, values }) => {
      const side = rows <= columns ? 'rows' : 'columns';
      const matrix = testMatrix(kind as MatrixKind, rows, columns);
      for (const data of [matrix.data, Float32Array.from(matrix.data)]) {
        const g = await kernels.gram({ ...matrix, data }, side, single);
        const lambda = await kernels.symmetricEigenvalues(g, single);
        expect([...lambda]).toEqual([...lambda].sort((a, b) => b - a));
        for (const [i, index] of at.entries()) {
          const sigma = Math.sqrt(Math.max(0, lambda[index]!));
          expect(Math.abs(sigma - values[i]!)).toBeLessThanOrEqual(5e-4 * values[0]!);
        }
      }
    },
  );

  it.each([
    ['nothing', 0, [], []],
    ['one element', 1, [-3], [-3]],
    ['zeros', 2, [0, 0, 0], [0, 0]],
    ['beyond single precision', 2, [2e200, 0, 1e200], [2e200, 1e200]],
    ['below single precision', 2, [2 ** -400, 0, 2 ** -401], [2 ** -400, 2 ** -401]],
  ])('has the eigenvalues of %s', async (_, size, data, wanted) => {
    const matrix = { size, data: Float64Array.from(data) };
    const got = await kernels.symmetricEigenvalues(matrix, single);
    expect(worstError(got, wanted)).toBeLessThanOrEqual(1e-6 * largest(wanted));
    expect([...matrix.data]).toEqual(data);
  });

  it.each([
    ['NaN', [1, NaN, 1]],
    ['infinity', [1, Infinity, 1]],
    ['a wrong length', [1, 2]],
  ])('refuses %s', async (_, values) => {
    const matrix = { size: 2, data: Float64Array.from(values) };
    await expect(kernels.symmetricEigenvalues(matrix, single)).rejects.toThrow(RangeError);
  });

  it('refuses a matrix whose shape is not its length, and one that needs too much memory', async () => {
    const empty = new Float64Array(0);
    await expect(
      kernels.gram({ rows: 2, columns: 2, data: empty }, 'rows', single),
    ).rejects.toThrow(RangeError);
    await expect(
      kernels.gram({ rows: 25_000, columns: 0, data: empty }, 'rows', single),
    ).rejects.toThrow('exceeds the limit');
    expect(() => kernels.startGram(25_000, single)).toThrow(RangeError);
  });

  it('leaves double precision and large spectra to the other backend, to the bit', async () => {
    const matrix = testMatrix('random', 40, 50);
    const g = await typescriptKernels.gram(matrix, 'rows');
    expect(await kernels.gram(matrix, 'rows')).toEqual(g);
    expect(await kernels.symmetricEigenvalues(g)).toEqual(
      await typescriptKernels.symmetricEigenvalues(g),
    );
    const size = maxEigenvalueSide + 1;
    const zeros = { size, data: new Float64Array((size * (size + 1)) / 2) };
    const asked: number[] = [];
    const spied = tensorflowKernels(tf!, {
      ...typescriptKernels,
      symmetricEigenvalues: (given) => {
        asked.push(given.size);
        return Promise.resolve(new Float64Array(given.size));
      },
    });
    await spied.symmetricEigenvalues(zeros, single);
    expect(asked).toEqual([size]);
  });

  it('stops when a step throws, and keeps no tensor whatever happens', async () => {
    const before = tf!.memory().numTensors;
    const matrix = testMatrix('random', 200, 3000);
    let steps = 0;
    const onStep = (): void => {
      if (++steps === 2) throw new Error('stopped');
    };
    await expect(kernels.gram(matrix, 'rows', { onStep, ...single })).rejects.toThrow('stopped');
    steps = 0;
    const g = await kernels.gram(matrix, 'rows', single);
    await expect(kernels.symmetricEigenvalues(g, { onStep, ...single })).rejects.toThrow('stopped');
    await kernels.symmetricEigenvalues(g, single);
    expect(tf!.memory().numTensors).toBe(before);
  });
});

describe('what is held to be TensorFlow', () => {
  const fake = {
    tensor2d: () => ({ dataSync: () => [5, 2, 2, 5] }),
    slice: () => undefined,
    matMul: () => ({ dataSync: () => [5, 2, 2, 5] }),
    tidy: (action: () => unknown) => action(),
    memory: () => ({ numTensors: 0 }),
    backend: () => ({
      binding: {},
      executeMultipleOutputs: () => [{ dataSync: () => [1, 3] }],
    }),
  };

  it.each([
    [undefined, 'not TensorFlow.js'],
    [{}, 'not TensorFlow.js'],
    [fake, 'computes a known matrix wrongly'],
    [{ ...fake, backend: () => ({}) }, 'TensorFlow fails: '],
  ])('is not %o', (exports, reason) => {
    expect(checkedTensorFlow(exports)).toEqual({
      reason: expect.stringContaining(reason) as string,
    });
  });
});
