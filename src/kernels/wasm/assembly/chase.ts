import { negligibleSquares } from './panel';
import { side } from './tiles';
import { laneSum, madd, pairSums } from './vector';

/** Bytes of 24 doubles. */
const rowBytes: usize = 192;

/** Bytes between columns of the band; the same element of the next column lies one element less far. */
const columnBytes: usize = 2 * rowBytes + 16;
const nextBytes: usize = columnBytes - 8;

/** A reflection: 24 elements of v (v₀ = 1), then τ, then β. */
const tauOffset: usize = 192;
const betaOffset: usize = 200;

/**
 * Householder bulge chasing from the band to tridiagonal form (Lang 1993): each sweep clears one column below the subdiagonal and
 * pushes the bulge that this makes off the end, 24 rows a step. Runs sweeps [first, last) of n − 2.
 */
export function chase(n: i32, band: usize, scratch: usize, first: i32, last: i32): void {
  const w = scratch + 512;
  const u = scratch + 768;
  const z = scratch + 1024;
  for (let j = first; j < last; j++) {
    let v = scratch;
    let next = scratch + 256;
    const column = band + <usize>j * columnBytes + 8;
    reflect(column, v);
    clearBelow(column, load<f64>(v, betaOffset));
    for (let r = j + 1; ; r += side) {
      const diagonal = band + <usize>r * columnBytes;
      reflectDiagonal(diagonal, v, w);
      if (r + side >= n) break;
      reflectBelow(diagonal + rowBytes, v, next, w, u, z);
      const other = v;
      v = next;
      next = other;
    }
  }
}

function clearBelow(column: usize, beta: f64): void {
  memory.fill(column, 0, rowBytes);
  store<f64>(column, beta);
}

/** The reflection that maps 24 elements at x to β e₁. */
function reflect(x: usize, v: usize): void {
  const alpha = load<f64>(x);
  const second = load<f64>(x, 8);
  let sums = f64x2.replace_lane(f64x2.splat(0), 0, second * second);
  for (let k: usize = 16; k < rowBytes; k += 16) {
    const a = v128.load(x + k);
    sums = madd(a, a, sums);
  }
  const squares = laneSum(sums);
  let beta = alpha;
  let tau: f64 = 0;
  let factor: f64 = 0;
  if (squares > negligibleSquares) {
    beta = alpha > 0 ? -sqrt<f64>(alpha * alpha + squares) : sqrt<f64>(alpha * alpha + squares);
    tau = (beta - alpha) / beta;
    factor = 1 / (alpha - beta);
  }
  const f = f64x2.splat(factor);
  for (let k: usize = 0; k < rowBytes; k += 16) v128.store(v + k, f64x2.mul(v128.load(x + k), f));
  store<f64>(v, 1);
  store<f64>(v, tau, tauOffset);
  store<f64>(v, beta, betaOffset);
}

/** D ← H D H of a diagonal block of which the lower triangle is stored: w = τ D v − ½τ²(vᵀD v) v, D ← D − v wᵀ − w vᵀ. */
function reflectDiagonal(d: usize, v: usize, w: usize): void {
  const tau = load<f64>(v, tauOffset);
  if (tau === 0) return;
  memory.fill(w, 0, rowBytes);
  for (let c: usize = 0; c < rowBytes; c += 16)
    multiplyColumnPair(d + (c >>> 3) * columnBytes, v, w, c);
  let sums = f64x2.splat(0);
  for (let k: usize = 0; k < rowBytes; k += 16)
    sums = madd(v128.load(w + k), v128.load(v + k), sums);
  const minusTau = f64x2.splat(-tau);
  const half = f64x2.splat(0.5 * tau * tau * laneSum(sums));
  // The sign is that of the update, so that it only adds.
  for (let k: usize = 0; k < rowBytes; k += 16) {
    v128.store(w + k, madd(v128.load(v + k), half, f64x2.mul(v128.load(w + k), minusTau)));
  }
  for (let c: usize = 0; c < rowBytes; c += 16)
    updateColumnPair(d + (c >>> 3) * columnBytes, v, w, c);
}

/** Adds to w what columns c and c + 1 of D (byte offset c in a vector) and their mirror image contribute to D v. */
function multiplyColumnPair(column0: usize, v: usize, w: usize, c: usize): void {
  // Of the second column from the row of the first: that element lies above the diagonal, in the unused end of a column, and is 0.
  const column1 = column0 + nextBytes;
  const v0 = v128.load64_splat(v + c);
  const v1 = v128.load64_splat(v + c, 8);
  const own = v128.load(v + c);
  const a0 = v128.load(column0);
  let d0 = f64x2.mul(a0, own);
  let d1 = f64x2.mul(v128.load(column1), own);
  const belowDiagonal = i64x2.shuffle(f64x2.splat(0), a0, 0, 3);
  const corner = madd(belowDiagonal, v0, v128.load(w + c));
  for (let k = c + 16; k < rowBytes; k += 16) {
    const b0 = v128.load(column0 + k - c);
    const b1 = v128.load(column1 + k - c);
    const x = v128.load(v + k);
    d0 = madd(b0, x, d0);
    d1 = madd(b1, x, d1);
    v128.store(w + k, madd(b1, v1, madd(b0, v0, v128.load(w + k))));
  }
  v128.store(w + c, f64x2.add(corner, pairSums(d0, d1)));
}

