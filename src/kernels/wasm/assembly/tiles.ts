import { madd } from './vector';

/** Band width and side of the square tiles; row-major, 24 doubles a row. 12 to 48 were tried: 24 is fastest. */
export const side = 24;
export const rowBytes: usize = 192;
export const tileBytes: usize = 4608;

/** Bytes of six columns: what the kernels below compute of three rows at a time. */
const stripBytes: usize = 48;

/** C ← β C + Σ_t A_t B_t over `count` tiles; A and B step on by a tile. */
export function addProducts(count: i32, a: usize, b: usize, c: usize, keep: bool): void {
  for (let r: usize = 0; r < tileBytes; r += 3 * rowBytes) {
    for (let s: usize = 0; s < rowBytes; s += stripBytes) {
      addProductStrip(count, a + r, b + s, c + r + s, keep);
    }
  }
}

/** C ← C + Σ_t A_tᵀ B_t; A steps on by `stride`, which grows by `growth` each time, B by a tile. */
export function addTransposedProducts(
  count: i32,
  a: usize,
  stride: usize,
  growth: usize,
  b: usize,
  c: usize,
): void {
  for (let r: usize = 0; r < <usize>side; r += 3) {
    for (let s: usize = 0; s < rowBytes; s += stripBytes) {
      addTransposedStrip(count, a + (r << 3), stride, growth, b + s, c + r * rowBytes + s);
    }
  }
}

/** C ← C + A B with A 24 × 48 and B 48 × 24: the rank-2b update of one tile. */
export function addWideProduct(a: usize, b: usize, c: usize): void {
  for (let r: usize = 0; r < <usize>side; r += 3) {
    for (let s: usize = 0; s < rowBytes; s += stripBytes) {
      addWideStrip(a + 2 * r * rowBytes, b + s, c + r * rowBytes + s);
    }
  }
}

function addProductStrip(count: i32, a: usize, b: usize, c: usize, keep: bool): void {
  let c00 = f64x2.splat(0);
  let c01 = c00;
  let c02 = c00;
  let c10 = c00;
  let c11 = c00;
  let c12 = c00;
  let c20 = c00;
  let c21 = c00;
  let c22 = c00;
  for (; count > 0; count--) {
    let from = a;
    let other = b;
    const end = a + rowBytes;
    do {
      const b0 = v128.load(other);
      const b1 = v128.load(other, 16);
      const b2 = v128.load(other, 32);
      const a0 = v128.load64_splat(from);
      const a1 = v128.load64_splat(from, rowBytes);
      const a2 = v128.load64_splat(from, 2 * rowBytes);
      c00 = madd(a0, b0, c00);
      c01 = madd(a0, b1, c01);
      c02 = madd(a0, b2, c02);
      c10 = madd(a1, b0, c10);
      c11 = madd(a1, b1, c11);
      c12 = madd(a1, b2, c12);
      c20 = madd(a2, b0, c20);
      c21 = madd(a2, b1, c21);
      c22 = madd(a2, b2, c22);
      from += 8;
      other += rowBytes;
    } while (from < end);
    a += tileBytes;
    b += tileBytes;
  }
  if (keep) {
    addStrip(c, c00, c01, c02);
    addStrip(c + rowBytes, c10, c11, c12);
    addStrip(c + 2 * rowBytes, c20, c21, c22);
  } else {
    storeStrip(c, c00, c01, c02);
    storeStrip(c + rowBytes, c10, c11, c12);
    storeStrip(c + 2 * rowBytes, c20, c21, c22);
  }
}

function addTransposedStrip(
  count: i32,
  a: usize,
  stride: usize,
  growth: usize,
  b: usize,
  c: usize,
): void {
  let c00 = f64x2.splat(0);
  let c01 = c00;
  let c02 = c00;
  let c10 = c00;
  let c11 = c00;
  let c12 = c00;
  let c20 = c00;
  let c21 = c00;
  let c22 = c00;
  for (; count > 0; count--) {
    let from = a;
    let other = b;
    const end = a + tileBytes;
    do {
      const b0 = v128.load(other);
      const b1 = v128.load(other, 16);
      const b2 = v128.load(other, 32);
      const a0 = v128.load64_splat(from);
      const a1 = v128.load64_splat(from, 8);
      const a2 = v128.load64_splat(from, 16);
      c00 = madd(a0, b0, c00);
      c01 = madd(a0, b1, c01);
      c02 = madd(a0, b2, c02);
      c10 = madd(a1, b0, c10);
      c11 = madd(a1, b1, c11);
      c12 = madd(a1, b2, c12);
      c20 = madd(a2, b0, c20);
      c21 = madd(a2, b1, c21);
      c22 = madd(a2, b2, c22);
      from += rowBytes;
      other += rowBytes;
    } while (from < end);
    a += stride;
    stride += growth;
    b += tileBytes;
  }
  addStrip(c, c00, c01, c02);
  addStrip(c + rowBytes, c10, c11, c12);
  addStrip(c + 2 * rowBytes, c20, c21, c22);
}

function addWideStrip(a: usize, b: usize, c: usize): void {
  let c00 = f64x2.splat(0);
  let c01 = c00;
  let c02 = c00;
  let c10 = c00;
  let c11 = c00;
  let c12 = c00;
  let c20 = c00;
  let c21 = c00;
  let c22 = c00;
  const end = a + 2 * rowBytes;
  do {
    const b0 = v128.load(b);
    const b1 = v128.load(b, 16);
    const b2 = v128.load(b, 32);
    const a0 = v128.load64_splat(a);
    const a1 = v128.load64_splat(a, 2 * rowBytes);
    const a2 = v128.load64_splat(a, 4 * rowBytes);
    c00 = madd(a0, b0, c00);
    c01 = madd(a0, b1, c01);
    c02 = madd(a0, b2, c02);
    c10 = madd(a1, b0, c10);
    c11 = madd(a1, b1, c11);
    c12 = madd(a1, b2, c12);
    c20 = madd(a2, b0, c20);
    c21 = madd(a2, b1, c21);
    c22 = madd(a2, b2, c22);
    a += 8;
    b += rowBytes;
  } while (a < end);
  addStrip(c, c00, c01, c02);
  addStrip(c + rowBytes, c10, c11, c12);
  addStrip(c + 2 * rowBytes, c20, c21, c22);
}

// @ts-ignore: decorator
@inline
function addStrip(c: usize, x: v128, y: v128, z: v128): void {
  storeStrip(c, f64x2.add(v128.load(c), x), f64x2.add(v128.load(c, 16), y), f64x2.add(v128.load(c, 32), z));
}

// @ts-ignore: decorator
@inline
function storeStrip(c: usize, x: v128, y: v128, z: v128): void {
  v128.store(c, x);
  v128.store(c, y, 16);
  v128.store(c, z, 32);
}
