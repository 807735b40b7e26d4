import type { ComplexEigenvalues, StepOptions } from '../kernels';
import { balance } from '../typescript/nonsymmetricBalance';
import { ordered } from '../typescript/nonsymmetricEigenvalues';
import { Layout, type Engine } from './engine';

/** Elements of a matrix that steps between two calls of onStep may read: about a hundredth of a second. */
const reducedPerStep = 2 ** 22;
const sweptPerStep = 2 ** 21;

/** All eigenvalues of a square matrix: balanced, reduced to Hessenberg form, then by double-shift QR. */
export function nonsymmetricEigenvalues(
  engine: Engine,
  matrix: Float64Array,
  size: number,
  { onStep }: StepOptions,
): ComplexEigenvalues {
  const balanced = balance(matrix, size, onStep);
  const n = balanced.size;
  // Rows that are a power of two apart would fall into the same set of the cache.
  const stride = 8 * n + 64 + 8 * (n % 2);
  const layout = new Layout();
  const realAt = layout.take(8 * n);
  const imaginaryAt = layout.take(8 * n);
  const scratchAt = layout.take(32 * (n + 2));
  const matrixAt = layout.take(stride * n);
  return engine.run(layout.size, (exports, buffer, base) => {
    for (let row = 0; row < n; row++) {
      const target = new Float64Array(buffer, base + matrixAt + row * stride, n);
      target.set(balanced.matrix.subarray(row * n, (row + 1) * n));
    }
    exports.beginHessenberg(n, base + matrixAt, stride, base + scratchAt);
    const steps = Math.max(1, Math.floor(reducedPerStep / Math.max(1, n * n)));
    for (let k = 0; k < n - 1; k++) {
      exports.reduceHessenberg(k);
      if (k % steps === 0) onStep?.();
    }
    exports.beginFrancis(n, base + matrixAt, stride, base + realAt, base + imaginaryAt);
    for (let state = 0; state !== 1; onStep?.()) {
      state = exports.continueFrancis(sweptPerStep);
      if (state < 0) throw new RangeError(`eigenvalues of a ${n} × ${n} matrix do not converge`);
    }
    const real = new Float64Array(buffer, base + realAt, n).slice();
    const imaginary = new Float64Array(buffer, base + imaginaryAt, n).slice();
    return ordered({ real, imaginary }, balanced.isolated, balanced.scale);
  });
}