function updateColumnPair(column0: usize, v: usize, w: usize, c: usize): void {
  const column1 = column0 + nextBytes;
  const v0 = v128.load64_splat(v + c);
  const v1 = v128.load64_splat(v + c, 8);
  const w0 = v128.load64_splat(w + c);
  const w1 = v128.load64_splat(w + c, 8);
  const x = v128.load(v + c);
  const y = v128.load(w + c);
  v128.store(column0, madd(y, v0, madd(x, w0, v128.load(column0))));
  const second = madd(y, v1, madd(x, w1, v128.load(column1)));
  v128.store64_lane(column1 + 8, second, 1);
  for (let k = c + 16; k < rowBytes; k += 16) {
    const p = v128.load(v + k);
    const q = v128.load(w + k);
    v128.store(column0 + k - c, madd(q, v0, madd(p, w0, v128.load(column0 + k - c))));
    v128.store(column1 + k - c, madd(q, v1, madd(p, w1, v128.load(column1 + k - c))));
  }
}

/** E ← H′ E H of the block below: H is that of v, and H′ (to `next`) clears what H filled in under the first column. */
function reflectBelow(e: usize, v: usize, next: usize, first: usize, u: usize, z: usize): void {
  multiply(e, v, u, -load<f64>(v, tauOffset));
  // The first column after H, v₀ being 1.
  for (let k: usize = 0; k < rowBytes; k += 16) {
    v128.store(first + k, f64x2.add(v128.load(e + k), v128.load(u + k)));
  }
  reflect(first, next);
  multiplyTransposed(e, next, z);
  let sums = f64x2.splat(0);
  for (let k: usize = 0; k < rowBytes; k += 16)
    sums = madd(v128.load(u + k), v128.load(next + k), sums);
  const minusTau = f64x2.splat(-load<f64>(next, tauOffset));
  const overlap = f64x2.splat(laneSum(sums));
  for (let k: usize = 0; k < rowBytes; k += 16) {
    v128.store(z + k, f64x2.mul(minusTau, madd(v128.load(v + k), overlap, v128.load(z + k))));
  }
  addOuterProducts(e, u, v, next, z);
  clearBelow(e, load<f64>(next, betaOffset));
}

/** u ← factor · E v */
function multiply(e: usize, v: usize, u: usize, factor: f64): void {
  const f = f64x2.splat(factor);
  for (let g: usize = 0; g < rowBytes; g += 48) {
    let a0 = f64x2.splat(0);
    let a1 = a0;
    let a2 = a0;
    let b0 = a0;
    let b1 = a0;
    let b2 = a0;
    let p = e + g;
    for (let q = v; q < v + rowBytes; q += 16) {
      const x = v128.load64_splat(q);
      a0 = madd(v128.load(p), x, a0);
      a1 = madd(v128.load(p, 16), x, a1);
      a2 = madd(v128.load(p, 32), x, a2);
      p += nextBytes;
      const y = v128.load64_splat(q, 8);
      b0 = madd(v128.load(p), y, b0);
      b1 = madd(v128.load(p, 16), y, b1);
      b2 = madd(v128.load(p, 32), y, b2);
      p += nextBytes;
    }
    v128.store(u + g, f64x2.mul(f, f64x2.add(a0, b0)));
    v128.store(u + g, f64x2.mul(f, f64x2.add(a1, b1)), 16);
    v128.store(u + g, f64x2.mul(f, f64x2.add(a2, b2)), 32);
  }
}

/** z ← Eᵀ v */
function multiplyTransposed(e: usize, v: usize, z: usize): void {
  for (const end = z + rowBytes; z < end; z += 32, e += 4 * nextBytes) {
    let a0 = f64x2.splat(0);
    let a1 = a0;
    let a2 = a0;
    let a3 = a0;
    for (let k: usize = 0; k < rowBytes; k += 16) {
      const x = v128.load(v + k);
      a0 = madd(v128.load(e + k), x, a0);
      a1 = madd(v128.load(e + k + nextBytes), x, a1);
      a2 = madd(v128.load(e + k + 2 * nextBytes), x, a2);
      a3 = madd(v128.load(e + k + 3 * nextBytes), x, a3);
    }
    v128.store(z, pairSums(a0, a1));
    v128.store(z, pairSums(a2, a3), 16);
  }
}

/** E ← E + u vᵀ + next zᵀ */
function addOuterProducts(e: usize, u: usize, v: usize, next: usize, z: usize): void {
  for (let g: usize = 0; g < rowBytes; g += 48) {
    const u0 = v128.load(u + g);
    const u1 = v128.load(u + g, 16);
    const u2 = v128.load(u + g, 32);
    const x0 = v128.load(next + g);
    const x1 = v128.load(next + g, 16);
    const x2 = v128.load(next + g, 32);
    let p = e + g;
    for (let c: usize = 0; c < rowBytes; c += 8) {
      const s = v128.load64_splat(v + c);
      const t = v128.load64_splat(z + c);
      v128.store(p, madd(x0, t, madd(u0, s, v128.load(p))));
      v128.store(p, madd(x1, t, madd(u1, s, v128.load(p, 16))), 16);
      v128.store(p, madd(x2, t, madd(u2, s, v128.load(p, 32))), 32);
      p += nextBytes;
    }
  }
}
