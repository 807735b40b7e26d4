import { factorPanel } from './panel';
import { addProducts, addTransposedProducts, addWideProduct, rowBytes, side, tileBytes } from './tiles';
import { scale } from './vector';

/**
 * Reduction of a symmetric matrix to a band of 24 subdiagonals by blocked Householder reflections (Bischof, Lang & Sun 2000):
 * for each panel of 24 columns, QR of what lies below the band, then A ← A − V Wᵀ − W Vᵀ of the rest with the compact form
 * Q = I − V T Vᵀ, X = A V T, W = X − ½ V (Tᵀ Vᵀ X). The lower triangle lies in tiles, row by row.
 */
let tiles: usize = 0;
let tileRows: i32 = 0;
let columns: usize = 0;
let columnBytes: usize = 0;
/** V by rows, and W = X + V N beside it. */
let v: usize = 0;
let w: usize = 0;
/** [V | W] by rows, and −[W | V]ᵀ by tiles: the operands of the update. */
let left: usize = 0;
let right: usize = 0;
let product: usize = 0;
let small: usize = 0;

/** Tile rows of a group: four tiles of the trailing matrix are read once for four of V. */
const groupRows = 4;
/** Tile columns that are multiplied while their part of V stays in the first-level cache. */
const chunkColumns = 8;

function tileAt(row: i32, column: i32): usize {
  return tiles + (<usize>((row * (row + 1)) >>> 1) + <usize>column) * tileBytes;
}

/** Lays out the arrays from `start`; returns their end. */
export function beginBand(n: i32, start: usize): usize {
  tileRows = (n + side - 1) / side;
  const size = <usize>tileRows;
  const panelBytes = size * tileBytes;
  tiles = start;
  columns = tiles + ((size * (size + 1)) >>> 1) * tileBytes;
  columnBytes = size * rowBytes + 16;
  v = columns + <usize>side * columnBytes;
  w = v + panelBytes;
  left = w + panelBytes;
  right = left + 2 * panelBytes;
  product = right + 2 * panelBytes;
  small = product + panelBytes;
  return small + 6 * tileBytes;
}

/** Places 24 rows (fewer at the end) of the full matrix, `n` elements each, into the tiles of tile row `row`. */
export function placeRows(row: i32, source: usize, n: i32, factor: f64): void {
  const rows = min(side, n - row * side);
  for (let column = 0; column <= row; column++) {
    let target = tileAt(row, column);
    memory.fill(target, 0, tileBytes);
    const width = min(side, n - column * side);
    for (let r = 0; r < rows; r++) {
      const from = source + ((<usize>r * <usize>n + <usize>(column * side)) << 3);
      memory.copy(target, from, <usize>width << 3);
      scale(target, width, factor);
      target += rowBytes;
    }
  }
}

/** QR of panel `k`. Returns the number of groups of the trailing matrix. */
export function reducePanel(k: i32): i32 {
  const count = tileRows - 1 - k;
  const rows = count * side;
  for (let i = 0; i < count; i++) {
    let from = tileAt(k + 1 + i, k);
    for (let r = i * side; r < (i + 1) * side; r++) {
      let target = columns + (<usize>r << 3);
      for (const end = from + rowBytes; from < end; from += 8, target += columnBytes) {
        store<f64>(target, load<f64>(from));
      }
    }
  }
  factorPanel(columns, columnBytes, rows, tileAt(k + 1, k), small, small + 1024);
  for (let r = 0; r < rows; r++) {
    let from = columns + (<usize>r << 3);
    let target = v + <usize>r * rowBytes;
    for (const end = target + rowBytes; target < end; target += 8, from += columnBytes) {
      store<f64>(target, load<f64>(from));
    }
  }
  memory.fill(product, 0, <usize>count * tileBytes);
  return (count + groupRows - 1) / groupRows;
}

/** Adds groups [first, last) of tile rows of the trailing matrix, and their mirror image, times V to the product A V. */
export function multiplyGroups(k: i32, first: i32, last: i32): void {
  const count = tileRows - 1 - k;
  const origin = k + 1;
  for (let top = first * groupRows; top < min(count, last * groupRows); top += groupRows) {
    const bottom = min(count, top + groupRows) - 1;
    for (let start = 0; start <= bottom; start += chunkColumns) {
      const end = min(start + chunkColumns - 1, bottom);
      for (let row = top; row <= bottom; row++) {
        const lastColumn = min(end, row);
        if (lastColumn < start) continue;
        const a = tileAt(origin + row, origin + start);
        const target = product + <usize>row * tileBytes;
        addProducts(lastColumn - start + 1, a, v + <usize>start * tileBytes, target, true);
      }
      for (let column = start; column <= end; column++) {
        const row = max(column + 1, top);
        if (row > bottom) continue;
        const stride = <usize>(origin + row + 1) * tileBytes;
        const a = tileAt(origin + row, origin + column);
        const target = product + <usize>column * tileBytes;
        const b = v + <usize>row * tileBytes;
        addTransposedProducts(bottom - row + 1, a, stride, tileBytes, b, target);
      }
    }
  }
}

