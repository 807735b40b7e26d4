/** Dense row-major matrices in double precision, of the few hundred rows that orthogonal parametrizations have. */

/** A (n, m) times B (m, k). */
export function product(
  a: Float64Array,
  b: Float64Array,
  [n, m, k]: readonly [n: number, m: number, k: number],
): Float64Array {
  const out = new Float64Array(n * k);
  for (let i = 0; i < n; i++) {
    const row = out.subarray(i * k, (i + 1) * k);
    for (let j = 0; j < m; j++) {
      const factor = a[i * m + j]!;
      if (factor === 0) continue;
      const other = b.subarray(j * k, (j + 1) * k);
      for (let c = 0; c < k; c++) row[c]! += factor * other[c]!;
    }
  }
  return out;
}

export function transposed(a: Float64Array, rows: number, columns: number): Float64Array {
  const out = new Float64Array(a.length);
  for (let i = 0; i < rows; i++) {
    for (let j = 0; j < columns; j++) out[j * rows + i] = a[i * columns + j]!;
  }
  return out;
}

/** Terms of the Taylor series: with ‖A/2^s‖₁ ≤ 1/2 the rest is below 2⁻⁵³. */
const taylorTerms = 14;

/**
 * exp(A) by scaling and squaring: the Taylor polynomial of A/2^s by Horner's scheme, squared s times.
 *
 * @see Higham, Functions of Matrices, 10.3
 */
export function matrixExponential(a: Float64Array, n: number): Float64Array {
  let norm = 0;
  for (let j = 0; j < n; j++) {
    let sum = 0;
    for (let i = 0; i < n; i++) sum += Math.abs(a[i * n + j]!);
    norm = Math.max(norm, sum);
  }
  if (!Number.isFinite(norm)) return new Float64Array(n * n).fill(NaN);
  const squarings = norm > 0.5 ? Math.ceil(Math.log2(2 * norm)) : 0;
  const scaled = a.map((value) => value / 2 ** squarings);
  let result = identity(n);
  for (let term = taylorTerms; term >= 1; term--) {
    result = product(scaled, result, [n, n, n]).map((value) => value / term);
    for (let i = 0; i < n; i++) result[i * n + i]! += 1;
  }
  for (let i = 0; i < squarings; i++) result = product(result, result, [n, n, n]);
  return result;
}

/** The first k columns of H₁ H₂ … H_k with H_j = I − τ_j a_j a_jᵀ, a_j = (0 … 0, 1, column j of A below its diagonal). */
export function householderProduct(a: Float64Array, n: number, k: number): Float64Array {
  const out = new Float64Array(n * k);
  for (let j = 0; j < k; j++) out[j * k + j] = 1;
  for (let j = k - 1; j >= 0; j--) {
    let square = 1;
    for (let i = j + 1; i < n; i++) square += a[i * k + j]! ** 2;
    const tau = 2 / square;
    for (let c = 0; c < k; c++) {
      let dot = out[j * k + c]!;
      for (let i = j + 1; i < n; i++) dot += a[i * k + j]! * out[i * k + c]!;
      out[j * k + c]! -= tau * dot;
      for (let i = j + 1; i < n; i++) out[i * k + c]! -= tau * dot * a[i * k + j]!;
    }
  }
  return out;
}

function identity(n: number): Float64Array {
  const out = new Float64Array(n * n);
  for (let i = 0; i < n; i++) out[i * n + i] = 1;
  return out;
}
