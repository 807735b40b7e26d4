import type { StepOptions, SymmetricMatrix } from '../kernels';
import { largestMagnitude } from '../symmetricMatrix';
import { toTridiagonal, type Tridiagonal } from './tridiagonal';

const epsilon = 2 ** -52;

/** QL sweeps allowed for each eigenvalue; about two are usual. */
const maxSweepsPerEigenvalue = 30;

/** All eigenvalues of a symmetric matrix, descending. */
export function symmetricEigenvalues(
  matrix: SymmetricMatrix,
  options: StepOptions = {},
): Promise<Float64Array> {
  // The constructor turns what is thrown, also by onStep, into a rejection.
  return new Promise((resolve) => {
    resolve(eigenvaluesOf(matrix, options));
  });
}

function eigenvaluesOf(matrix: SymmetricMatrix, { onStep }: StepOptions): Float64Array {
  const { size: n } = matrix;
  const largest = largestMagnitude(matrix);
  if (largest === 0) return new Float64Array(n);
  // A power of two near the largest element: squares neither overflow nor vanish, and no digit is lost.
  const up = 2 ** -Math.max(-1000, Math.min(1000, Math.floor(Math.log2(largest))));
  const eigenvalues = tridiagonalEigenvalues(toTridiagonal(fullMatrix(matrix, up), n, onStep));
  for (let i = 0; i < n; i++) eigenvalues[i]! /= up;
  return eigenvalues.sort().reverse();
}

/** All n² elements, each times `factor`. */
function fullMatrix({ size, data }: SymmetricMatrix, factor: number): Float64Array {
  const full = new Float64Array(size * size);
  for (let i = 0, at = 0; i < size; i++) {
    for (let j = 0; j <= i; j++, at++) {
      full[i * size + j] = data[at]! * factor;
      full[j * size + i] = data[at]! * factor;
    }
  }
  return full;
}

/** Root-free implicit QL (Pal, Walker & Kahan), with the squares of the off-diagonal. Overwrites its argument. */
function tridiagonalEigenvalues({ diagonal: d, offDiagonal }: Tridiagonal): Float64Array {
  const n = d.length;
  const squares = offDiagonal.map((e) => e * e);
  let sweeps = maxSweepsPerEigenvalue * n;
  for (let start = 0; start < n;) {
    let end = start;
    while (end < n - 1 && !isNegligible(squares[end]!, d[end]!, d[end + 1]!)) end++;
    if (end < n - 1) squares[end] = 0;
    // QL finds the small eigenvalues of a graded block first if they are at its beginning.
    if (Math.abs(d[end]!) < Math.abs(d[start]!)) reverseBlock(d, squares, start, end);
    sweeps = solveBlock(d, squares, start, end, sweeps);
    start = end + 1;
  }
  return d;
}

function isNegligible(square: number, a: number, b: number): boolean {
  return square <= epsilon * epsilon * Math.abs(a * b) || square < Number.MIN_VALUE / epsilon;
}

function reverseBlock(d: Float64Array, squares: Float64Array, start: number, end: number): void {
  d.subarray(start, end + 1).reverse();
  squares.subarray(start, end).reverse();
}

/** Finds all eigenvalues of rows start…end; returns the sweeps left. */
function solveBlock(
  d: Float64Array,
  squares: Float64Array,
  start: number,
  end: number,
  sweepsLeft: number,
): number {
  for (let first = start; first <= end;) {
    let last = first;
    while (last < end && !isNegligible(squares[last]!, d[last]!, d[last + 1]!)) last++;
    if (last < end) squares[last] = 0;
    if (last === first) {
      first++;
    } else if (sweepsLeft-- > 0) {
      sweep(d, squares, first, last);
    } else {
      throw new RangeError(
        `eigenvalues of a ${d.length} × ${d.length} matrix do not converge within ${maxSweepsPerEigenvalue * d.length} sweeps`,
      );
    }
  }
  return sweepsLeft;
}

/** One sweep with Wilkinson's shift. */
function sweep(d: Float64Array, squares: Float64Array, first: number, last: number): void {
  const root = Math.sqrt(squares[first]!);
  const slope = (d[first + 1]! - d[first]!) / (2 * root);
  const radius = Math.hypot(slope, 1);
  const shift = d[first]! - root / (slope + (slope < 0 ? -radius : radius));
  let c = 1;
  let s = 0;
  let gamma = d[last]! - shift;
  let p = gamma * gamma;
  for (let i = last - 1; i >= first; i--) {
    const square = squares[i]!;
    const r = p + square;
    if (i !== last - 1) squares[i + 1] = s * r;
    const oldC = c;
    c = p / r;
    s = square / r;
    const oldGamma = gamma;
    gamma = c * (d[i]! - shift) - s * oldGamma;
    d[i + 1] = oldGamma + (d[i]! - gamma);
    p = c !== 0 ? (gamma * gamma) / c : oldC * square;
  }
  squares[first] = s * p;
  d[first] = shift + gamma;
}
