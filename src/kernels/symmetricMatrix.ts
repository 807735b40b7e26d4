import type { SymmetricMatrix } from './kernels';

/** An all-zero symmetric matrix. */
export function symmetricMatrix(size: number): SymmetricMatrix {
  return { size, data: new Float64Array((size * (size + 1)) / 2) };
}

/** Where row `i` begins in packed storage. */
export function rowStart(i: number): number {
  return (i * (i + 1)) / 2;
}

/** Where element (i, i) lies in packed storage. */
export function diagonalAt(i: number): number {
  return (i * (i + 3)) / 2;
}

/**
 * Largest magnitude of the elements.
 * @throws RangeError where an element is not finite, or where the number of elements is not that of the size
 */
export function largestMagnitude({ size, data }: SymmetricMatrix): number {
  if (data.length !== rowStart(size)) {
    throw new RangeError(`${data.length} elements for a symmetric matrix of ${size} × ${size}`);
  }
  let largest = 0;
  for (let i = 0; i < data.length; i++) {
    const magnitude = Math.abs(data[i]!);
    if (!(magnitude < Infinity)) {
      throw new RangeError(`element ${i} of the symmetric matrix is ${data[i]!}`);
    }
    if (magnitude > largest) largest = magnitude;
  }
  return largest;
}

/** D M D for a diagonal D given by its elements. Overwrites and returns `matrix`. */
export function scaleSymmetric(matrix: SymmetricMatrix, factors: Float64Array): SymmetricMatrix {
  const { size, data } = matrix;
  for (let i = 0, at = 0; i < size; i++) {
    const factor = factors[i]!;
    for (let j = 0; j <= i; j++, at++) data[at]! *= factor * factors[j]!;
  }
  return matrix;
}
