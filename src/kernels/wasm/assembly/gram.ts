import { madd } from './vector';

/**
 * G = WᵀW over packed panels: 6 vectors wide, so 48 bytes for each step of the summed side; the same panels are both operands.
 * V8 has 15 vector registers to give: a tile of 3 × 6 takes 9 sums, 3 columns and 3 rows. A larger tile, or more than one step in
 * the loop body, spills and is slower by a third.
 */
const width = 6;
const stepBytes: usize = 48;

/** Row panels of a block: 16 of 256 steps are 192 KB, which stay in the second-level cache. */
const blockPanels = 16;

/** Packs `steps` rows of `count` elements, each times its factor: the vectors are the columns. */
export function packColumns(
  source: usize,
  isDouble: bool,
  factors: usize,
  count: i32,
  steps: i32,
  packed: usize,
): void {
  const panels = (count + width - 1) / width;
  for (let panel = 0; panel < panels; panel++) {
    const first = panel * width;
    const target = packed + <usize>panel * <usize>steps * stepBytes;
    const whole = first + width <= count;
    if (isDouble) packColumnPanel<f64>(source, factors, first, whole, count, steps, target);
    else packColumnPanel<f32>(source, factors, first, whole, count, steps, target);
  }
}

function packColumnPanel<S>(
  source: usize,
  factors: usize,
  first: i32,
  whole: bool,
  count: i32,
  steps: i32,
  target: usize,
): void {
  const stride = <usize>count * sizeof<S>();
  let from = source + <usize>first * sizeof<S>();
  const end = target + <usize>steps * stepBytes;
  if (!whole) {
    for (; target < end; target += stepBytes) {
      const factor = load<f64>(factors);
      for (let c = 0; c < width; c++) {
        const value = first + c < count ? <f64>load<S>(from + <usize>c * sizeof<S>()) : 0;
        store<f64>(target + (<usize>c << 3), value * factor);
      }
      from += stride;
      factors += 8;
    }
    return;
  }
  for (; target < end; target += stepBytes) {
    const factor = v128.load64_splat(factors);
    v128.store(target, f64x2.mul(loadPair<S>(from, 0), factor));
    v128.store(target, f64x2.mul(loadPair<S>(from, 2), factor), 16);
    v128.store(target, f64x2.mul(loadPair<S>(from, 4), factor), 32);
    from += stride;
    factors += 8;
  }
}

// @ts-ignore: decorator
@inline
function loadPair<S>(from: usize, index: usize): v128 {
  if (sizeof<S>() === 8) return v128.load(from + (index << 3));
  return f64x2.promote_low_f32x4(v128.load64_zero(from + (index << 2)));
}

/** Packs `count` rows of `steps` elements, each times its factor: the vectors are the rows. */
export function packRows(
  source: usize,
  isDouble: bool,
  factors: usize,
  count: i32,
  steps: i32,
  packed: usize,
): void {
  for (let row = 0; row < count; row++) {
    const target = packed + <usize>(row / width) * <usize>steps * stepBytes + (<usize>(row % width) << 3);
    const factor = load<f64>(factors + (<usize>row << 3));
    if (isDouble) packRow<f64>(source, factor, row, steps, target);
    else packRow<f32>(source, factor, row, steps, target);
  }
  for (let row = count; row % width !== 0; row++) {
    let target = packed + <usize>(row / width) * <usize>steps * stepBytes + (<usize>(row % width) << 3);
    for (let k = 0; k < steps; k++, target += stepBytes) store<f64>(target, 0);
  }
}

function packRow<S>(source: usize, factor: f64, row: i32, steps: i32, target: usize): void {
  let from = source + <usize>row * <usize>steps * sizeof<S>();
  const end = from + <usize>steps * sizeof<S>();
  for (; from < end; from += sizeof<S>(), target += stepBytes) {
    store<f64>(target, <f64>load<S>(from) * factor);
  }
}

/** Adds the products of column panels [first, last) with all row panels up to their own to the upper triangle of G. */
export function multiplyPanels(
  packed: usize,
  steps: i32,
  first: i32,
  last: i32,
  g: usize,
  stride: usize,
): void {
  const panelBytes = <usize>steps * stepBytes;
  for (let block = 0; block < last; block += blockPanels) {
    for (let panel = max(first, block); panel < last; panel++) {
      const end = min(block + blockPanels, panel + 1);
      const b = packed + <usize>panel * panelBytes;
      for (let row = block; row < end; row++) {
        const a = packed + <usize>row * panelBytes;
        const c = g + <usize>(row * width) * stride + <usize>panel * stepBytes;
        addTile(a, b, panelBytes, c, stride);
        addTile(a + 24, b, panelBytes, c + 3 * stride, stride);
      }
    }
  }
}

/** Adds the products of 3 row vectors and 6 column vectors to their tile. */
function addTile(a: usize, b: usize, bytes: usize, c: usize, stride: usize): void {
  let c00 = f64x2.splat(0);
  let c01 = c00;
  let c02 = c00;
  let c10 = c00;
  let c11 = c00;
  let c12 = c00;
  let c20 = c00;
  let c21 = c00;
  let c22 = c00;
  const end = a + bytes;
  do {
    const b0 = v128.load(b);
    const b1 = v128.load(b, 16);
    const b2 = v128.load(b, 32);
    const a0 = v128.load64_splat(a);
    const a1 = v128.load64_splat(a, 8);
    const a2 = v128.load64_splat(a, 16);
    c00 = madd(a0, b0, c00);
    c01 = madd(a0, b1, c01);
    c02 = madd(a0, b2, c02);
    c10 = madd(a1, b0, c10);
    c11 = madd(a1, b1, c11);
    c12 = madd(a1, b2, c12);
    c20 = madd(a2, b0, c20);
    c21 = madd(a2, b1, c21);
    c22 = madd(a2, b2, c22);
    a += stepBytes;
    b += stepBytes;
  } while (a < end);
  addRow(c, c00, c01, c02);
  addRow(c + stride, c10, c11, c12);
  addRow(c + 2 * stride, c20, c21, c22);
}

// @ts-ignore: decorator
@inline
function addRow(c: usize, x: v128, y: v128, z: v128): void {
  v128.store(c, f64x2.add(v128.load(c), x));
  v128.store(c, f64x2.add(v128.load(c, 16), y), 16);
  v128.store(c, f64x2.add(v128.load(c, 32), z), 32);
}

/** Mirrors the upper triangle into rows [first, last), in squares that stay in the cache. */
export function mirrorRows(g: usize, stride: usize, first: i32, last: i32): void {
  const side = 32;
  for (let top = first; top < last; top += side) {
    for (let left = 0; left <= top; left += side) {
      for (let row = top; row < min(top + side, last); row++) {
        for (let column = left; column < min(left + side, row); column++) {
          const value = load<f64>(g + <usize>column * stride + (<usize>row << 3));
          store<f64>(g + <usize>row * stride + (<usize>column << 3), value);
        }
      }
    }
  }
}
