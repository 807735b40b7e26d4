import { describe, expect, it } from 'vitest';

import { typescriptKernels, type Matrix } from '..';
import { estimateSpectrum, gramIteration, lanczosLargest, matrixNorms, matrixPanels } from '.';
import { exactEigenvalues, figuresOf, spectrumKinds, spectrumMatrix } from './testSpectra';

const estimate = (matrix: Matrix, options = {}) =>
  estimateSpectrum(matrixPanels(matrix), typescriptKernels, options);

const shapes = [
  [420, 360],
  [300, 500],
  [400, 400],
] as const;

const cases = spectrumKinds.flatMap((kind) =>
  shapes.map(([rows, columns]) => [kind, rows, columns] as const),
);

describe('estimateSpectrum', () => {
  it.each(cases)('is near the exact spectrum: %s, %d × %d', async (kind, rows, columns) => {
    const matrix = spectrumMatrix(kind, rows, columns);
    const exact = await exactEigenvalues(matrix);
    const wanted = figuresOf(exact, new Float64Array(exact.length).fill(1));
    const { atoms, topCount, topResiduals, largestAtMost } = await estimate(matrix);
    const got = figuresOf(atoms.values, atoms.weights);
    expect(got.count! / exact.length).toBeCloseTo(1, 9);
    expect(got.trace! / wanted.trace!).toBeCloseTo(1, 9);
    expect(Math.abs(got.nuclear! / wanted.nuclear! - 1)).toBeLessThan(0.006);
    expect(Math.abs(got.erank! / wanted.erank! - 1)).toBeLessThan(0.015);
    // The fourth moment of a few hundred Gaussian values is what eight probes know least.
    expect(Math.abs(got.fourth! / wanted.fourth! - 1)).toBeLessThan(0.01);
    expect(atoms.values[0]! / exact[0]!).toBeCloseTo(1, 6);
    expect(largestAtMost).toBeGreaterThanOrEqual(Math.sqrt(exact[0]!) * (1 - 1e-12));
    expect(topCount).toBeGreaterThan(0);
    for (let i = 0; i < topCount; i++) {
      const nearest = exact.reduce((d, e) => Math.min(d, Math.abs(e - atoms.values[i]!)), Infinity);
      expect(nearest).toBeLessThanOrEqual(topResiduals[i]! + 1e-12 * exact[0]!);
    }
  });

  it('is better when it is precise', async () => {
    const matrix = spectrumMatrix('pareto', 500, 450);
    const exact = await exactEigenvalues(matrix);
    const wanted = figuresOf(exact, new Float64Array(exact.length).fill(1));
    const { atoms, probes } = await estimate(matrix, { precision: 'precise' });
    const got = figuresOf(atoms.values, atoms.weights);
    expect(probes.length).toBe(16);
    expect(Math.abs(got.erank! / wanted.erank! - 1)).toBeLessThan(0.005);
    expect(Math.abs(got.so! / wanted.so! - 1)).toBeLessThan(0.005);
  });

  it('gives the same for the same seed, whatever the panels and the type', async () => {
    const { rows, columns, data } = spectrumMatrix('spiked', 150, 120);
    const single = { rows, columns, data: Float32Array.from(data) };
    const first = await estimate(single);
    const thin = await estimateSpectrum(
      {
        rows,
        columns,
        each: (visit) => {
          for (let row = 0; row < rows; row++) {
            const part = single.data.subarray(row * columns, (row + 1) * columns);
            visit({ rows: 1, columns, data: part });
          }
          return Promise.resolve();
        },
      },
      typescriptKernels,
    );
    expect(thin).toEqual(first);
    expect((await estimate(single, { seed: 2 })).atoms).not.toEqual(first.atoms);
  });

  it.each<[string, number, number, (r: number, c: number) => number, number[]]>([
    ['1 × 1', 1, 1, () => 3, [9]],
    ['one row', 1, 5, () => 1, [5]],
    ['one column', 5, 1, () => 2, [20]],
    ['identity', 30, 30, (r, c) => Number(r === c), new Array<number>(30).fill(1)],
    ['large identity', 400, 400, (r, c) => Number(r === c), new Array<number>(400).fill(1)],
    [
      'rank 1',
      40,
      25,
      (r, c) => (r + 1) * (c + 1) * 1e-3,
      [122.3235, ...new Array<number>(24).fill(0)],
    ],
  ])('is exact where the space is exhausted: %s', async (_, rows, columns, element, wanted) => {
    const data = Float64Array.from({ length: rows * columns }, (__, i) =>
      element(Math.floor(i / columns), i % columns),
    );
    const { atoms } = await estimate({ rows, columns, data });
    const got = figuresOf(atoms.values, atoms.weights);
    const exact = figuresOf(Float64Array.from(wanted), new Float64Array(wanted.length).fill(1));
    for (const id of ['count', 'trace', 'fourth', 'nuclear']) {
      expect(got[id]! / exact[id]!).toBeCloseTo(1, 5);
    }
  });

  it.each([1e-40, 1e30])('scales with the matrix: %d', async (factor) => {
    const { rows, columns, data } = spectrumMatrix('pareto', 120, 150);
    const plain = await estimate({ rows, columns, data });
    const scaled = await estimate({ rows, columns, data: data.map((x) => factor * x) });
    expect(scaled.topCount).toBe(plain.topCount);
    const [wanted, got] = [plain, scaled].map(({ atoms }) =>
      figuresOf(atoms.values, atoms.weights),
    );
    expect(got!.nuclear! / factor / wanted!.nuclear!).toBeCloseTo(1, 6);
    expect(got!.erank! / wanted!.erank!).toBeCloseTo(1, 6);
  });

  it('refuses zeros and numbers that are not finite', async () => {
    const zeros = { rows: 3, columns: 4, data: new Float64Array(12) };
    await expect(estimate(zeros)).rejects.toThrow(RangeError);
    const nan = { rows: 3, columns: 4, data: new Float64Array(12).fill(1, 0, 7).fill(NaN, 7, 8) };
    await expect(estimate(nan)).rejects.toThrow('row 1 is not finite');
    const huge = { rows: 2, columns: 2, data: new Float64Array(4).fill(1e200) };
    await expect(estimate(huge)).rejects.toThrow(RangeError);
  });

  it('ends with what a step throws', async () => {
    let steps = 0;
    const onStep = () => {
      if (++steps > 20) throw new Error('stopped');
    };
    await expect(estimate(spectrumMatrix('gaussian', 200, 150), { onStep })).rejects.toThrow(
      'stopped',
    );
  });
});

