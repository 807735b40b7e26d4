import { madd } from './vector';

/**
 * Eigenvalues of an upper Hessenberg matrix by Francis double-shift QR; can be taken up where it stopped. Only the block that is
 * not yet deflated is kept up. Shifts and deflation are those of the TypeScript reference.
 */
const epsilon: f64 = 1.1102230246251565e-16;
/** Subdiagonal elements below this vanish beside any diagonal of a matrix scaled to 1. */
const smallest: f64 = 1e-290;

let h: usize = 0;
let stride: usize = 0;
let real: usize = 0;
let imaginary: usize = 0;
let end: i32 = -1;
let iteration: i32 = 0;
let sweepsLeft: i32 = 0;

let re1: f64 = 0;
let im1: f64 = 0;
let re2: f64 = 0;
let im2: f64 = 0;

let x: f64 = 0;
let y: f64 = 0;
let z: f64 = 0;

/** Address of element (row, column). */
// @ts-ignore: decorator
@inline
function place(row: i32, column: i32): usize {
  return h + <usize>row * stride + (<usize>column << 3);
}

// @ts-ignore: decorator
@inline
function at(row: i32, column: i32): f64 {
  return load<f64>(place(row, column));
}

export function beginFrancis(n: i32, a: usize, rowBytes: usize, re: usize, im: usize): void {
  h = a;
  stride = rowBytes;
  real = re;
  imaginary = im;
  end = n - 1;
  iteration = 0;
  sweepsLeft = 30 * max(10, n);
}

/** Works for about `work` elements of rows and columns. 1: done; 0: call again; −1: does not converge. */
export function continueFrancis(work: i32): i32 {
  while (end >= 0) {
    const start = deflate();
    if (start > 0) store<f64>(place(start, start - 1), 0);
    if (start >= end - 1) {
      if (start === end) {
        store<f64>(real + (<usize>end << 3), at(end, end));
        store<f64>(imaginary + (<usize>end << 3), 0);
      } else {
        solvePair(start);
      }
      end = start - 1;
      iteration = 0;
      continue;
    }
    if (sweepsLeft-- <= 0) return -1;
    iteration++;
    sweep(start);
    work -= (end - start) * (end - start);
    if (work < 0) return 0;
  }
  return 1;
}

function deflate(): i32 {
  for (let k = end; k > 0; k--) {
    const below = abs<f64>(at(k, k - 1));
    if (below <= smallest) return k;
    const upper = abs<f64>(at(k - 1, k - 1));
    const lower = abs<f64>(at(k, k));
    let scale = upper + lower;
    if (scale === 0) {
      if (k > 1) scale += abs<f64>(at(k - 1, k - 2));
      if (k < end) scale += abs<f64>(at(k + 1, k));
    }
    if (below > epsilon * scale) continue;
    const above = abs<f64>(at(k - 1, k));
    const difference = abs<f64>(at(k - 1, k - 1) - at(k, k));
    const ab = max(below, above);
    const ba = min(below, above);
    const aa = max(lower, difference);
    const bb = min(lower, difference);
    const sum = aa + ab;
    if (ba * (ab / sum) <= max(smallest, epsilon * (bb * (aa / sum)))) return k;
  }
  return 0;
}

function solvePair(first: i32): void {
  const d = at(first + 1, first + 1);
  const p = 0.5 * (at(first, first) - d);
  const w = at(first, first + 1) * at(first + 1, first);
  const q = p * p + w;
  const root = sqrt<f64>(abs<f64>(q));
  const re = real + (<usize>first << 3);
  const im = imaginary + (<usize>first << 3);
  if (q < 0) {
    store<f64>(re, d + p);
    store<f64>(re, d + p, 8);
    store<f64>(im, root);
    store<f64>(im, -root, 8);
    return;
  }
  const shifted = p + (p < 0 ? -root : root);
  store<f64>(re, d + shifted);
  store<f64>(re, shifted === 0 ? d : d - w / shifted, 8);
  store<f64>(im, 0);
  store<f64>(im, 0, 8);
}

function sweep(start: i32): void {
  chooseShifts(start);
  const m = findBeginning(start);
  for (let k = m; k < end; k++) {
    const isLast = k === end - 1;
    if (k > m) {
      x = at(k, k - 1);
      y = at(k + 1, k - 1);
      z = isLast ? 0 : at(k + 2, k - 1);
    }
    const scale = abs<f64>(x) + abs<f64>(y) + abs<f64>(z);
    let tau: f64 = 0;
    let v2: f64 = 0;
    let v3: f64 = 0;
    if (abs<f64>(y) + abs<f64>(z) > 0) {
      const a = x / scale;
      const b = y / scale;
      const c = z / scale;
      const norm = scale * sqrt<f64>(a * a + b * b + c * c);
      const beta = x > 0 ? -norm : norm;
      tau = (beta - x) / beta;
      v2 = y / (x - beta);
      v3 = z / (x - beta);
      x = beta;
    }
    if (k > m) {
      store<f64>(place(k, k - 1), x);
      store<f64>(place(k + 1, k - 1), 0);
      if (!isLast) store<f64>(place(k + 2, k - 1), 0);
    } else if (m > start) {
      store<f64>(place(k, k - 1), at(k, k - 1) * (1 - tau));
    }
    if (tau === 0) continue;
    const count = end - k + 1;
    if (isLast) {
      reflectTwoRows(place(k, k), count, tau, v2);
      reflectTwoColumns(place(start, k), end - start + 1, tau, v2);
    } else {
      reflectRows(place(k, k), count, tau, v2, v3);
      reflectColumns(place(start, k), min(k + 3, end) - start + 1, tau, v2, v3);
    }
  }
}

