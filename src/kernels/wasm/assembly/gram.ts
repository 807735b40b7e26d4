import { addDoubles, maddOf } from './vector';

/**
 * G = WᵀW over packed panels of 48 bytes a step: 6 doubles or 12 singles wide; the same panels are both operands. V8 has 15 vector
 * registers to give: a tile of 3 rows × 3 vectors takes 9 sums, 3 columns and 3 rows. A larger tile, or more than one step in the
 * loop body, spills and is slower by a third. Products of singles are summed in singles along one panel only.
 */
const stepBytes: usize = 48;

/** Column panels of a block: 16 of 256 steps are 192 KB, which stay in the second-level cache. */
const blockPanels = 16;

// @ts-ignore: decorator
@inline
function width<T>(): i32 {
  return <i32>(stepBytes / sizeof<T>());
}

/** Packs `steps` rows of `count` elements, each times its factor: the vectors are the columns. Sizes in bytes: 4 or 8. */
export function packColumns(
  source: usize,
  sourceSize: i32,
  size: i32,
  factors: usize,
  count: i32,
  steps: i32,
  packed: usize,
): void {
  if (size === 8) {
    if (sourceSize === 8) packColumnPanels<f64, f64>(source, factors, count, steps, packed);
    else packColumnPanels<f32, f64>(source, factors, count, steps, packed);
  } else if (sourceSize === 8) packColumnPanels<f64, f32>(source, factors, count, steps, packed);
  else packColumnPanels<f32, f32>(source, factors, count, steps, packed);
}

function packColumnPanels<S, T>(source: usize, factors: usize, count: i32, steps: i32, packed: usize): void {
  for (let first = 0; first < count; first += width<T>()) {
    if (first + width<T>() <= count) packWholePanel<S, T>(source, factors, first, count, steps, packed);
    else packLastPanel<S, T>(source, factors, first, count, steps, packed);
    packed += <usize>steps * stepBytes;
  }
}

function packWholePanel<S, T>(
  source: usize,
  factors: usize,
  first: i32,
  count: i32,
  steps: i32,
  target: usize,
): void {
  const stride = <usize>count * sizeof<S>();
  const lanes: usize = 16 / sizeof<T>();
  let from = source + <usize>first * sizeof<S>();
  for (const end = target + <usize>steps * stepBytes; target < end; target += stepBytes) {
    storeScaled<S, T>(target, from, factors);
    storeScaled<S, T>(target + 16, from + lanes * sizeof<S>(), factors);
    storeScaled<S, T>(target + 32, from + 2 * lanes * sizeof<S>(), factors);
    from += stride;
    factors += 8;
  }
}

/** One vector of T from as many S, times a factor. */
// @ts-ignore: decorator
@inline
function storeScaled<S, T>(target: usize, from: usize, factor: usize): void {
  if (sizeof<T>() === 8) {
    const pair =
      sizeof<S>() === 8 ? v128.load(from) : f64x2.promote_low_f32x4(v128.load64_zero(from));
    v128.store(target, f64x2.mul(pair, v128.load64_splat(factor)));
  } else if (sizeof<S>() === 4) {
    v128.store(target, f32x4.mul(v128.load(from), f32x4.splat(<f32>load<f64>(factor))));
  } else {
    for (let i: usize = 0; i < 4; i++) {
      store<f32>(target + (i << 2), <f32>(load<f64>(from + (i << 3)) * load<f64>(factor)));
    }
  }
}

function packLastPanel<S, T>(
  source: usize,
  factors: usize,
  first: i32,
  count: i32,
  steps: i32,
  target: usize,
): void {
  const stride = <usize>count * sizeof<S>();
  let from = source + <usize>first * sizeof<S>();
  for (const end = target + <usize>steps * stepBytes; target < end; target += stepBytes) {
    for (let c = 0; c < width<T>(); c++) {
      let value: f64 = 0;
      if (first + c < count) value = <f64>load<S>(from + <usize>c * sizeof<S>()) * load<f64>(factors);
      store<T>(target + <usize>c * sizeof<T>(), <T>value);
    }
    from += stride;
    factors += 8;
  }
}

