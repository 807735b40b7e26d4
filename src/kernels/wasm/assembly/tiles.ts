import { addOf, maddOf } from './vector';

/** Band width and side of the square tiles; row-major, doubles or singles. 12 to 48 were tried: 24 is fastest. */
export const side = 24;

// @ts-ignore: decorator
@inline
export function rowBytesOf<T>(): usize {
  return <usize>side * sizeof<T>();
}

// @ts-ignore: decorator
@inline
export function tileBytesOf<T>(): usize {
  return <usize>(side * side) * sizeof<T>();
}

/** Bytes of three vectors: the columns that the kernels below compute of three rows at a time. */
const stripBytes: usize = 48;

/** C ← β C + Σ_t A_t B_t over `count` tiles; A and B step on by a tile. */
export function addProducts<T>(count: i32, a: usize, b: usize, c: usize, keep: bool): void {
  for (let r: usize = 0; r < tileBytesOf<T>(); r += 3 * rowBytesOf<T>()) {
    for (let s: usize = 0; s < rowBytesOf<T>(); s += stripBytes) {
      addProductStrip<T>(count, a + r, b + s, c + r + s, keep);
    }
  }
}

/** C ← C + Σ_t A_tᵀ B_t; A steps on by `stride`, which grows by `growth` each time, B by a tile. */
export function addTransposedProducts<T>(
  count: i32,
  a: usize,
  stride: usize,
  growth: usize,
  b: usize,
  c: usize,
): void {
  for (let r: usize = 0; r < <usize>side; r += 3) {
    for (let s: usize = 0; s < rowBytesOf<T>(); s += stripBytes) {
      addTransposedStrip<T>(count, a + r * sizeof<T>(), stride, growth, b + s, c + r * rowBytesOf<T>() + s);
    }
  }
}

/** C ← C + A B with A 24 × 48 and B 48 × 24: the rank-2b update of one tile. */
export function addWideProduct<T>(a: usize, b: usize, c: usize): void {
  for (let r: usize = 0; r < <usize>side; r += 3) {
    for (let s: usize = 0; s < rowBytesOf<T>(); s += stripBytes) {
      addWideStrip<T>(a + 2 * r * rowBytesOf<T>(), b + s, c + r * rowBytesOf<T>() + s);
    }
  }
}

function addProductStrip<T>(count: i32, a: usize, b: usize, c: usize, keep: bool): void {
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
    const end = a + rowBytesOf<T>();
    do {
      const b0 = v128.load(other);
      const b1 = v128.load(other, 16);
      const b2 = v128.load(other, 32);
      const a0 = sizeof<T>() === 8 ? v128.load64_splat(from) : v128.load32_splat(from);
      const a1 = sizeof<T>() === 8 ? v128.load64_splat(from, 192) : v128.load32_splat(from, 96);
      const a2 = sizeof<T>() === 8 ? v128.load64_splat(from, 384) : v128.load32_splat(from, 192);
      c00 = maddOf<T>(a0, b0, c00);
      c01 = maddOf<T>(a0, b1, c01);
      c02 = maddOf<T>(a0, b2, c02);
      c10 = maddOf<T>(a1, b0, c10);
      c11 = maddOf<T>(a1, b1, c11);
      c12 = maddOf<T>(a1, b2, c12);
      c20 = maddOf<T>(a2, b0, c20);
      c21 = maddOf<T>(a2, b1, c21);
      c22 = maddOf<T>(a2, b2, c22);
      from += sizeof<T>();
      other += rowBytesOf<T>();
    } while (from < end);
    a += tileBytesOf<T>();
    b += tileBytesOf<T>();
  }
  if (keep) {
    addStrip<T>(c, c00, c01, c02);
    addStrip<T>(c + rowBytesOf<T>(), c10, c11, c12);
    addStrip<T>(c + 2 * rowBytesOf<T>(), c20, c21, c22);
  } else {
    storeStrip(c, c00, c01, c02);
    storeStrip(c + rowBytesOf<T>(), c10, c11, c12);
    storeStrip(c + 2 * rowBytesOf<T>(), c20, c21, c22);
  }
}