function chooseShifts(start: i32): void {
  let h11 = at(end - 1, end - 1);
  let h21 = at(end, end - 1);
  let h12 = at(end - 1, end);
  let h22 = at(end, end);
  if (iteration % 20 === 10) {
    h21 = abs<f64>(at(start + 1, start)) + abs<f64>(at(start + 2, start + 1));
    h11 = 0.75 * h21 + at(start, start);
    h12 = -0.4375 * h21;
    h22 = h11;
  } else if (iteration % 20 === 0) {
    h21 = abs<f64>(at(end, end - 1)) + abs<f64>(at(end - 1, end - 2));
    h11 = 0.75 * h21 + at(end, end);
    h12 = -0.4375 * h21;
    h22 = h11;
  }
  const scale = abs<f64>(h11) + abs<f64>(h12) + abs<f64>(h21) + abs<f64>(h22);
  re1 = 0;
  im1 = 0;
  re2 = 0;
  im2 = 0;
  if (scale === 0) return;
  h11 /= scale;
  h21 /= scale;
  h12 /= scale;
  h22 /= scale;
  const half = (h11 + h22) / 2;
  const determinant = (h11 - half) * (h22 - half) - h12 * h21;
  const root = sqrt<f64>(abs<f64>(determinant));
  if (determinant >= 0) {
    re1 = half * scale;
    re2 = re1;
    im1 = root * scale;
    im2 = -im1;
    return;
  }
  const larger = half + root;
  const lower = half - root;
  re1 = (abs<f64>(larger - h22) <= abs<f64>(lower - h22) ? larger : lower) * scale;
  re2 = re1;
}

/** Row at which the sweep may begin, and its first column in x, y, z. */
function findBeginning(start: i32): i32 {
  let m = end - 2;
  while (true) {
    const corner = at(m, m);
    const below = at(m + 1, m);
    let scale = abs<f64>(corner - re2) + abs<f64>(im2) + abs<f64>(below);
    const ratio = below / scale;
    x = ratio * at(m, m + 1) + (corner - re1) * ((corner - re2) / scale) - im1 * (im2 / scale);
    y = ratio * (corner + at(m + 1, m + 1) - re1 - re2);
    z = ratio * at(m + 2, m + 1);
    scale = abs<f64>(x) + abs<f64>(y) + abs<f64>(z);
    x /= scale;
    y /= scale;
    z /= scale;
    if (m === start) break;
    const diagonal = abs<f64>(at(m - 1, m - 1)) + abs<f64>(corner) + abs<f64>(at(m + 1, m + 1));
    const left = abs<f64>(at(m, m - 1)) * (abs<f64>(y) + abs<f64>(z));
    if (left <= epsilon * abs<f64>(x) * diagonal) break;
    m--;
  }
  return m;
}

/** Three rows from `a` times I − τ v vᵀ, v = (1, v2, v3). */
function reflectRows(a: usize, count: i32, tau: f64, v2: f64, v3: f64): void {
  const b = stride;
  const c: usize = 2 * stride;
  const f2 = f64x2.splat(v2);
  const f3 = f64x2.splat(v3);
  const t1 = f64x2.splat(-tau);
  const t2 = f64x2.splat(-tau * v2);
  const t3 = f64x2.splat(-tau * v3);
  let j = 0;
  for (; j + 2 <= count; j += 2, a += 16) {
    const r0 = v128.load(a);
    const r1 = v128.load(a + b);
    const r2 = v128.load(a + c);
    const sum = madd(f3, r2, madd(f2, r1, r0));
    v128.store(a, madd(sum, t1, r0));
    v128.store(a + b, madd(sum, t2, r1));
    v128.store(a + c, madd(sum, t3, r2));
  }
  if (j < count) {
    const sum = load<f64>(a) + v2 * load<f64>(a + b) + v3 * load<f64>(a + c);
    store<f64>(a, load<f64>(a) - sum * tau);
    store<f64>(a + b, load<f64>(a + b) - sum * tau * v2);
    store<f64>(a + c, load<f64>(a + c) - sum * tau * v3);
  }
}

/** The same from the right: three columns from `a`. */
function reflectColumns(a: usize, count: i32, tau: f64, v2: f64, v3: f64): void {
  const t2 = tau * v2;
  const t3 = tau * v3;
  const step = stride;
  for (const last = a + <usize>count * step; a < last; a += step) {
    const c0 = load<f64>(a);
    const c1 = load<f64>(a, 8);
    const c2 = load<f64>(a, 16);
    const sum = c0 + v2 * c1 + v3 * c2;
    store<f64>(a, c0 - sum * tau);
    store<f64>(a, c1 - sum * t2, 8);
    store<f64>(a, c2 - sum * t3, 16);
  }
}

function reflectTwoRows(a: usize, count: i32, tau: f64, v2: f64): void {
  const b = stride;
  const t2 = tau * v2;
  for (let j = 0; j < count; j++, a += 8) {
    const sum = load<f64>(a) + v2 * load<f64>(a + b);
    store<f64>(a, load<f64>(a) - sum * tau);
    store<f64>(a + b, load<f64>(a + b) - sum * t2);
  }
}

function reflectTwoColumns(a: usize, count: i32, tau: f64, v2: f64): void {
  const t2 = tau * v2;
  for (let i = 0; i < count; i++, a += stride) {
    const sum = load<f64>(a) + v2 * load<f64>(a, 8);
    store<f64>(a, load<f64>(a) - sum * tau);
    store<f64>(a, load<f64>(a, 8) - sum * t2, 8);
  }
}
