import type { StepOptions, SymmetricMatrix } from '../kernels';
import { largestMagnitude } from '../symmetricMatrix';
import { selfAdjointEigenvalues, type TensorFlow } from './tensorFlow';

/**
 * Largest side whose eigenvalues TensorFlow is asked for. Nothing interrupts its kernel, and its reduction to tridiagonal form is not
 * blocked: next to WebAssembly it takes a third longer at 1024 (60 ms on two free cores), twice as long at 2048 and four times at 4096
 * (8 s).
 */
export const maxEigenvalueSide = 1024;

/** All eigenvalues of a symmetric matrix, descending, in single precision. */
export function symmetricEigenvalues(
  tf: TensorFlow,
  matrix: SymmetricMatrix,
  { onStep }: StepOptions,
): Float64Array {
  const { size, data } = matrix;
  const largest = largestMagnitude(matrix);
  if (largest === 0) return new Float64Array(size);
  // A power of two near the largest element: nothing overflows in single precision, and no digit is lost.
  const up = 2 ** -Math.max(-1000, Math.min(1000, Math.floor(Math.log2(largest))));
  const full = new Float32Array(size * size);
  // The kernel reads the lower triangle only.
  for (let i = 0, at = 0; i < size; i++) {
    for (let j = 0, to = i * size; j <= i; j++) full[to++] = up * data[at++]!;
  }
  onStep?.();
  let ascending: ArrayLike<number> = [];
  tf.tidy(() => {
    const input = tf.tensor2d(full, [size, size]);
    try {
      ascending = selfAdjointEigenvalues(tf, input);
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error);
      throw new RangeError(`eigenvalues of a ${size} × ${size} matrix: ${message}`);
    }
  });
  onStep?.();
  return Float64Array.from({ length: size }, (_, i) => ascending[size - 1 - i]! / up);
}
