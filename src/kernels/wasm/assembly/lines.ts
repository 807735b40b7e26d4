import { laneSum } from './vector';

/** Bytes of an axis: size, row step, column step and index, 32 bits each. */
const axisBytes: usize = 16;

let axes: usize = 0;
let axisCount: i32 = 0;
let innerSize: i32 = 0;
let rowStep: i32 = 0;
let columnStep: i32 = 0;
let firstRow: i32 = 0;
let firstColumn: i32 = 0;
let used: i32 = 0;

let squares: usize = 0;
let maxima: usize = 0;
let rowZeros: usize = 0;
let columnSquares: usize = 0;
let columnZeros: usize = 0;
let bitmap: usize = 0;
let bitmapStride: usize = 0;

/**
 * Begins a walk over the canonical matrix in stored order, by axes of a view (slowest first). Per row: square sums, maxima (of the
 * elements' type) and zeros (u32); per column: square sums and zeros; and a bit for each zero in `bitmap`, rows of `stride` bytes,
 * unless that is 0. All is in the host's hands and has been cleared.
 */
export function beginLines(
  axesAt: usize,
  count: i32,
  squaresAt: usize,
  maximaAt: usize,
  rowZerosAt: usize,
  columnSquaresAt: usize,
  columnZerosAt: usize,
  bitmapAt: usize,
  stride: usize,
): void {
  axes = axesAt;
  axisCount = count;
  const inner = axes + <usize>(count - 1) * axisBytes;
  innerSize = load<i32>(inner);
  rowStep = load<i32>(inner, 4);
  columnStep = load<i32>(inner, 8);
  firstRow = 0;
  firstColumn = 0;
  used = 0;
  squares = squaresAt;
  maxima = maximaAt;
  rowZeros = rowZerosAt;
  columnSquares = columnSquaresAt;
  columnZeros = columnZerosAt;
  bitmap = bitmapAt;
  bitmapStride = stride;
}

/** The next elements. `values` are those to be squared, finite and scaled; `raw` as they are stored. */
export function addLines<T extends number>(values: usize, raw: usize, count: i32, zeros: i32): void {
  while (count > 0) {
    const length = min(count, innerSize - used);
    const row = firstRow + used * rowStep;
    const column = firstColumn + used * columnStep;
    const end = values + <usize>length * sizeof<T>();
    if (rowStep === 0) {
      const across = columnSquares + (<usize>column << 3);
      const sum = columnStep === 1 ? addSquares<T>(values, end, across) : addStepped<T>(values, end, across, columnStep);
      const at = squares + (<usize>row << 3);
      store<f64>(at, load<f64>(at) + sum);
      const maximum = maxima + <usize>row * sizeof<T>();
      store<T>(maximum, max<T>(load<T>(maximum), largestOf<T>(raw, length)));
      if (zeros > 0) markAlongRow<T>(raw, length, row, column);
    } else {
      const across = squares + (<usize>row << 3);
      const sum = rowStep === 1 ? addSquares<T>(values, end, across) : addStepped<T>(values, end, across, rowStep);
      const at = columnSquares + (<usize>column << 3);
      store<f64>(at, load<f64>(at) + sum);
      raiseMaxima<T>(raw, length, maxima + <usize>row * sizeof<T>());
      if (zeros > 0) markAlongColumn<T>(raw, length, row, column);
    }
    values = end;
    raw += <usize>length * sizeof<T>();
    count -= length;
    used += length;
    if (used === innerSize) {
      used = 0;
      advance();
    }
  }
}

function advance(): void {
  for (let a = axisCount - 2; a >= 0; a--) {
    const axis = axes + <usize>a * axisBytes;
    const size = load<i32>(axis);
    const index = load<i32>(axis, 12) + 1;
    firstRow += load<i32>(axis, 4);
    firstColumn += load<i32>(axis, 8);
    if (index < size) {
      store<i32>(axis, index, 12);
      return;
    }
    store<i32>(axis, 0, 12);
    firstRow -= size * load<i32>(axis, 4);
    firstColumn -= size * load<i32>(axis, 8);
  }
}

// @ts-ignore: decorator
@inline
function pair<T extends number>(at: usize): v128 {
  return sizeof<T>() === 4 ? f64x2.promote_low_f32x4(v128.load64_zero(at)) : v128.load(at);
}

/** Adds squares to doubles that lie side by side; returns their sum. */
function addSquares<T extends number>(from: usize, end: usize, across: usize): f64 {
  let s = f64x2.splat(0);
  let t = s;
  for (; from + 4 * sizeof<T>() <= end; from += 4 * sizeof<T>(), across += 32) {
    const x = pair<T>(from);
    const x2 = f64x2.mul(x, x);
    v128.store(across, f64x2.add(v128.load(across), x2));
    s = f64x2.add(s, x2);
    const y = pair<T>(from + 2 * sizeof<T>());
    const y2 = f64x2.mul(y, y);
    v128.store(across, f64x2.add(v128.load(across, 16), y2), 16);
    t = f64x2.add(t, y2);
  }
  let sum = laneSum(f64x2.add(s, t));
  for (; from < end; from += sizeof<T>(), across += 8) {
    const x = <f64>load<T>(from);
    store<f64>(across, load<f64>(across) + x * x);
    sum += x * x;
  }
  return sum;
}

