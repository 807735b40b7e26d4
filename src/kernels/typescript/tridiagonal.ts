/** Diagonal and off-diagonal of a symmetric tridiagonal matrix; the last off-diagonal is 0. */
export interface Tridiagonal {
  readonly diagonal: Float64Array;
  readonly offDiagonal: Float64Array;
}

/**
 * Householder reduction of a symmetric matrix to tridiagonal form, in its upper triangle, row by row.
 *
 * The rank-2 update A ← A − v wᵀ − w vᵀ of one step is done in the sweep that computes the next step's product A v, so the
 * triangle is walked once a step and not twice. Overwrites `matrix`.
 */
export function toTridiagonal(matrix: Float64Array, n: number, onStep?: () => void): Tridiagonal {
  const diagonal = new Float64Array(n);
  const offDiagonal = new Float64Array(n);
  let v = new Float64Array(n);
  let w = new Float64Array(n);
  let nextV = new Float64Array(n);
  let nextW = new Float64Array(n);
  for (let step = 0; step < n; step++) {
    updateRow(matrix, step * n, step, n, v, w);
    diagonal[step] = matrix[step * n + step]!;
    if (step === n - 1) break;
    // A step takes 4n² operations: some hundredths of a second at n = 4096.
    onStep?.();
    const scale = householder(matrix, step * n, step + 1, n, nextV);
    offDiagonal[step] = scale.beta;
    sweep(matrix, step + 1, n, v, w, nextV, nextW);
    finishW(step + 1, n, nextV, nextW, scale.tau);
    [v, nextV] = [nextV, v];
    [w, nextW] = [nextW, w];
  }
  return { diagonal, offDiagonal };
}

/** Applies the pending update to one row, from column `start`. */
function updateRow(
  matrix: Float64Array,
  row: number,
  start: number,
  n: number,
  v: Float64Array,
  w: Float64Array,
): void {
  const vi = v[start]!;
  const wi = w[start]!;
  for (let c = start; c < n; c++) matrix[row + c]! -= vi * w[c]! + wi * v[c]!;
}

/** v with v[start] = 1 and H = I − τ v vᵀ, so that H maps the row to β e₁. τ = 0 where there is nothing to remove. */
function householder(
  matrix: Float64Array,
  row: number,
  start: number,
  n: number,
  v: Float64Array,
): { beta: number; tau: number } {
  v.fill(0, 0, start);
  let scale = 0;
  for (let c = start + 1; c < n; c++) scale = Math.max(scale, Math.abs(matrix[row + c]!));
  const alpha = matrix[row + start]!;
  if (scale === 0) {
    v.fill(0, start);
    v[start] = 1;
    return { beta: alpha, tau: 0 };
  }
  scale = Math.max(scale, Math.abs(alpha));
  let sum = 0;
  for (let c = start; c < n; c++) sum += (matrix[row + c]! / scale) ** 2;
  const norm = scale * Math.sqrt(sum);
  const beta = alpha > 0 ? -norm : norm;
  const pivot = alpha - beta;
  v[start] = 1;
  for (let c = start + 1; c < n; c++) v[c] = matrix[row + c]! / pivot;
  return { beta, tau: -pivot / beta };
}

/** One pass over the rows below: the pending update by (v, w), and product = A · next. Two rows at a time. */
function sweep(
  matrix: Float64Array,
  start: number,
  n: number,
  v: Float64Array,
  w: Float64Array,
  next: Float64Array,
  product: Float64Array,
): void {
  product.fill(0);
  let i = start;
  for (; i + 1 < n; i += 2) {
    const row0 = i * n;
    const row1 = row0 + n;
    const v0 = v[i]!;
    const w0 = w[i]!;
    const v1 = v[i + 1]!;
    const w1 = w[i + 1]!;
    const x0 = next[i]!;
    const x1 = next[i + 1]!;
    const corner = matrix[row0 + i]! - 2 * v0 * w0;
    const beside = matrix[row0 + i + 1]! - v0 * w1 - w0 * v1;
    const below = matrix[row1 + i + 1]! - 2 * v1 * w1;
    matrix[row0 + i] = corner;
    matrix[row0 + i + 1] = beside;
    matrix[row1 + i + 1] = below;
    let sum0 = corner * x0 + beside * x1;
    let sum1 = beside * x0 + below * x1;
    for (let c = i + 2; c < n; c++) {
      const vc = v[c]!;
      const wc = w[c]!;
      const xc = next[c]!;
      const a0 = matrix[row0 + c]! - v0 * wc - w0 * vc;
      const a1 = matrix[row1 + c]! - v1 * wc - w1 * vc;
      matrix[row0 + c] = a0;
      matrix[row1 + c] = a1;
      sum0 += a0 * xc;
      sum1 += a1 * xc;
      product[c]! += a0 * x0 + a1 * x1;
    }
    product[i]! += sum0;
    product[i + 1]! += sum1;
  }
  if (i < n) {
    const a = matrix[i * n + i]! - 2 * v[i]! * w[i]!;
    matrix[i * n + i] = a;
    product[i]! += a * next[i]!;
  }
}

/** w = τ A v − (τ/2)(τ vᵀ A v) v, so that H A H = A − v wᵀ − w vᵀ. */
function finishW(start: number, n: number, v: Float64Array, w: Float64Array, tau: number): void {
  let dot = 0;
  for (let c = start; c < n; c++) {
    w[c]! *= tau;
    dot += w[c]! * v[c]!;
  }
  const half = -0.5 * tau * dot;
  for (let c = start; c < n; c++) w[c]! += half * v[c]!;
}
