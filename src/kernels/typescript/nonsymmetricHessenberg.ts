/**
 * Householder reduction to upper Hessenberg form, H = Qᵀ A Q, in place; below the subdiagonal zeros are stored.
 *
 * Rows are contiguous, so a step walks them twice: A ← A − τ (A v) vᵀ row by row, with vᵀ A gathered on the way, then
 * A ← A − τ v (vᵀ A).
 */
export function toHessenberg(a: Float64Array, n: number, onStep?: () => void): void {
  const v = new Float64Array(n);
  const product = new Float64Array(n);
  for (let k = 0; k + 2 < n; k++) {
    const tau = reflector(a, n, k, v);
    onStep?.();
    if (tau === 0) continue;
    product.fill(0, k + 1);
    for (let i = 0; i < n; i++) {
      const row = i * n;
      let sum = 0;
      for (let j = k + 1; j < n; j++) sum += a[row + j]! * v[j]!;
      sum *= tau;
      if (i <= k) {
        for (let j = k + 1; j < n; j++) a[row + j]! -= sum * v[j]!;
        continue;
      }
      const factor = v[i]!;
      for (let j = k + 1; j < n; j++) {
        const value = a[row + j]! - sum * v[j]!;
        a[row + j] = value;
        product[j]! += factor * value;
      }
    }
    for (let i = k + 1; i < n; i++) {
      const row = i * n;
      const factor = tau * v[i]!;
      for (let j = k + 1; j < n; j++) a[row + j]! -= factor * product[j]!;
    }
  }
}

/**
 * v with v[k+1] = 1 and H = I − τ v vᵀ that maps column k below the diagonal to β e₁, which takes its place. Returns τ, 0 where
 * there is nothing to remove.
 */
function reflector(a: Float64Array, n: number, k: number, v: Float64Array): number {
  let largest = 0;
  for (let i = k + 2; i < n; i++) largest = Math.max(largest, Math.abs(a[i * n + k]!));
  if (largest === 0) return 0;
  const alpha = a[(k + 1) * n + k]!;
  largest = Math.max(largest, Math.abs(alpha));
  let sum = 0;
  for (let i = k + 1; i < n; i++) sum += (a[i * n + k]! / largest) ** 2;
  const norm = largest * Math.sqrt(sum);
  const beta = alpha > 0 ? -norm : norm;
  const pivot = alpha - beta;
  v[k + 1] = 1;
  for (let i = k + 2; i < n; i++) {
    v[i] = a[i * n + k]! / pivot;
    a[i * n + k] = 0;
  }
  a[(k + 1) * n + k] = beta;
  return -pivot / beta;
}
