const epsilon = 2 ** -52;

/** QL sweeps allowed for each eigenvalue. */
const maxSweeps = 50;

/** Eigenvalues, and some rows of the matrix of eigenvectors. */
export interface EigenRows {
  /** Descending. */
  readonly values: Float64Array;
  /** One a row that was asked for: its element in each eigenvector, in the order of `values`. */
  readonly rows: readonly Float64Array[];
}

/**
 * Eigenvalues of a small dense symmetric matrix (row-major, both triangles) together with chosen rows of its eigenvectors: first
 * elements are the weights of Gauss quadrature, last ones the residuals of Ritz pairs. Householder reduction, then implicit QL
 * whose rotations are applied to those rows only. Overwrites `a`.
 *
 * @throws RangeError where it does not converge
 */
export function eigenRows(
  a: Float64Array,
  n: number,
  wanted: readonly number[],
  onStep?: () => void,
): EigenRows {
  const width = wanted.length;
  // Column i of the wanted rows lies at i·width, so that a rotation touches two short runs.
  const z = new Float64Array(n * width);
  for (const [index, row] of wanted.entries()) z[row * width + index] = 1;
  const { diagonal, offDiagonal } = tridiagonal(a, n, z, width, onStep);
  implicitQl(diagonal, offDiagonal, z, width, onStep);
  const order = Array.from(diagonal.keys()).sort((i, j) => diagonal[j]! - diagonal[i]!);
  return {
    values: Float64Array.from(order, (i) => diagonal[i]!),
    rows: wanted.map((_, index) => Float64Array.from(order, (i) => z[i * width + index]!)),
  };
}

function tridiagonal(
  a: Float64Array,
  n: number,
  z: Float64Array,
  width: number,
  onStep: (() => void) | undefined,
): { diagonal: Float64Array; offDiagonal: Float64Array } {
  const v = new Float64Array(n);
  const w = new Float64Array(n);
  const offDiagonal = new Float64Array(n);
  for (let k = 0; k + 2 < n; k++) {
    const { beta, tau } = reflector(a, n, k, v);
    offDiagonal[k] = beta;
    if (tau !== 0) {
      updateBothSides(a, n, k + 1, v, w, tau);
      reflectRows(z, n, width, k + 1, v, tau);
    }
    if (k % 4 === 0) onStep?.();
  }
  if (n > 1) offDiagonal[n - 2] = a[(n - 1) * n + n - 2]!;
  return { diagonal: Float64Array.from({ length: n }, (_, i) => a[i * n + i]!), offDiagonal };
}

/** v with v[k+1] = 1, so that I − τ v vᵀ maps column k below the diagonal to β e₁. */
function reflector(
  a: Float64Array,
  n: number,
  k: number,
  v: Float64Array,
): { beta: number; tau: number } {
  const alpha = a[(k + 1) * n + k]!;
  let largest = 0;
  for (let i = k + 2; i < n; i++) largest = Math.max(largest, Math.abs(a[i * n + k]!));
  if (largest === 0) return { beta: alpha, tau: 0 };
  largest = Math.max(largest, Math.abs(alpha));
  let sum = 0;
  for (let i = k + 1; i < n; i++) sum += (a[i * n + k]! / largest) ** 2;
  const length = largest * Math.sqrt(sum);
  const beta = alpha > 0 ? -length : length;
  v[k + 1] = 1;
  for (let i = k + 2; i < n; i++) v[i] = a[i * n + k]! / (alpha - beta);
  return { beta, tau: (beta - alpha) / beta };
}

/** A ← H A H on rows and columns from `first`, as A − v wᵀ − w vᵀ. */
function updateBothSides(
  a: Float64Array,
  n: number,
  first: number,
  v: Float64Array,
  w: Float64Array,
  tau: number,
): void {
  let product = 0;
  for (let i = first; i < n; i++) {
    let sum = 0;
    for (let j = first, at = i * n + first; j < n; j++, at++) sum += a[at]! * v[j]!;
    w[i] = tau * sum;
    product += w[i]! * v[i]!;
  }
  for (let i = first; i < n; i++) w[i]! -= 0.5 * tau * product * v[i]!;
  for (let i = first; i < n; i++) {
    const vi = v[i]!;
    const wi = w[i]!;
    for (let j = first, at = i * n + first; j < n; j++, at++) a[at]! -= vi * w[j]! + wi * v[j]!;
  }
}

function reflectRows(
  z: Float64Array,
  n: number,
  width: number,
  first: number,
  v: Float64Array,
  tau: number,
): void {
  for (let r = 0; r < width; r++) {
    let sum = 0;
    for (let i = first; i < n; i++) sum += z[i * width + r]! * v[i]!;
    sum *= tau;
    if (sum === 0) continue;
    for (let i = first; i < n; i++) z[i * width + r]! -= sum * v[i]!;
  }
}

/** Implicit QL with Wilkinson's shift (EISPACK's tql2, without its sorting). Overwrites its arguments. */
function implicitQl(
  d: Float64Array,
  e: Float64Array,
  z: Float64Array,
  width: number,
  onStep: (() => void) | undefined,
): void {
  const n = d.length;
  for (let first = 0; first < n; first++) {
    if (first % 8 === 0) onStep?.();
    for (let sweep = 0; ; sweep++) {
      let last = first;
      while (last < n - 1) {
        const scale = Math.abs(d[last]!) + Math.abs(d[last + 1]!);
        if (Math.abs(e[last]!) <= epsilon * scale || Math.abs(e[last]!) < 1e-300) break;
        last++;
      }
      if (last === first) break;
      if (sweep === maxSweeps) {
        throw new RangeError(`eigenvalues of a ${n} × ${n} projection do not converge`);
      }
      rotate(d, e, z, width, first, last);
    }
  }
}

function rotate(
  d: Float64Array,
  e: Float64Array,
  z: Float64Array,
  width: number,
  first: number,
  last: number,
): void {
  let g = (d[first + 1]! - d[first]!) / (2 * e[first]!);
  const root = Math.hypot(g, 1);
  g = d[last]! - d[first]! + e[first]! / (g + (g < 0 ? -root : root));
  let s = 1;
  let c = 1;
  let p = 0;
  for (let i = last - 1; i >= first; i--) {
    let f = s * e[i]!;
    const b = c * e[i]!;
    const r = Math.hypot(f, g);
    e[i + 1] = r;
    if (r === 0) {
      d[i + 1]! -= p;
      e[last] = 0;
      return;
    }
    s = f / r;
    c = g / r;
    g = d[i + 1]! - p;
    const q = (d[i]! - g) * s + 2 * c * b;
    p = s * q;
    d[i + 1] = g + p;
    g = c * q - b;
    for (let k = i * width, end = k + width; k < end; k++) {
      f = z[k + width]!;
      z[k + width] = s * z[k]! + c * f;
      z[k] = c * z[k]! - s * f;
    }
  }
  d[first]! -= p;
  e[first] = g;
  e[last] = 0;
}