function addStepped<T extends number>(from: usize, end: usize, across: usize, step: i32): f64 {
  let sum: f64 = 0;
  for (; from < end; from += sizeof<T>(), across += <usize>step << 3) {
    const x = <f64>load<T>(from);
    store<f64>(across, load<f64>(across) + x * x);
    sum += x * x;
  }
  return sum;
}

/** Largest finite magnitude. Those of f32 compare as their bits do. */
function largestOf<T extends number>(from: usize, length: i32): T {
  const end = from + <usize>length * sizeof<T>();
  if (sizeof<T>() === 4) {
    const mask = i32x4.splat(0x7fffffff);
    let most = i32x4.splat(0);
    let start = from;
    for (; start + 16 <= end; start += 16) most = i32x4.max_s(most, v128.and(v128.load(start), mask));
    let largest = max(
      max(i32x4.extract_lane(most, 0), i32x4.extract_lane(most, 1)),
      max(i32x4.extract_lane(most, 2), i32x4.extract_lane(most, 3)),
    );
    for (; start < end; start += 4) largest = max(largest, load<i32>(start) & 0x7fffffff);
    if (largest < 0x7f800000) return <T>reinterpret<f32>(largest);
  }
  let largest: T = 0;
  for (; from < end; from += sizeof<T>()) {
    const magnitude = abs<T>(load<T>(from));
    if (magnitude > largest && magnitude < <T>Infinity) largest = magnitude;
  }
  return largest;
}

function raiseMaxima<T extends number>(from: usize, length: i32, at: usize): void {
  const end = from + <usize>length * sizeof<T>();
  if (sizeof<T>() === 4 && rowStep === 1) {
    const mask = i32x4.splat(0x7fffffff);
    const limit = i32x4.splat(0x7f800000);
    for (; from + 16 <= end; from += 16, at += 16) {
      const magnitude = v128.and(v128.load(from), mask);
      const kept = v128.and(magnitude, i32x4.lt_s(magnitude, limit));
      v128.store(at, i32x4.max_s(v128.load(at), kept));
    }
  }
  const step = <usize>rowStep * sizeof<T>();
  for (; from < end; from += sizeof<T>(), at += step) {
    const magnitude = abs<T>(load<T>(from));
    if (magnitude > load<T>(at) && magnitude < <T>Infinity) store<T>(at, magnitude);
  }
}

// @ts-ignore: decorator
@inline
function isZero<T extends number>(at: usize): u32 {
  return sizeof<T>() === 4 ? <u32>(load<u32>(at) << 1 === 0) : <u32>(load<u64>(at) << 1 === 0);
}

function markAlongRow<T extends number>(from: usize, length: i32, row: i32, column: i32): void {
  let total: u32 = 0;
  const line = bitmap + <usize>row * bitmapStride;
  for (let i = 0; i < length;) {
    // As far as one word of the bitmap goes.
    const first = column;
    let bits: u32 = 0;
    if (columnStep === 1 && (first & 31) === 0 && i + 32 <= length) {
      bits = zeroBits<T>(from);
      from += 32 * sizeof<T>();
      column += 32;
      i += 32;
    } else {
      do {
        bits |= isZero<T>(from) << (column & 31);
        from += sizeof<T>();
        column += columnStep;
        i++;
      } while (i < length && column >>> 5 === first >>> 5);
    }
    if (bits === 0) continue;
    total += popcnt<u32>(bits);
    const count = columnZeros + (<usize>(first & ~31) << 2);
    for (let rest = bits; rest !== 0; rest &= rest - 1) {
      const at = count + (<usize>ctz<u32>(rest) << 2);
      store<u32>(at, load<u32>(at) + 1);
    }
    const word = line + (<usize>(first >>> 5) << 2);
    if (bitmap) store<u32>(word, load<u32>(word) | bits);
  }
  const count = rowZeros + (<usize>row << 2);
  store<u32>(count, load<u32>(count) + total);
}

/** A bit for each of 32 elements. */
function zeroBits<T extends number>(from: usize): u32 {
  const none = i32x4.splat(0);
  let bits: u32 = 0;
  const perVector = 16 / <i32>sizeof<T>();
  for (let shift = 0; shift < 32; shift += perVector, from += 16) {
    const value = v128.load(from);
    const found =
      sizeof<T>() === 4
        ? i32x4.bitmask(i32x4.eq(i32x4.shl(value, 1), none))
        : i64x2.bitmask(i64x2.eq(i64x2.shl(value, 1), none));
    bits |= <u32>found << shift;
  }
  return bits;
}

/** Without a branch on the elements: half of them may be zero. */
function markAlongColumn<T extends number>(from: usize, length: i32, row: i32, column: i32): void {
  let total: u32 = 0;
  let word = bitmap + <usize>row * bitmapStride + (<usize>(column >>> 5) << 2);
  const shift = column & 31;
  let count = rowZeros + (<usize>row << 2);
  for (let i = 0; i < length; i++) {
    const zero = isZero<T>(from);
    store<u32>(count, load<u32>(count) + zero);
    total += zero;
    if (bitmap) store<u32>(word, load<u32>(word) | (zero << shift));
    from += sizeof<T>();
    count += <usize>rowStep << 2;
    word += <usize>rowStep * bitmapStride;
  }
  const at = columnZeros + (<usize>column << 2);
  store<u32>(at, load<u32>(at) + total);
}
