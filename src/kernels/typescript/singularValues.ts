import type { Matrix, StepOptions } from '../kernels';

const tolerance = 2 ** -50;
const maxSweeps = 40;

/**
 * Singular values by one-sided Jacobi rotations (Hestenes), descending: small ones keep their digits, which the Gram matrix
 * squares away below 1e-8 of the largest. O(N·p²) a sweep, so for short sides up to some hundreds.
 * Throws RangeError where it does not converge.
 */
export function singularValues(matrix: Matrix, { onStep }: StepOptions = {}): Float64Array {
  const { rows, columns, data } = matrix;
  const count = Math.min(rows, columns);
  const length = Math.max(rows, columns);
  let largest = 0;
  for (let i = 0; i < data.length; i++) largest = Math.max(largest, Math.abs(data[i]!));
  if (!(largest < Infinity)) throw new RangeError('the matrix has an element that is not finite');
  if (largest === 0) return new Float64Array(count);
  const scale = 2 ** Math.max(-1000, Math.min(1000, Math.floor(Math.log2(largest))));
  const vectors = shortSide(matrix, 1 / scale);
  for (let sweep = 0; ; sweep++) {
    if (sweep === maxSweeps) {
      throw new RangeError(`singular values do not converge within ${maxSweeps} sweeps`);
    }
    if (!rotateAll(vectors, { count, length, ...(onStep && { onStep }) })) break;
  }
  const values = new Float64Array(count);
  for (let i = 0; i < count; i++) {
    values[i] = scale * Math.sqrt(dot(vectors, i * length, i * length, length));
  }
  return values.sort().reverse();
}

/** The vectors of the short side, contiguous and scaled. */
function shortSide({ rows, columns, data }: Matrix, factor: number): Float64Array {
  const vectors = new Float64Array(data.length);
  for (let r = 0; r < rows; r++) {
    for (let c = 0; c < columns; c++) {
      const at = rows <= columns ? r * columns + c : c * rows + r;
      vectors[at] = data[r * columns + c]! * factor;
    }
  }
  return vectors;
}

/** One sweep over all pairs; whether any was rotated. */
function rotateAll(
  vectors: Float64Array,
  { count, length, onStep }: StepOptions & { readonly count: number; readonly length: number },
): boolean {
  let rotated = false;
  for (let i = 0; i < count; i++) {
    onStep?.();
    for (let j = i + 1; j < count; j++) {
      const a = i * length;
      const b = j * length;
      const aa = dot(vectors, a, a, length);
      const bb = dot(vectors, b, b, length);
      const ab = dot(vectors, a, b, length);
      if (Math.abs(ab) <= tolerance * Math.sqrt(aa) * Math.sqrt(bb)) continue;
      rotated = true;
      const zeta = (bb - aa) / (2 * ab);
      const t = (zeta < 0 ? -1 : 1) / (Math.abs(zeta) + Math.hypot(1, zeta));
      const c = 1 / Math.hypot(1, t);
      rotate(vectors, a, b, length, c, c * t);
    }
  }
  return rotated;
}

function dot(vectors: Float64Array, a: number, b: number, length: number): number {
  let sum = 0;
  for (let k = 0; k < length; k++) sum += vectors[a + k]! * vectors[b + k]!;
  return sum;
}

function rotate(
  vectors: Float64Array,
  a: number,
  b: number,
  length: number,
  c: number,
  s: number,
): void {
  for (let k = 0; k < length; k++) {
    const x = vectors[a + k]!;
    const y = vectors[b + k]!;
    vectors[a + k] = c * x - s * y;
    vectors[b + k] = s * x + c * y;
  }
}
