import { madd } from './vector';

/**
 * Z += Wᵀ (W X) for 8 vectors in double precision. X and Z keep the 8 values of a column of W beside each other (64 bytes).
 * V8 has 15 vector registers to give: a tile of two rows (or columns) of W takes 8 sums, 4 values of X and 2 of W.
 */
const columnShift: usize = 6;

/** Columns at a time: their part of X, 32 KB, stays in the first-level cache. */
const chunk = 512;

/** Copies rows of floats (`sourceSize` 4) or doubles (8) as doubles `stride` bytes apart, zeros up to even sides. */
export function unpackRows(
  source: usize,
  sourceSize: i32,
  rows: i32,
  columns: i32,
  target: usize,
  stride: usize,
): void {
  for (let row = 0; row < rows; row++) {
    let to = target + <usize>row * stride;
    if (sourceSize === 8) {
      memory.copy(to, source, <usize>columns << 3);
      source += <usize>columns << 3;
      to += <usize>columns << 3;
    } else {
      let column = 0;
      for (; column + 2 <= columns; column += 2) {
        v128.store(to, f64x2.promote_low_f32x4(v128.load64_zero(source)));
        source += 8;
        to += 16;
      }
      if (column < columns) {
        store<f64>(to, <f64>load<f32>(source));
        source += 4;
        to += 8;
      }
    }
    store<f64>(to, 0);
  }
  if (rows & 1) memory.fill(target + <usize>rows * stride, 0, stride);
}

/** Adds the product of unpacked rows to Z; `y` is scratch for W X, 64 bytes a row. */
export function addBlockProduct(
  w: usize,
  stride: usize,
  rows: i32,
  columns: i32,
  x: usize,
  y: usize,
  z: usize,
): void {
  const height = (rows + 1) & ~1;
  const width = (columns + 1) & ~1;
  memory.fill(y, 0, <usize>height << columnShift);
  for (let first = 0; first < width; first += chunk) {
    const count = min(chunk, width - first);
    const part = w + (<usize>first << 3);
    const values = x + (<usize>first << columnShift);
    for (let row = 0; row < height; row += 2) {
      multiplyRows(part + <usize>row * stride, stride, count, values, y + (<usize>row << columnShift));
    }
  }
  for (let column = 0; column < width; column += 2) {
    addColumns(w + (<usize>column << 3), stride, height, y, z + (<usize>column << columnShift));
  }
}

/** Adds two rows times the values of `count` columns to their sums. */
function multiplyRows(w: usize, stride: usize, count: i32, x: usize, y: usize): void {
  let y00 = v128.load(y);
  let y01 = v128.load(y, 16);
  let y02 = v128.load(y, 32);
  let y03 = v128.load(y, 48);
  let y10 = v128.load(y, 64);
  let y11 = v128.load(y, 80);
  let y12 = v128.load(y, 96);
  let y13 = v128.load(y, 112);
  const end = x + (<usize>count << columnShift);
  let below = w + stride;
  do {
    const a = v128.load64_splat(w);
    const b = v128.load64_splat(below);
    const x0 = v128.load(x);
    const x1 = v128.load(x, 16);
    const x2 = v128.load(x, 32);
    const x3 = v128.load(x, 48);
    y00 = madd(a, x0, y00);
    y01 = madd(a, x1, y01);
    y02 = madd(a, x2, y02);
    y03 = madd(a, x3, y03);
    y10 = madd(b, x0, y10);
    y11 = madd(b, x1, y11);
    y12 = madd(b, x2, y12);
    y13 = madd(b, x3, y13);
    w += 8;
    below += 8;
    x += 64;
  } while (x < end);
  v128.store(y, y00);
  v128.store(y, y01, 16);
  v128.store(y, y02, 32);
  v128.store(y, y03, 48);
  v128.store(y, y10, 64);
  v128.store(y, y11, 80);
  v128.store(y, y12, 96);
  v128.store(y, y13, 112);
}

/** Adds two columns, over all rows, times the sums of the rows to their part of Z. */
function addColumns(w: usize, stride: usize, rows: i32, y: usize, z: usize): void {
  let z00 = v128.load(z);
  let z01 = v128.load(z, 16);
  let z02 = v128.load(z, 32);
  let z03 = v128.load(z, 48);
  let z10 = v128.load(z, 64);
  let z11 = v128.load(z, 80);
  let z12 = v128.load(z, 96);
  let z13 = v128.load(z, 112);
  const end = y + (<usize>rows << columnShift);
  do {
    const a = v128.load64_splat(w);
    const b = v128.load64_splat(w, 8);
    const y0 = v128.load(y);
    const y1 = v128.load(y, 16);
    const y2 = v128.load(y, 32);
    const y3 = v128.load(y, 48);
    z00 = madd(a, y0, z00);
    z01 = madd(a, y1, z01);
    z02 = madd(a, y2, z02);
    z03 = madd(a, y3, z03);
    z10 = madd(b, y0, z10);
    z11 = madd(b, y1, z11);
    z12 = madd(b, y2, z12);
    z13 = madd(b, y3, z13);
    w += stride;
    y += 64;
  } while (y < end);
  v128.store(z, z00);
  v128.store(z, z01, 16);
  v128.store(z, z02, 32);
  v128.store(z, z03, 48);
  v128.store(z, z10, 64);
  v128.store(z, z11, 80);
  v128.store(z, z12, 96);
  v128.store(z, z13, 112);
}
