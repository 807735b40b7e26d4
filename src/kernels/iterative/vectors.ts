/** Sums of products, four at a time: one chain of additions would wait for itself. */
export function dot(x: Float64Array, y: Float64Array): number {
  const n = x.length;
  let s0 = 0;
  let s1 = 0;
  let s2 = 0;
  let s3 = 0;
  let i = 0;
  for (; i + 4 <= n; i += 4) {
    s0 += x[i]! * y[i]!;
    s1 += x[i + 1]! * y[i + 1]!;
    s2 += x[i + 2]! * y[i + 2]!;
    s3 += x[i + 3]! * y[i + 3]!;
  }
  for (; i < n; i++) s0 += x[i]! * y[i]!;
  return s0 + s1 + (s2 + s3);
}

/** y ← y + factor·x */
export function addMultiple(y: Float64Array, factor: number, x: Float64Array): void {
  for (let i = 0; i < y.length; i++) y[i]! += factor * x[i]!;
}

export function norm(x: Float64Array): number {
  return Math.sqrt(dot(x, x));
}

/** Vectors as the columns of a row-major matrix. */
export function interleave(vectors: readonly Float64Array[]): Float64Array {
  const width = vectors.length;
  const n = vectors[0]?.length ?? 0;
  const matrix = new Float64Array(n * width);
  for (const [v, vector] of vectors.entries()) {
    for (let i = 0; i < n; i++) matrix[i * width + v] = vector[i]!;
  }
  return matrix;
}

/** Columns of a row-major matrix as vectors. */
export function separate(matrix: Float64Array, width: number): Float64Array[] {
  const n = matrix.length / width;
  return Array.from({ length: width }, (_, v) => {
    const vector = new Float64Array(n);
    for (let i = 0; i < n; i++) vector[i] = matrix[i * width + v]!;
    return vector;
  });
}

/** Uniform numbers in [0, 1), the same for the same seed. */
export type Random = () => number;

/** SplitMix in 32 bits. @see Steele, Lea & Flood, OOPSLA 2014 */
export function randomNumbers(seed: number): Random {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x9e3779b9) >>> 0;
    let z = state;
    z = Math.imul(z ^ (z >>> 16), 0x21f0aaad);
    z = Math.imul(z ^ (z >>> 15), 0x735a2d97);
    return ((z ^ (z >>> 15)) >>> 0) / 2 ** 32;
  };
}

/** Each element −1 or 1. */
export function signs(n: number, random: Random): Float64Array {
  return Float64Array.from({ length: n }, () => (random() < 0.5 ? -1 : 1));
}
