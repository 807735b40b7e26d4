/** What is left of a matrix once the eigenvalues that stand alone on its diagonal are taken out. */
export interface Balanced {
  /** Those eigenvalues: their row or column is zero beside the diagonal, once the earlier ones are gone. */
  readonly isolated: number[];
  /** The remaining rows and columns, row-major, of rows and columns of about equal norm. */
  readonly matrix: Float64Array;
  readonly size: number;
  /** The matrix was multiplied by this power of two: its largest element is about 1. */
  readonly scale: number;
}

/** Sweeps over all rows; a few are usual. */
const maxSweeps = 32;

/**
 * Permutes and scales, so that eigenvalues come out with small errors: isolates those that a permutation shows, and applies a
 * diagonal similarity of powers of two that brings row and column norms together. Does not change `matrix`.
 *
 * @throws RangeError where an element is not finite, or where the number of elements is not that of the size
 * @see Parlett & Reinsch 1969; James, Langou & Lowery 2014
 */
export function balance(matrix: Float64Array, n: number, onStep?: () => void): Balanced {
  const largest = largestMagnitude(matrix, n);
  const { isolated, active } = isolate(matrix, n, onStep);
  const size = active.length;
  const exponent = largest > 0 ? Math.floor(Math.log2(largest)) : 0;
  const scale = 2 ** -Math.max(-1000, Math.min(1000, exponent));
  const kept = new Float64Array(size * size);
  for (let i = 0; i < size; i++) {
    const row = active[i]! * n;
    for (let j = 0; j < size; j++) kept[i * size + j] = matrix[row + active[j]!]! * scale;
  }
  onStep?.();
  equilibrate(kept, size, onStep);
  return { isolated, matrix: kept, size, scale };
}

function largestMagnitude(matrix: Float64Array, n: number): number {
  if (matrix.length !== n * n) {
    throw new RangeError(`${matrix.length} elements for a square matrix of ${n} × ${n}`);
  }
  let largest = 0;
  for (let i = 0; i < matrix.length; i++) {
    const magnitude = Math.abs(matrix[i]!);
    if (!(magnitude < Infinity)) {
      throw new RangeError(`element ${i} of the square matrix is ${matrix[i]!}`);
    }
    if (magnitude > largest) largest = magnitude;
  }
  return largest;
}

/** Takes out indices whose row or column has no other element, one after the other. */
function isolate(
  matrix: Float64Array,
  n: number,
  onStep: (() => void) | undefined,
): { isolated: number[]; active: number[] } {
  const inRow = new Int32Array(n);
  const inColumn = new Int32Array(n);
  for (let i = 0; i < n; i++) {
    for (let j = 0; j < n; j++) {
      if (i === j || matrix[i * n + j] === 0) continue;
      inRow[i]!++;
      inColumn[j]!++;
    }
  }
  const gone = new Uint8Array(n);
  const waiting: number[] = [];
  const isolated: number[] = [];
  for (let i = 0; i < n; i++) if (inRow[i] === 0 || inColumn[i] === 0) waiting.push(i);
  for (let index = waiting.pop(); index !== undefined; index = waiting.pop()) {
    if (gone[index]) continue;
    gone[index] = 1;
    isolated.push(matrix[index * n + index]!);
    for (let other = 0; other < n; other++) {
      if (gone[other]) continue;
      if (matrix[other * n + index] !== 0 && --inRow[other]! === 0) waiting.push(other);
      if (matrix[index * n + other] !== 0 && --inColumn[other]! === 0) waiting.push(other);
    }
    if (isolated.length % 256 === 0) onStep?.();
  }
  const active: number[] = [];
  for (let i = 0; i < n; i++) if (!gone[i]) active.push(i);
  return { isolated, active };
}

function equilibrate(matrix: Float64Array, n: number, onStep: (() => void) | undefined): void {
  for (let sweep = 0, changed = true; changed && sweep < maxSweeps; sweep++) {
    changed = false;
    for (let i = 0; i < n; i++) {
      if (i % 256 === 255) onStep?.();
      const factor = factorOf(matrix, n, i);
      if (factor === 1) continue;
      changed = true;
      for (let j = 0; j < n; j++) matrix[i * n + j]! /= factor;
      for (let j = 0; j < n; j++) matrix[j * n + i]! *= factor;
    }
  }
}

/** Power of two that brings column and row i together; 1 where it would gain less than 5 %. */
function factorOf(matrix: Float64Array, n: number, i: number): number {
  let column = 0;
  let row = 0;
  // The diagonal takes part, else a nearly triangular matrix is driven to extremes (James, Langou & Lowery).
  for (let j = 0; j < n; j++) {
    column += Math.abs(matrix[j * n + i]!);
    row += Math.abs(matrix[i * n + j]!);
  }
  const before = column + row;
  let factor = 1;
  while (column < row / 2 && factor < 2 ** 500) {
    factor *= 2;
    column *= 2;
    row /= 2;
  }
  while (column >= row * 2 && factor > 2 ** -500) {
    factor /= 2;
    column /= 2;
    row *= 2;
  }
  return column + row < 0.95 * before ? factor : 1;
}
