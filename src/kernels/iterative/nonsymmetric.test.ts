import { describe, expect, it } from 'vitest';

import { nonsymmetricEigenvalues } from '../typescript/nonsymmetricEigenvalues';
import { multisetDistance, wholeSpectrum } from './multisets';
import goldens from './nonsymmetricGoldens.json';
import { nonsymmetricMatrix } from './nonsymmetricMatrices';

describe('nonsymmetricEigenvalues', () => {
  it.each(goldens)('has the eigenvalues of NumPy: $kind $n', ({ kind, n, real, imaginary }) => {
    const wanted = wholeSpectrum(real, imaginary);
    const largest = wanted.reduce((max, [re, im]) => Math.max(max, Math.hypot(re, im)), 0);
    const got = nonsymmetricEigenvalues(nonsymmetricMatrix(kind, n), n);
    expect(multisetDistance(got, wanted)).toBeLessThanOrEqual(1e-10 * largest);
  });

  it('orders by magnitude, pairs next to each other, and leaves the matrix alone', () => {
    const matrix = nonsymmetricMatrix('random', 20);
    const before = matrix.slice();
    const { real, imaginary } = nonsymmetricEigenvalues(matrix, 20);
    expect(matrix).toEqual(before);
    for (let i = 0; i < 20; i++) {
      const magnitude = (at: number) => Math.hypot(real[at]!, imaginary[at]!);
      if (i > 0) expect(magnitude(i)).toBeLessThanOrEqual(magnitude(i - 1));
      if (imaginary[i]! > 0) expect(imaginary[i + 1]).toBe(-imaginary[i]!);
    }
  });

  it('refuses what is not a finite square matrix', () => {
    expect(() => nonsymmetricEigenvalues(new Float64Array(5), 2)).toThrow(RangeError);
    expect(() => nonsymmetricEigenvalues(new Float64Array([1, NaN, 0, 1]), 2)).toThrow(/element 1/);
    expect(nonsymmetricEigenvalues(new Float64Array(0), 0).real.length).toBe(0);
  });

  it('ends with what a step throws', () => {
    const stop = () => {
      throw new Error('stopped');
    };
    const matrix = nonsymmetricMatrix('random', 30);
    expect(() => nonsymmetricEigenvalues(matrix, 30, { onStep: stop })).toThrow('stopped');
  });
});
