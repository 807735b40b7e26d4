import { factorPanel } from './panel';
import { addProducts, addTransposedProducts, addWideProduct, rowBytesOf, side, tileBytesOf } from './tiles';
import { scaleOf } from './vector';

/**
 * Reduction of a symmetric matrix to a band of 24 subdiagonals by blocked Householder reflections (Bischof, Lang & Sun 2000):
 * for each panel of 24 columns, QR of what lies below the band, then A ← A − V Wᵀ − W Vᵀ of the rest with the compact form
 * Q = I − V T Vᵀ, X = A V T, W = X − ½ V (Tᵀ Vᵀ X). The lower triangle lies in tiles, row by row: doubles, or singles for twice
 * the speed; the QR of a panel is done in doubles either way.
 */
let isSingle: bool = false;
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
/** τ, R of the panel (doubles), and the small factors S, T, M, N. */
let tau: usize = 0;
let r: usize = 0;
let small: usize = 0;

const doubleRow: usize = 192;
const doubleTile: usize = 4608;

/** Tile rows of a group: four tiles of the trailing matrix are read once for four of V. */
const groupRows = 4;
/** Tile columns that are multiplied while their part of V stays in the first-level cache. */
const chunkColumns = 8;

// @ts-ignore: decorator
@inline
function tileAt<T>(row: i32, column: i32): usize {
  return tiles + (<usize>((row * (row + 1)) >>> 1) + <usize>column) * tileBytesOf<T>();
}

/** Lays out the arrays from `start`; returns their end. */
export function beginBand(n: i32, single: bool, start: usize): usize {
  isSingle = single;
  return single ? begin<f32>(n, start) : begin<f64>(n, start);
}

function begin<T>(n: i32, start: usize): usize {
  tileRows = (n + side - 1) / side;
  const size = <usize>tileRows;
  const panelBytes = size * tileBytesOf<T>();
  tiles = start;
  columns = tiles + ((size * (size + 1)) >>> 1) * tileBytesOf<T>();
  columnBytes = size * doubleRow + 16;
  v = columns + <usize>side * columnBytes;
  w = v + panelBytes;
  left = w + panelBytes;
  right = left + 2 * panelBytes;
  product = right + 2 * panelBytes;
  tau = product + panelBytes;
  r = tau + doubleTile;
  small = r + doubleTile;
  return small + 4 * tileBytesOf<T>();
}

/** Places 24 rows (fewer at the end), `n` doubles each, into the tiles of tile row `row`. */
export function placeRows(row: i32, source: usize, n: i32, factor: f64): void {
  if (isSingle) place<f32>(row, source, n, factor);
  else place<f64>(row, source, n, factor);
}

function place<T>(row: i32, source: usize, n: i32, factor: f64): void {
  const rows = min(side, n - row * side);
  for (let column = 0; column <= row; column++) {
    let target = tileAt<T>(row, column);
    memory.fill(target, 0, tileBytesOf<T>());
    const width = <usize>min(side, n - column * side);
    for (let i = 0; i < rows; i++) {
      let from = source + ((<usize>i * <usize>n + <usize>(column * side)) << 3);
      for (let c: usize = 0; c < width; c++, from += 8) {
        store<T>(target + c * sizeof<T>(), <T>(load<f64>(from) * factor));
      }
      target += rowBytesOf<T>();
    }
  }
}

/** QR of panel `k`. Returns the number of groups of the trailing matrix. */
export function reducePanel(k: i32): i32 {
  return isSingle ? reduce<f32>(k) : reduce<f64>(k);
}

function reduce<T>(k: i32): i32 {
  const count = tileRows - 1 - k;
  const rows = count * side;
  for (let i = 0; i < count; i++) {
    let from = tileAt<T>(k + 1 + i, k);
    for (let row = i * side; row < (i + 1) * side; row++) {
      let target = columns + (<usize>row << 3);
      for (const end = from + rowBytesOf<T>(); from < end; from += sizeof<T>(), target += columnBytes) {
        store<f64>(target, <f64>load<T>(from));
      }
    }
  }
  factorPanel(columns, columnBytes, rows, r, tau, tau + 1024);
  const head = tileAt<T>(k + 1, k);
  for (let i: usize = 0; i < <usize>(side * side); i++) {
    store<T>(head + i * sizeof<T>(), <T>load<f64>(r + (i << 3)));
  }
  for (let row = 0; row < rows; row++) {
    let from = columns + (<usize>row << 3);
    let target = v + <usize>row * rowBytesOf<T>();
    for (const end = target + rowBytesOf<T>(); target < end; target += sizeof<T>(), from += columnBytes) {
      store<T>(target, <T>load<f64>(from));
    }
  }
  memory.fill(product, 0, <usize>count * tileBytesOf<T>());
  return (count + groupRows - 1) / groupRows;
}

/** Adds groups [first, last) of tile rows of the trailing matrix, and their mirror image, times V to the product A V. */
export function multiplyGroups(k: i32, first: i32, last: i32): void {
  if (isSingle) multiply<f32>(k, first, last);
  else multiply<f64>(k, first, last);
}