describe('the largest singular value', () => {
  it.each(cases)('lies in its bracket: %s, %d × %d', async (kind, rows, columns) => {
    const matrix = spectrumMatrix(kind, rows, columns);
    const exact = Math.sqrt((await exactEigenvalues(matrix))[0]!);
    const found = await lanczosLargest(matrixPanels(matrix), typescriptKernels);
    expect(found.lower).toBeLessThanOrEqual(exact * (1 + 1e-12));
    expect(found.lower / exact).toBeCloseTo(1, 7);
    expect(found.upper).toBeGreaterThanOrEqual(exact * (1 - 1e-12));
    expect(found.converged).toBe(true);
    expect(found.residual).toBeLessThanOrEqual(1e-4 * found.lower ** 2);
    const gram = await typescriptKernels.gram(matrix, 'rows');
    const iterated = await gramIteration(gram, typescriptKernels);
    expect(iterated).toBeGreaterThanOrEqual(exact * (1 - 1e-12));
    expect(iterated / exact).toBeLessThan(1.02);
  });

  it('is bounded by norms', async () => {
    const data = new Float64Array([1, -2, 3, 0, 0, -4]);
    const norms = await matrixNorms(matrixPanels({ rows: 2, columns: 3, data }));
    expect(norms).toEqual({ frobeniusSquared: 30, one: 7, infinity: 6 });
  });

  it('of zeros is 0', async () => {
    const zeros = { rows: 2, columns: 2, data: new Float64Array(4) };
    const found = await lanczosLargest(matrixPanels(zeros), typescriptKernels);
    expect(found).toMatchObject({ lower: 0, upper: 0, converged: true });
    const gram = await typescriptKernels.gram(zeros, 'rows');
    expect(await gramIteration(gram, typescriptKernels)).toBe(0);
  });
});
