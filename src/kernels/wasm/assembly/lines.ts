const magnitudeBits = 0x7fffffff;
const infinityBits = 0x7f800000;

let zeros: i32 = 0;
let largest: i32 = 0;

/**
 * Lines of f32: runs along which only the row or only the column index changes, by one. Line i has lengths[i] elements and begins
 * at offsets[i] across; squares (and magnitudes, where `maxima` is not 0) are gathered across, and each line's square sum,
 * largest magnitude and zeros go to `results`. Elements that are not finite are passed over.
 */
export function addLines(
  values: usize,
  lines: i32,
  lengths: usize,
  offsets: usize,
  squares: usize,
  maxima: usize,
  results: usize,
): void {
  for (let line = 0; line < lines; line++) {
    const length = load<i32>(lengths + (<usize>line << 2));
    const offset = <usize>load<i32>(offsets + (<usize>line << 2));
    const end = values + (<usize>length << 2);
    scanLine(values, end);
    const across = squares + (offset << 3);
    let sum: f64;
    if (largest >= infinityBits) sum = addFinite(values, end, across);
    else sum = addSquares(values, end, across);
    if (maxima) raiseMaxima(values, end, maxima + (offset << 2));
    store<f64>(results, sum);
    store<f64>(results, <f64>reinterpret<f32>(largest), 8);
    store<f64>(results, zeros, 16);
    results += 24;
    values = end;
  }
}

function scanLine(from: usize, end: usize): void {
  const mask = i32x4.splat(magnitudeBits);
  const none = i32x4.splat(0);
  let high = none;
  let zero = none;
  for (; from + 16 <= end; from += 16) {
    const magnitude = v128.and(v128.load(from), mask);
    high = i32x4.max_s(high, magnitude);
    zero = i32x4.sub(zero, i32x4.eq(magnitude, none));
  }
  largest = max(
    max(i32x4.extract_lane(high, 0), i32x4.extract_lane(high, 1)),
    max(i32x4.extract_lane(high, 2), i32x4.extract_lane(high, 3)),
  );
  zeros =
    i32x4.extract_lane(zero, 0) +
    i32x4.extract_lane(zero, 1) +
    i32x4.extract_lane(zero, 2) +
    i32x4.extract_lane(zero, 3);
  for (; from < end; from += 4) {
    const magnitude = load<i32>(from) & magnitudeBits;
    largest = max(largest, magnitude);
    if (magnitude === 0) zeros++;
  }
}

function addSquares(from: usize, end: usize, across: usize): f64 {
  let s0 = f64x2.splat(0);
  let s1 = s0;
  for (; from + 16 <= end; from += 16, across += 32) {
    const x = f64x2.promote_low_f32x4(v128.load64_zero(from));
    const y = f64x2.promote_low_f32x4(v128.load64_zero(from, 8));
    const x2 = f64x2.mul(x, x);
    const y2 = f64x2.mul(y, y);
    v128.store(across, f64x2.add(v128.load(across), x2));
    v128.store(across, f64x2.add(v128.load(across, 16), y2), 16);
    s0 = f64x2.add(s0, x2);
    s1 = f64x2.add(s1, y2);
  }
  const s = f64x2.add(s0, s1);
  let sum = f64x2.extract_lane(s, 0) + f64x2.extract_lane(s, 1);
  for (; from < end; from += 4, across += 8) {
    const x = <f64>load<f32>(from);
    store<f64>(across, load<f64>(across) + x * x);
    sum += x * x;
  }
  return sum;
}

/** The same for a line with elements that are not finite; sets `largest` anew. */
function addFinite(from: usize, end: usize, across: usize): f64 {
  let sum: f64 = 0;
  largest = 0;
  for (; from < end; from += 4, across += 8) {
    const magnitude = load<i32>(from) & magnitudeBits;
    if (magnitude >= infinityBits) continue;
    largest = max(largest, magnitude);
    const x = <f64>load<f32>(from);
    store<f64>(across, load<f64>(across) + x * x);
    sum += x * x;
  }
  return sum;
}

/** Magnitudes compare as their bits do. */
function raiseMaxima(from: usize, end: usize, maxima: usize): void {
  const mask = i32x4.splat(magnitudeBits);
  const limit = i32x4.splat(infinityBits);
  for (; from + 16 <= end; from += 16, maxima += 16) {
    const magnitude = v128.and(v128.load(from), mask);
    const kept = v128.and(magnitude, i32x4.lt_s(magnitude, limit));
    v128.store(maxima, i32x4.max_s(v128.load(maxima), kept));
  }
  for (; from < end; from += 4, maxima += 4) {
    const magnitude = load<i32>(from) & magnitudeBits;
    if (magnitude < infinityBits) store<i32>(maxima, max(load<i32>(maxima), magnitude));
  }
}

/** bf16 to f32: the upper half of its bits. Reads and writes whole vectors of four. */
export function decodeBrain(source: usize, count: i32, target: usize): void {
  for (let i = 0; i < count; i += 4, source += 8, target += 16) {
    v128.store(target, i32x4.shl(v128.load16x4_u(source), 16));
  }
}

/** f16 to f32, in the same way: the exponent is moved to its new bias; subnormals are normalised by a subtraction. */
export function decodeHalf(source: usize, count: i32, target: usize): void {
  const rebias = i32x4.splat(112 << 23);
  const exponentBits = i32x4.splat(0x0f800000);
  for (let i = 0; i < count; i += 4, source += 8, target += 16) {
    const code = v128.load16x4_u(source);
    const sign = i32x4.shl(v128.and(code, i32x4.splat(0x8000)), 16);
    const bits = i32x4.shl(v128.and(code, i32x4.splat(0x7fff)), 13);
    const exponent = v128.and(bits, exponentBits);
    const special = v128.and(i32x4.eq(exponent, exponentBits), rebias);
    const subnormal = i32x4.eq(exponent, i32x4.splat(0));
    const raised = i32x4.add(i32x4.add(bits, rebias), special);
    const shifted = i32x4.add(raised, v128.and(subnormal, i32x4.splat(1 << 23)));
    const value = f32x4.sub(shifted, v128.and(subnormal, f32x4.splat(6.103515625e-5)));
    v128.store(target, v128.or(value, sign));
  }
}
