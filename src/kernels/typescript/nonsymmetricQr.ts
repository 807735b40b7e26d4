import type { ComplexEigenvalues } from '../kernels';

const epsilon = 2 ** -53;
/** Subdiagonal elements below this vanish beside any diagonal of a matrix scaled to 1. */
const smallest = 1e-290;

/** Francis sweeps allowed for each eigenvalue; two to three are usual. */
const maxSweepsPerEigenvalue = 30;

/**
 * Francis double-shift QR, eigenvalues only: only the rows and columns of the block that is not yet deflated are kept up.
 * Overwrites `h`.
 *
 * @see Francis 1961; Ahues & Tisseur 1997 for deflation; the shifts are LAPACK's (dlahqr)
 * @throws RangeError where it does not converge
 */
export function hessenbergEigenvalues(
  h: Float64Array,
  n: number,
  onStep?: () => void,
): ComplexEigenvalues {
  const real = new Float64Array(n);
  const imaginary = new Float64Array(n);
  let end = n - 1;
  let iteration = 0;
  for (let sweeps = maxSweepsPerEigenvalue * Math.max(10, n); end >= 0;) {
    const start = deflate(h, n, end);
    if (start > 0) h[start * n + start - 1] = 0;
    if (start >= end - 1) {
      if (start === end) real[end] = h[end * n + end]!;
      else solvePair(h, n, start, real, imaginary);
      end = start - 1;
      iteration = 0;
      continue;
    }
    if (sweeps-- <= 0) {
      throw new RangeError(`eigenvalues of a ${n} × ${n} matrix do not converge`);
    }
    iteration++;
    sweep(h, n, start, end, iteration);
    onStep?.();
  }
  return { real, imaginary };
}

/** First row of the block that ends at `end` and whose subdiagonal has no negligible element. */
function deflate(h: Float64Array, n: number, end: number): number {
  for (let k = end; k > 0; k--) {
    const at = k * n + k;
    const below = Math.abs(h[at - 1]!);
    if (below <= smallest) return k;
    const upper = Math.abs(h[at - n - 1]!);
    const lower = Math.abs(h[at]!);
    let scale = upper + lower;
    if (scale === 0) {
      if (k > 1) scale += Math.abs(h[at - n - 2]!);
      if (k < end) scale += Math.abs(h[at + n]!);
    }
    if (below > epsilon * scale) continue;
    const above = Math.abs(h[at - n]!);
    const difference = Math.abs(h[at - n - 1]! - h[at]!);
    const ab = Math.max(below, above);
    const ba = Math.min(below, above);
    const aa = Math.max(lower, difference);
    const bb = Math.min(lower, difference);
    const sum = aa + ab;
    if (ba * (ab / sum) <= Math.max(smallest, epsilon * (bb * (aa / sum)))) return k;
  }
  return 0;
}

/** Eigenvalues of the 2 × 2 block at `first`. */
function solvePair(
  h: Float64Array,
  n: number,
  first: number,
  real: Float64Array,
  imaginary: Float64Array,
): void {
  const at = first * n + first;
  const d = h[at + n + 1]!;
  const p = 0.5 * (h[at]! - d);
  const w = h[at + 1]! * h[at + n]!;
  const q = p * p + w;
  const root = Math.sqrt(Math.abs(q));
  if (q < 0) {
    real.fill(d + p, first, first + 2);
    imaginary[first] = root;
    imaginary[first + 1] = -root;
    return;
  }
  const z = p + (p < 0 ? -root : root);
  real[first] = d + z;
  real[first + 1] = z === 0 ? d : d - w / z;
}

/** One double-shift sweep over rows start…end, the block having at least three. */
function sweep(h: Float64Array, n: number, start: number, end: number, iteration: number): void {
  const shift = shifts(h, n, start, end, iteration);
  const [m, first] = beginning(h, n, start, end, shift);
  let [x, y, z] = first;
  for (let k = m; k < end; k++) {
    const isLast = k === end - 1;
    if (k > m) {
      x = h[k * n + k - 1]!;
      y = h[(k + 1) * n + k - 1]!;
      z = isLast ? 0 : h[(k + 2) * n + k - 1]!;
    }
    const scale = Math.abs(x) + Math.abs(y) + Math.abs(z);
    let tau = 0;
    let v2 = 0;
    let v3 = 0;
    if (Math.abs(y) + Math.abs(z) > 0) {
      const norm = scale * Math.sqrt((x / scale) ** 2 + (y / scale) ** 2 + (z / scale) ** 2);
      const beta = x > 0 ? -norm : norm;
      tau = (beta - x) / beta;
      v2 = y / (x - beta);
      v3 = z / (x - beta);
      x = beta;
    }
    if (k > m) {
      h[k * n + k - 1] = x;
      h[(k + 1) * n + k - 1] = 0;
      if (!isLast) h[(k + 2) * n + k - 1] = 0;
    } else if (m > start) {
      // Not simply a change of sign: x may have been rounded differently.
      h[k * n + k - 1]! *= 1 - tau;
    }
    if (tau === 0) continue;
    if (isLast) reflectPair(h, n, k, start, end, tau, v2);
    else reflect(h, n, k, start, end, tau, v2, v3);
  }
}

