import { laneSum, madd } from './vector';

/**
 * Householder reduction to upper Hessenberg form. A step reads the matrix once: the update from the left of the step before,
 * A ← A − τ v wᵀ, waits until this step's update from the right takes the row anyway.
 */
let size: i32 = 0;
let rowBytes: usize = 0;
let matrix: usize = 0;
/** Three vectors each: v and w = vᵀ A of the step before and of this one. */
let oldV: usize = 0;
let oldW: usize = 0;
let newV: usize = 0;
let newW: usize = 0;
let oldTau: f64 = 0;

/** Rows are `stride` bytes apart; `scratch` takes 4 vectors of n + 2 doubles. */
export function beginHessenberg(n: i32, a: usize, stride: usize, scratch: usize): void {
  size = n;
  rowBytes = stride;
  matrix = a;
  const bytes = <usize>(n + 2) << 3;
  memory.fill(scratch, 0, 4 * bytes);
  oldV = scratch;
  oldW = scratch + bytes;
  newV = scratch + 2 * bytes;
  newW = scratch + 3 * bytes;
  oldTau = 0;
}

/** Step k, 0 ≤ k ≤ n − 2; the last one only finishes what waits. */
export function reduceHessenberg(k: i32): void {
  const n = size;
  updateColumn(k);
  const tau = k + 2 < n ? makeReflector(k) : 0;
  const from = <usize>(k + 1) << 3;
  const count = n - k - 1;
  memory.fill(newW + from, 0, <usize>count << 3);
  if (tau === 0) memory.fill(newV + from, 0, <usize>count << 3);
  const v = newV + from;
  let row = matrix + from;
  for (let i = 0; i < n; i++, row += rowBytes) {
    const factor = i >= k ? oldTau * load<f64>(oldV + (<usize>i << 3)) : 0;
    const sum = subtractAndDot(row, oldW + from, factor, v, count) * tau;
    const weight = i > k ? load<f64>(newV + (<usize>i << 3)) : 0;
    if (sum !== 0 || weight !== 0) subtractAndGather(row, v, sum, newW + from, weight, count);
  }
  let spare = oldV;
  oldV = newV;
  newV = spare;
  spare = oldW;
  oldW = newW;
  newW = spare;
  oldTau = tau;
}

/** The waiting update of column k alone. */
function updateColumn(k: i32): void {
  const w = oldTau * load<f64>(oldW + (<usize>k << 3));
  if (w === 0) return;
  let at = matrix + <usize>k * rowBytes + (<usize>k << 3);
  for (let i = k; i < size; i++, at += rowBytes) {
    store<f64>(at, load<f64>(at) - w * load<f64>(oldV + (<usize>i << 3)));
  }
}

/** v with v[k+1] = 1, so that I − τ v vᵀ clears column k below its subdiagonal. Returns τ. */
function makeReflector(k: i32): f64 {
  const top = matrix + <usize>(k + 1) * rowBytes + (<usize>k << 3);
  let largest: f64 = 0;
  let at = top + rowBytes;
  for (let i = k + 2; i < size; i++, at += rowBytes) largest = max(largest, abs<f64>(load<f64>(at)));
  if (largest === 0) return 0;
  const alpha = load<f64>(top);
  largest = max(largest, abs<f64>(alpha));
  let sum: f64 = 0;
  at = top;
  for (let i = k + 1; i < size; i++, at += rowBytes) {
    const value = load<f64>(at) / largest;
    sum += value * value;
  }
  const norm = largest * sqrt<f64>(sum);
  const beta = alpha > 0 ? -norm : norm;
  const pivot = alpha - beta;
  store<f64>(newV + (<usize>(k + 1) << 3), 1);
  store<f64>(top, beta);
  at = top + rowBytes;
  for (let i = k + 2; i < size; i++, at += rowBytes) {
    store<f64>(newV + (<usize>i << 3), load<f64>(at) / pivot);
    store<f64>(at, 0);
  }
  return -pivot / beta;
}

/** x ← x − factor·w; returns x·v. */
function subtractAndDot(x: usize, w: usize, factor: f64, v: usize, count: i32): f64 {
  const f = f64x2.splat(-factor);
  let s0 = f64x2.splat(0);
  let s1 = s0;
  let i = 0;
  for (; i + 4 <= count; i += 4) {
    const a = madd(f, v128.load(w), v128.load(x));
    const b = madd(f, v128.load(w, 16), v128.load(x, 16));
    v128.store(x, a);
    v128.store(x, b, 16);
    s0 = madd(a, v128.load(v), s0);
    s1 = madd(b, v128.load(v, 16), s1);
    x += 32;
    w += 32;
    v += 32;
  }
  let sum = laneSum(f64x2.add(s0, s1));
  for (; i < count; i++) {
    const a = load<f64>(x) - factor * load<f64>(w);
    store<f64>(x, a);
    sum += a * load<f64>(v);
    x += 8;
    w += 8;
    v += 8;
  }
  return sum;
}

/** x ← x − factor·v; w ← w + weight·x. */
function subtractAndGather(x: usize, v: usize, factor: f64, w: usize, weight: f64, count: i32): void {
  const f = f64x2.splat(-factor);
  const g = f64x2.splat(weight);
  let i = 0;
  for (; i + 2 <= count; i += 2) {
    const a = madd(f, v128.load(v), v128.load(x));
    v128.store(x, a);
    v128.store(w, madd(g, a, v128.load(w)));
    x += 16;
    v += 16;
    w += 16;
  }
  if (i < count) {
    const a = load<f64>(x) - factor * load<f64>(v);
    store<f64>(x, a);
    store<f64>(w, load<f64>(w) + weight * a);
  }
}
