import type { Kernels, StepOptions, SymmetricMatrix } from '../kernels';
import { rowStart } from '../symmetricMatrix';

const defaultIterations = 5;

export interface GramIterationOptions extends StepOptions {
  /** Squarings; each halves the logarithm of the excess. Default 5: within 0.1 % for random matrices. */
  readonly iterations?: number;
}

/**
 * A guaranteed upper bound of the largest singular value from the Gram matrix: ‖G^(2^t)‖_F^(1/2^(t+1)), rescaled before each
 * squaring.
 *
 * @see Delattre et al., ICML 2023
 */
export async function gramIteration(
  gram: SymmetricMatrix,
  kernels: Kernels,
  { iterations = defaultIterations, onStep }: GramIterationOptions = {},
): Promise<number> {
  let current = gram;
  // ln ‖G^(2^t)‖_F = 2^t·logarithm + ln ‖current‖_F
  let logarithm = 0;
  for (let t = 0; ; t++) {
    const length = frobenius(current);
    if (!(length > 0)) return 0;
    logarithm += Math.log(length) / 2 ** t;
    if (t === iterations) return Math.exp(logarithm / 2);
    const squared = { rows: current.size, columns: current.size, data: unpacked(current, length) };
    current = await kernels.gram(squared, 'rows', onStep ? { onStep } : {});
  }
}

function frobenius({ size, data }: SymmetricMatrix): number {
  let sum = 0;
  for (let i = 0; i < size; i++) {
    const start = rowStart(i);
    for (let j = 0; j < i; j++) sum += 2 * data[start + j]! ** 2;
    sum += data[start + i]! ** 2;
  }
  return Math.sqrt(sum);
}

function unpacked({ size, data }: SymmetricMatrix, divisor: number): Float64Array {
  const full = new Float64Array(size * size);
  for (let i = 0, at = 0; i < size; i++) {
    for (let j = 0; j <= i; j++, at++) {
      const value = data[at]! / divisor;
      full[i * size + j] = value;
      full[j * size + i] = value;
    }
  }
  return full;
}
