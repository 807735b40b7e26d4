import { describe, expect, it } from 'vitest';

import type { ComplexEigenvalues } from '../kernels';
import { nonsymmetricEigenvalues } from '../typescript/nonsymmetricEigenvalues';
import goldens from './nonsymmetricGoldens.json';
import { nonsymmetricMatrix } from './nonsymmetricMatrices';

/** Largest distance of a value to its partner when each wanted value takes the nearest one that is left. */
function multisetDistance(
  got: ComplexEigenvalues,
  wanted: readonly (readonly [number, number])[],
): number {
  expect(got.real.length).toBe(wanted.length);
  const left = Array.from(got.real, (re, i): [number, number] => [re, got.imaginary[i]!]);
  let worst = 0;
  for (const [re, im] of wanted) {
    let best = 0;
    const distance = (at: number) => Math.hypot(left[at]![0] - re, left[at]![1] - im);
    for (let i = 1; i < left.length; i++) if (distance(i) < distance(best)) best = i;
    worst = Math.max(worst, distance(best));
    left.splice(best, 1);
  }
  return worst;
}

function wholeSpectrum(real: readonly number[], imaginary: readonly number[]): [number, number][] {
  return real.flatMap((re, i): [number, number][] => {
    const im = imaginary[i]!;
    return im > 0
      ? [
          [re, im],
          [re, -im],
        ]
      : [[re, im]];
  });
}

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