/** Packs `count` rows of `steps` elements, each times its factor: the vectors are the rows. Sizes in bytes: 4 or 8. */
export function packRows(
  source: usize,
  sourceSize: i32,
  size: i32,
  factors: usize,
  count: i32,
  steps: i32,
  packed: usize,
): void {
  if (size === 8) {
    if (sourceSize === 8) packRowPanels<f64, f64>(source, factors, count, steps, packed);
    else packRowPanels<f32, f64>(source, factors, count, steps, packed);
  } else if (sourceSize === 8) packRowPanels<f64, f32>(source, factors, count, steps, packed);
  else packRowPanels<f32, f32>(source, factors, count, steps, packed);
}

function packRowPanels<S, T>(source: usize, factors: usize, count: i32, steps: i32, packed: usize): void {
  for (let row = 0; row % width<T>() !== 0 || row < count; row++) {
    const panel = <usize>(row / width<T>()) * <usize>steps * stepBytes;
    let target = packed + panel + <usize>(row % width<T>()) * sizeof<T>();
    const end = target + <usize>steps * stepBytes;
    if (row >= count) {
      for (; target < end; target += stepBytes) store<T>(target, 0);
      continue;
    }
    const factor = load<f64>(factors + (<usize>row << 3));
    let from = source + <usize>row * <usize>steps * sizeof<S>();
    for (; target < end; target += stepBytes, from += sizeof<S>()) {
      store<T>(target, <T>(<f64>load<S>(from) * factor));
    }
  }
}

/**
 * Adds the products of row panels [first, last) with all column panels up to their own to the lower triangle of G: doubles, the rows
 * of a panel beside each other in as many columns as its last one needs.
 */
export function multiplyPanels(size: i32, packed: usize, steps: i32, first: i32, last: i32, g: usize): void {
  if (size === 8) multiply<f64>(packed, steps, first, last, g);
  else multiply<f32>(packed, steps, first, last, g);
}

function multiply<T>(packed: usize, steps: i32, first: i32, last: i32, g: usize): void {
  const panelBytes = <usize>steps * stepBytes;
  const rowBytes = <usize>width<T>() << 3;
  for (let block = 0; block < last; block += blockPanels) {
    for (let panel = max(first, block); panel < last; panel++) {
      const end = min(block + blockPanels, panel + 1);
      const stride = <usize>(panel + 1) * rowBytes;
      const target = g + ((stride * <usize>panel) >>> 1) * <usize>width<T>();
      const a = packed + <usize>panel * panelBytes;
      for (let column = block; column < end; column++) {
        const b = packed + <usize>column * panelBytes;
        let c = target + <usize>column * rowBytes;
        for (let r: usize = 0; r < stepBytes; r += 3 * sizeof<T>()) {
          addTile<T>(a + r, b, panelBytes, c, stride);
          c += 3 * stride;
        }
      }
    }
  }
}

/** Adds the products of 3 rows and 3 column vectors to their tile. */
function addTile<T>(a: usize, b: usize, bytes: usize, c: usize, stride: usize): void {
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
    const a0 = sizeof<T>() === 8 ? v128.load64_splat(a) : v128.load32_splat(a);
    const a1 = sizeof<T>() === 8 ? v128.load64_splat(a, 8) : v128.load32_splat(a, 4);
    const a2 = sizeof<T>() === 8 ? v128.load64_splat(a, 16) : v128.load32_splat(a, 8);
    c00 = maddOf<T>(a0, b0, c00);
    c01 = maddOf<T>(a0, b1, c01);
    c02 = maddOf<T>(a0, b2, c02);
    c10 = maddOf<T>(a1, b0, c10);
    c11 = maddOf<T>(a1, b1, c11);
    c12 = maddOf<T>(a1, b2, c12);
    c20 = maddOf<T>(a2, b0, c20);
    c21 = maddOf<T>(a2, b1, c21);
    c22 = maddOf<T>(a2, b2, c22);
    a += stepBytes;
    b += stepBytes;
  } while (a < end);
  addRow<T>(c, c00, c01, c02);
  addRow<T>(c + stride, c10, c11, c12);
  addRow<T>(c + 2 * stride, c20, c21, c22);
}

// @ts-ignore: decorator
@inline
function addRow<T>(c: usize, x: v128, y: v128, z: v128): void {
  const bytes: usize = 128 / sizeof<T>();
  addDoubles<T>(c, x);
  addDoubles<T>(c + bytes, y);
  addDoubles<T>(c + 2 * bytes, z);
}
