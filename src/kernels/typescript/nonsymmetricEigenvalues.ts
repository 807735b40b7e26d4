import type { ComplexEigenvalues, StepOptions } from '../kernels';
import { balance } from './nonsymmetricBalance';
import { toHessenberg } from './nonsymmetricHessenberg';
import { hessenbergEigenvalues } from './nonsymmetricQr';

/** All eigenvalues of a square matrix: balanced, reduced to Hessenberg form, then by double-shift QR. */
export function nonsymmetricEigenvalues(
  matrix: Float64Array,
  n: number,
  { onStep }: StepOptions = {},
): ComplexEigenvalues {
  const balanced = balance(matrix, n, onStep);
  toHessenberg(balanced.matrix, balanced.size, onStep);
  const found = hessenbergEigenvalues(balanced.matrix, balanced.size, onStep);
  return ordered(found, balanced.isolated, balanced.scale);
}

/** All together, unscaled, the largest magnitude first and of a pair the one with positive imaginary part. */
export function ordered(
  { real, imaginary }: ComplexEigenvalues,
  isolated: readonly number[],
  scale: number,
): ComplexEigenvalues {
  const all: [number, number, number][] = isolated.map((value) => [value, 0, Math.abs(value)]);
  for (let i = 0; i < real.length; i++) {
    const [re, im] = [real[i]! / scale, imaginary[i]! / scale];
    all.push([re, im, Math.hypot(re, im)]);
  }
  all.sort((a, b) => b[2] - a[2] || b[0] - a[0] || b[1] - a[1]);
  return {
    real: Float64Array.from(all, ([re]) => re),
    imaginary: Float64Array.from(all, ([, im]) => im),
  };
}