function addTransposedStrip<T>(
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
    const end = a + tileBytesOf<T>();
    do {
      const b0 = v128.load(other);
      const b1 = v128.load(other, 16);
      const b2 = v128.load(other, 32);
      const a0 = sizeof<T>() === 8 ? v128.load64_splat(from) : v128.load32_splat(from);
      const a1 = sizeof<T>() === 8 ? v128.load64_splat(from, 8) : v128.load32_splat(from, 4);
      const a2 = sizeof<T>() === 8 ? v128.load64_splat(from, 16) : v128.load32_splat(from, 8);
      c00 = maddOf<T>(a0, b0, c00);
      c01 = maddOf<T>(a0, b1, c01);
      c02 = maddOf<T>(a0, b2, c02);
      c10 = maddOf<T>(a1, b0, c10);
      c11 = maddOf<T>(a1, b1, c11);
      c12 = maddOf<T>(a1, b2, c12);
      c20 = maddOf<T>(a2, b0, c20);
      c21 = maddOf<T>(a2, b1, c21);
      c22 = maddOf<T>(a2, b2, c22);
      from += rowBytesOf<T>();
      other += rowBytesOf<T>();
    } while (from < end);
    a += stride;
    stride += growth;
    b += tileBytesOf<T>();
  }
  addStrip<T>(c, c00, c01, c02);
  addStrip<T>(c + rowBytesOf<T>(), c10, c11, c12);
  addStrip<T>(c + 2 * rowBytesOf<T>(), c20, c21, c22);
}

function addWideStrip<T>(a: usize, b: usize, c: usize): void {
  let c00 = f64x2.splat(0);
  let c01 = c00;
  let c02 = c00;
  let c10 = c00;
  let c11 = c00;
  let c12 = c00;
  let c20 = c00;
  let c21 = c00;
  let c22 = c00;
  const end = a + 2 * rowBytesOf<T>();
  do {
    const b0 = v128.load(b);
    const b1 = v128.load(b, 16);
    const b2 = v128.load(b, 32);
    const a0 = sizeof<T>() === 8 ? v128.load64_splat(a) : v128.load32_splat(a);
    const a1 = sizeof<T>() === 8 ? v128.load64_splat(a, 384) : v128.load32_splat(a, 192);
    const a2 = sizeof<T>() === 8 ? v128.load64_splat(a, 768) : v128.load32_splat(a, 384);
    c00 = maddOf<T>(a0, b0, c00);
    c01 = maddOf<T>(a0, b1, c01);
    c02 = maddOf<T>(a0, b2, c02);
    c10 = maddOf<T>(a1, b0, c10);
    c11 = maddOf<T>(a1, b1, c11);
    c12 = maddOf<T>(a1, b2, c12);
    c20 = maddOf<T>(a2, b0, c20);
    c21 = maddOf<T>(a2, b1, c21);
    c22 = maddOf<T>(a2, b2, c22);
    a += sizeof<T>();
    b += rowBytesOf<T>();
  } while (a < end);
  addStrip<T>(c, c00, c01, c02);
  addStrip<T>(c + rowBytesOf<T>(), c10, c11, c12);
  addStrip<T>(c + 2 * rowBytesOf<T>(), c20, c21, c22);
}

// @ts-ignore: decorator
@inline
function addStrip<T>(c: usize, x: v128, y: v128, z: v128): void {
  storeStrip(c, addOf<T>(v128.load(c), x), addOf<T>(v128.load(c, 16), y), addOf<T>(v128.load(c, 32), z));
}

// @ts-ignore: decorator
@inline
function storeStrip(c: usize, x: v128, y: v128, z: v128): void {
  v128.store(c, x);
  v128.store(c, y, 16);
  v128.store(c, z, 32);
}