/** Both shifts: the eigenvalues of the last 2 × 2 block, the one nearer to its corner twice where they are real. */
function shifts(
  h: Float64Array,
  n: number,
  start: number,
  end: number,
  iteration: number,
): { re1: number; im1: number; re2: number; im2: number } {
  const at = (row: number, column: number) => h[row * n + column]!;
  let h11 = at(end - 1, end - 1);
  let h21 = at(end, end - 1);
  let h12 = at(end - 1, end);
  let h22 = at(end, end);
  // Exceptional shifts, where a cycle would go on for ever (a cyclic permutation, say).
  if (iteration % 20 === 10) {
    h21 = Math.abs(at(start + 1, start)) + Math.abs(at(start + 2, start + 1));
    h11 = 0.75 * h21 + at(start, start);
    h12 = -0.4375 * h21;
    h22 = h11;
  } else if (iteration % 20 === 0) {
    h21 = Math.abs(at(end, end - 1)) + Math.abs(at(end - 1, end - 2));
    h11 = 0.75 * h21 + at(end, end);
    h12 = -0.4375 * h21;
    h22 = h11;
  }
  const scale = Math.abs(h11) + Math.abs(h12) + Math.abs(h21) + Math.abs(h22);
  if (scale === 0) return { re1: 0, im1: 0, re2: 0, im2: 0 };
  h11 /= scale;
  h21 /= scale;
  h12 /= scale;
  h22 /= scale;
  const half = (h11 + h22) / 2;
  const determinant = (h11 - half) * (h22 - half) - h12 * h21;
  const root = Math.sqrt(Math.abs(determinant));
  if (determinant >= 0) {
    return { re1: half * scale, im1: root * scale, re2: half * scale, im2: -root * scale };
  }
  const [larger, lower] = [half + root, half - root];
  const nearer = (Math.abs(larger - h22) <= Math.abs(lower - h22) ? larger : lower) * scale;
  return { re1: nearer, im1: 0, re2: nearer, im2: 0 };
}

/** Row at which the sweep may begin, as two consecutive subdiagonal elements are small there, and its first column. */
function beginning(
  h: Float64Array,
  n: number,
  start: number,
  end: number,
  { re1, im1, re2, im2 }: ReturnType<typeof shifts>,
): [number, [number, number, number]] {
  for (let m = end - 2; ; m--) {
    const at = m * n + m;
    const corner = h[at]!;
    const below = h[at + n]!;
    let scale = Math.abs(corner - re2) + Math.abs(im2) + Math.abs(below);
    const ratio = below / scale;
    let x = ratio * h[at + 1]! + (corner - re1) * ((corner - re2) / scale) - im1 * (im2 / scale);
    let y = ratio * (corner + h[at + n + 1]! - re1 - re2);
    let z = ratio * h[at + 2 * n + 1]!;
    scale = Math.abs(x) + Math.abs(y) + Math.abs(z);
    x /= scale;
    y /= scale;
    z /= scale;
    if (m === start) return [m, [x, y, z]];
    const diagonal = Math.abs(h[at - n - 1]!) + Math.abs(corner) + Math.abs(h[at + n + 1]!);
    const left = Math.abs(h[at - 1]!) * (Math.abs(y) + Math.abs(z));
    if (left <= epsilon * Math.abs(x) * diagonal) return [m, [x, y, z]];
  }
}

/** Applies I − τ v vᵀ, v = (1, v2, v3), to rows and columns k…k+2 of the block. */
function reflect(
  h: Float64Array,
  n: number,
  k: number,
  start: number,
  end: number,
  tau: number,
  v2: number,
  v3: number,
): void {
  const t2 = tau * v2;
  const t3 = tau * v3;
  for (let a = k * n + k, last = k * n + end; a <= last; a++) {
    const sum = h[a]! + v2 * h[a + n]! + v3 * h[a + 2 * n]!;
    h[a]! -= sum * tau;
    h[a + n]! -= sum * t2;
    h[a + 2 * n]! -= sum * t3;
  }
  const bottom = Math.min(k + 3, end);
  for (let a = start * n + k, last = bottom * n + k; a <= last; a += n) {
    const sum = h[a]! + v2 * h[a + 1]! + v3 * h[a + 2]!;
    h[a]! -= sum * tau;
    h[a + 1]! -= sum * t2;
    h[a + 2]! -= sum * t3;
  }
}

/** The same with v = (1, v2), at the end of the block. */
function reflectPair(
  h: Float64Array,
  n: number,
  k: number,
  start: number,
  end: number,
  tau: number,
  v2: number,
): void {
  const t2 = tau * v2;
  for (let a = k * n + k, last = k * n + end; a <= last; a++) {
    const sum = h[a]! + v2 * h[a + n]!;
    h[a]! -= sum * tau;
    h[a + n]! -= sum * t2;
  }
  for (let a = start * n + k, last = end * n + k; a <= last; a += n) {
    const sum = h[a]! + v2 * h[a + 1]!;
    h[a]! -= sum * tau;
    h[a + 1]! -= sum * t2;
  }
}