function multiply<T>(k: i32, first: i32, last: i32): void {
  const tileBytes = tileBytesOf<T>();
  const count = tileRows - 1 - k;
  const origin = k + 1;
  for (let top = first * groupRows; top < min(count, last * groupRows); top += groupRows) {
    const bottom = min(count, top + groupRows) - 1;
    for (let start = 0; start <= bottom; start += chunkColumns) {
      const end = min(start + chunkColumns - 1, bottom);
      for (let row = top; row <= bottom; row++) {
        const lastColumn = min(end, row);
        if (lastColumn < start) continue;
        const a = tileAt<T>(origin + row, origin + start);
        const target = product + <usize>row * tileBytes;
        addProducts<T>(lastColumn - start + 1, a, v + <usize>start * tileBytes, target, true);
      }
      for (let column = start; column <= end; column++) {
        const row = max(column + 1, top);
        if (row > bottom) continue;
        const stride = <usize>(origin + row + 1) * tileBytes;
        const a = tileAt<T>(origin + row, origin + column);
        const target = product + <usize>column * tileBytes;
        const b = v + <usize>row * tileBytes;
        addTransposedProducts<T>(bottom - row + 1, a, stride, tileBytes, b, target);
      }
    }
  }
}

/** W from the product A V, and the operands of the update. */
export function formUpdate(k: i32): void {
  if (isSingle) form<f32>(k);
  else form<f64>(k);
}

function form<T>(k: i32): void {
  const tileBytes = tileBytesOf<T>();
  const count = tileRows - 1 - k;
  const s = small;
  const t = s + tileBytes;
  const m = t + tileBytes;
  const n = m + tileBytes;
  memory.fill(s, 0, 4 * tileBytes);
  addTransposedProducts<T>(count, v, tileBytes, 0, v, s);
  formT<T>(s, t);
  for (let i: usize = 0; i < <usize>count * tileBytes; i += tileBytes) {
    addProducts<T>(1, product + i, t, w + i, false);
  }
  addTransposedProducts<T>(count, v, tileBytes, 0, w, m);
  addTransposedProducts<T>(1, t, 0, 0, m, n);
  scaleOf<T>(n, side * side, -0.5);
  for (let i = 0; i < count; i++) {
    const at = <usize>i * tileBytes;
    addProducts<T>(1, v + at, n, w + at, true);
    placeOperands<T>(v + at, w + at, left + 2 * at, right + 2 * at);
  }
}

/** T of Q = I − V T Vᵀ from S = VᵀV: column j is −τ_j T s_j above the diagonal and τ_j on it. */
function formT<T>(s: usize, t: usize): void {
  for (let j = 0; j < side; j++) {
    const tj = load<f64>(tau + (<usize>j << 3));
    for (let i = 0; i < j; i++) {
      let sum: f64 = 0;
      for (let q = i; q < j; q++) sum += entry<T>(t, i, q) * entry<T>(s, q, j);
      setEntry<T>(t, i, j, -tj * sum);
    }
    setEntry<T>(t, j, j, tj);
  }
}

// @ts-ignore: decorator
@inline
function entry<T>(tile: usize, row: i32, column: i32): f64 {
  return <f64>load<T>(tile + <usize>(row * side + column) * sizeof<T>());
}

// @ts-ignore: decorator
@inline
function setEntry<T>(tile: usize, row: i32, column: i32, value: f64): void {
  store<T>(tile + <usize>(row * side + column) * sizeof<T>(), <T>value);
}

function placeOperands<T>(vTile: usize, wTile: usize, wide: usize, tall: usize): void {
  const rowBytes = rowBytesOf<T>();
  for (let row: usize = 0; row < <usize>side; row++) {
    const at = row * rowBytes;
    memory.copy(wide + 2 * at, vTile + at, rowBytes);
    memory.copy(wide + 2 * at + rowBytes, wTile + at, rowBytes);
    let target = tall + row * sizeof<T>();
    for (let c: usize = 0; c < rowBytes; c += sizeof<T>(), target += rowBytes) {
      store<T>(target, -load<T>(wTile + at + c));
      store<T>(target + tileBytesOf<T>(), -load<T>(vTile + at + c));
    }
  }
}

/** A ← A − V Wᵀ − W Vᵀ in groups [first, last). */
export function updateGroups(k: i32, first: i32, last: i32): void {
  if (isSingle) update<f32>(k, first, last);
  else update<f64>(k, first, last);
}

function update<T>(k: i32, first: i32, last: i32): void {
  const tileBytes = tileBytesOf<T>();
  const count = tileRows - 1 - k;
  for (let top = first * groupRows; top < min(count, last * groupRows); top += groupRows) {
    const bottom = min(count, top + groupRows) - 1;
    for (let column = 0; column <= bottom; column++) {
      const b = right + 2 * <usize>column * tileBytes;
      for (let row = max(top, column); row <= bottom; row++) {
        addWideProduct<T>(left + 2 * <usize>row * tileBytes, b, tileAt<T>(k + 1 + row, k + 1 + column));
      }
    }
  }
}

/** Copies the band to columns of 50 doubles, the diagonal first. Returns where it begins. */
export function finishBand(n: i32, target: usize): usize {
  return isSingle ? finish<f32>(n, target) : finish<f64>(n, target);
}

function finish<T>(n: i32, target: usize): usize {
  const stride: usize = 2 * doubleRow + 16;
  // One vector before the first column, and four tiles of zeros after the last, are read by the chase.
  memory.fill(target, 0, 64 + <usize>(n + 4 * side) * stride);
  const band = target + 64;
  for (let j = 0; j < n; j++) {
    const tile = j / side;
    const c = j % side;
    const column = band + <usize>j * stride;
    const diagonal = tileAt<T>(tile, tile);
    for (let i = c; i < side; i++) store<f64>(column + (<usize>(i - c) << 3), entry<T>(diagonal, i, c));
    if (tile + 1 === tileRows) continue;
    const below = tileAt<T>(tile + 1, tile);
    for (let i = 0; i <= c; i++) store<f64>(column + (<usize>(side + i - c) << 3), entry<T>(below, i, c));
  }
  return band;
}