/** W from the product A V, and the operands of the update. */
export function formUpdate(k: i32): void {
  const count = tileRows - 1 - k;
  const tau = small;
  const s = small + tileBytes;
  const t = s + tileBytes;
  const m = t + tileBytes;
  const n = m + tileBytes;
  memory.fill(s, 0, 4 * tileBytes);
  addTransposedProducts(count, v, tileBytes, 0, v, s);
  formT(tau, s, t);
  for (let i: usize = 0; i < <usize>count * tileBytes; i += tileBytes) {
    addProducts(1, product + i, t, w + i, false);
  }
  addTransposedProducts(count, v, tileBytes, 0, w, m);
  addTransposedProducts(1, t, 0, 0, m, n);
  scale(n, side * side, -0.5);
  for (let i = 0; i < count; i++) {
    const at = <usize>i * tileBytes;
    addProducts(1, v + at, n, w + at, true);
    placeOperands(v + at, w + at, left + 2 * at, right + 2 * at);
  }
}

/** T of Q = I − V T Vᵀ from S = VᵀV: column j is −τ_j T s_j above the diagonal and τ_j on it. */
function formT(tau: usize, s: usize, t: usize): void {
  for (let j = 0; j < side; j++) {
    const tj = load<f64>(tau + (<usize>j << 3));
    for (let i = 0; i < j; i++) {
      let sum: f64 = 0;
      for (let q = i; q < j; q++) sum += entry(t, i, q) * entry(s, q, j);
      store<f64>(t + <usize>i * rowBytes + (<usize>j << 3), -tj * sum);
    }
    store<f64>(t + <usize>j * rowBytes + (<usize>j << 3), tj);
  }
}

// @ts-ignore: decorator
@inline
function entry(tile: usize, row: i32, column: i32): f64 {
  return load<f64>(tile + <usize>row * rowBytes + (<usize>column << 3));
}

function placeOperands(vTile: usize, wTile: usize, wide: usize, tall: usize): void {
  for (let r = 0; r < side; r++) {
    const at = <usize>r * rowBytes;
    memory.copy(wide + 2 * at, vTile + at, rowBytes);
    memory.copy(wide + 2 * at + rowBytes, wTile + at, rowBytes);
    let target = tall + (<usize>r << 3);
    for (let c: usize = 0; c < rowBytes; c += 8, target += rowBytes) {
      store<f64>(target, -load<f64>(wTile + at + c));
      store<f64>(target + tileBytes, -load<f64>(vTile + at + c));
    }
  }
}

/** A ← A − V Wᵀ − W Vᵀ in groups [first, last). */
export function updateGroups(k: i32, first: i32, last: i32): void {
  const count = tileRows - 1 - k;
  for (let top = first * groupRows; top < min(count, last * groupRows); top += groupRows) {
    const bottom = min(count, top + groupRows) - 1;
    for (let column = 0; column <= bottom; column++) {
      const b = right + 2 * <usize>column * tileBytes;
      for (let row = max(top, column); row <= bottom; row++) {
        addWideProduct(left + 2 * <usize>row * tileBytes, b, tileAt(k + 1 + row, k + 1 + column));
      }
    }
  }
}

/** Copies the band to columns of 50 doubles, the diagonal first. Returns where it begins. */
export function finishBand(n: i32, target: usize): usize {
  const stride: usize = 2 * rowBytes + 16;
  // One vector before the first column, and four tiles of zeros after the last, are read by the chase.
  memory.fill(target, 0, 64 + <usize>(n + 4 * side) * stride);
  const band = target + 64;
  for (let j = 0; j < n; j++) {
    const tile = j / side;
    const c = j % side;
    const column = band + <usize>j * stride;
    const diagonal = tileAt(tile, tile);
    for (let r = c; r < side; r++) store<f64>(column + (<usize>(r - c) << 3), entry(diagonal, r, c));
    if (tile + 1 === tileRows) continue;
    const below = tileAt(tile + 1, tile);
    for (let r = 0; r <= c; r++) store<f64>(column + (<usize>(side + r - c) << 3), entry(below, r, c));
  }
  return band;
}
