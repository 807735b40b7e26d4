import { countBins } from './bins';
import { addLines } from './lines';
import { laneSum, madd } from './vector';

/** Elements of a block, whose sums are merged by the host. */
const blockLength = 2048;
/** Bytes of a block's record of 14 doubles. */
const recordBytes: usize = 128;
/** Share of the mean in the square sum from which central sums are added up in a pass of their own. */
const largeMean: f64 = 0.1;

let finite: i32 = 0;
let sum: f64 = 0;
let sumAbs: f64 = 0;
let squares: f64 = 0;
let cubes: f64 = 0;
let fourths: f64 = 0;
let lowest: f64 = 0;
let highest: f64 = 0;
let largest: f64 = 0;
/** Elements below the least normal number, zeros included. */
let below: i32 = 0;
let zeros: i32 = 0;
let negativeZeros: i32 = 0;
let saturated: i32 = 0;

/**
 * One record a block: finite elements, sum, sum of magnitudes, of squares, central sums of the 2nd to 4th power, minimum, maximum,
 * zeros, negative zeros, subnormals, saturated, elements outside of the bins. Sums are those of the elements times `inverse`.
 * `spare`: room for a block of doubles. `bins` is 0 where none are counted.
 */
export function measureFloats(values: usize, count: i32, spare: usize, records: usize, bins: usize, lines: i32): void {
  measureBlocks<f32>(values, count, 1, spare, records, bins, lines);
}

export function measureDoubles(
  values: usize,
  count: i32,
  inverse: f64,
  spare: usize,
  records: usize,
  bins: usize,
  lines: i32,
): void {
  measureBlocks<f64>(values, count, inverse, spare, records, bins, lines);
}

/** Largest finite magnitude of each block of doubles. */
export function largestDoubles(values: usize, count: i32, results: usize): void {
  for (let start = 0; start < count; start += blockLength) {
    const from = values + (<usize>start << 3);
    const end = from + (<usize>min(blockLength, count - start) << 3);
    let most = f64x2.splat(0);
    let at = from;
    // A comparison with NaN keeps what there was.
    for (; at + 16 <= end; at += 16) most = f64x2.pmax(most, f64x2.abs(v128.load(at)));
    let largest = max(f64x2.extract_lane(most, 0), f64x2.extract_lane(most, 1));
    if (largest === Infinity) {
      largest = 0;
      at = from;
    }
    for (; at < end; at += 8) {
      const magnitude = abs<f64>(load<f64>(at));
      if (magnitude > largest && magnitude < Infinity) largest = magnitude;
    }
    store<f64>(results, largest);
    results += 8;
  }
}

function measureBlocks<T extends number>(
  values: usize,
  count: i32,
  inverse: f64,
  spare: usize,
  records: usize,
  bins: usize,
  lines: i32,
): void {
  for (let start = 0; start < count; start += blockLength) {
    const length = min(blockLength, count - start);
    const from = values + <usize>start * sizeof<T>();
    const end = from + <usize>length * sizeof<T>();
    if (length % 4 !== 0 || !scan<T>(from, end)) scanSingly<T>(from, end);
    zeros = 0;
    negativeZeros = 0;
    saturated = 0;
    if (below > 0) countZeros<T>(from, end);
    if (largest >= saturation<T>()) countSaturated<T>(from, end);
    const copied = finite < length || inverse !== 1;
    if (copied) gatherFinite<T>(from, end, inverse, spare);
    const source = copied ? spare : from;
    addUp<T>(source, finite);
    centralSums<T>(source, finite, records);
    if (lines) {
      if (finite < length) clearOthers<T>(from, end, inverse, spare);
      addLines<T>(source, from, length, zeros);
    }
    const outside = bins ? countBins<T>(from, end, bins) : 0;
    store<f64>(records, finite);
    store<f64>(records, sum, 8);
    store<f64>(records, sumAbs, 16);
    store<f64>(records, squares, 24);
    store<f64>(records, lowest, 56);
    store<f64>(records, highest, 64);
    store<f64>(records, zeros, 72);
    store<f64>(records, negativeZeros, 80);
    store<f64>(records, below - zeros, 88);
    store<f64>(records, saturated, 96);
    store<f64>(records, outside - zeros, 104);
    records += recordBytes;
  }
}

// @ts-ignore: decorator
@inline
function saturation<T extends number>(): f64 {
  return 0.98 * (sizeof<T>() === 4 ? <f64>f32.MAX_VALUE : f64.MAX_VALUE);
}

// @ts-ignore: decorator
@inline
function leastNormal<T extends number>(): f64 {
  return sizeof<T>() === 4 ? <f64>f32.MIN_NORMAL_VALUE : f64.MIN_NORMAL_VALUE;
}

/** Extremes; whether all elements are finite. */
function scan<T extends number>(from: usize, end: usize): bool {
  finite = <i32>((end - from) / sizeof<T>());
  return sizeof<T>() === 4 ? scanFloats(from, end) : scanDoubles(from, end);
}

/** Magnitudes are compared on the bits; what is not finite comes out on top. */
function scanFloats(from: usize, end: usize): bool {
  const mask = i32x4.splat(0x7fffffff);
  const normal = i32x4.splat(0x00800000);
  let most = i32x4.splat(0);
  let few = i32x4.splat(0);
  let low = f32x4.splat(f32.MAX_VALUE);
  let high = f32x4.splat(-f32.MAX_VALUE);
  for (; from < end; from += 16) {
    const value = v128.load(from);
    const magnitude = v128.and(value, mask);
    most = i32x4.max_s(most, magnitude);
    few = i32x4.sub(few, i32x4.lt_s(magnitude, normal));
    low = f32x4.pmin(low, value);
    high = f32x4.pmax(high, value);
  }
  if (v128.any_true(i32x4.ge_s(most, i32x4.splat(0x7f800000)))) return false;
  below =
    i32x4.extract_lane(few, 0) + i32x4.extract_lane(few, 1) + i32x4.extract_lane(few, 2) + i32x4.extract_lane(few, 3);
  low = f32x4.pmin(low, i32x4.shuffle(low, low, 2, 3, 0, 1));
  high = f32x4.pmax(high, i32x4.shuffle(high, high, 2, 3, 0, 1));
  lowest = min(f32x4.extract_lane(low, 0), f32x4.extract_lane(low, 1));
  highest = max(f32x4.extract_lane(high, 0), f32x4.extract_lane(high, 1));
  largest = max(abs(lowest), abs(highest));
  return true;
}

function scanDoubles(from: usize, end: usize): bool {
  const normal = f64x2.splat(f64.MIN_NORMAL_VALUE);
  let few = i64x2.splat(0);
  let low = f64x2.splat(f64.MAX_VALUE);
  let high = f64x2.splat(-f64.MAX_VALUE);
  // x − x is NaN for what is not finite, and stays in the sum.
  let odd = f64x2.splat(0);
  for (; from < end; from += 16) {
    const value = v128.load(from);
    odd = f64x2.add(odd, f64x2.sub(value, value));
    few = i64x2.sub(few, f64x2.lt(f64x2.abs(value), normal));
    low = f64x2.pmin(low, value);
    high = f64x2.pmax(high, value);
  }
  if (laneSum(odd) !== 0) return false;
  below = <i32>(i64x2.extract_lane(few, 0) + i64x2.extract_lane(few, 1));
  lowest = min(f64x2.extract_lane(low, 0), f64x2.extract_lane(low, 1));
  highest = max(f64x2.extract_lane(high, 0), f64x2.extract_lane(high, 1));
  largest = max(abs(lowest), abs(highest));
  return true;
}

/** The same one by one: for blocks with elements that are not finite, which are passed over, and for odd ends. */
function scanSingly<T extends number>(from: usize, end: usize): void {
  finite = 0;
  below = 0;
  lowest = Infinity;
  highest = -Infinity;
  largest = 0;
  for (; from < end; from += sizeof<T>()) {
    const value = <f64>load<T>(from);
    const magnitude = abs<f64>(value);
    if (!(magnitude < Infinity)) continue;
    finite++;
    if (magnitude < leastNormal<T>()) below++;
    lowest = min(lowest, value);
    highest = max(highest, value);
    largest = max(largest, magnitude);
  }
}

function countZeros<T extends number>(from: usize, end: usize): void {
  for (; from < end; from += sizeof<T>()) {
    if (sizeof<T>() === 4) {
      const bits = load<u32>(from);
      zeros += <i32>(bits << 1 === 0);
      negativeZeros += <i32>(bits === 0x80000000);
    } else {
      const bits = load<u64>(from);
      zeros += <i32>(bits << 1 === 0);
      negativeZeros += <i32>(bits === 0x8000000000000000);
    }
  }
}

function countSaturated<T extends number>(from: usize, end: usize): void {
  for (; from < end; from += sizeof<T>()) {
    const magnitude = abs<f64>(<f64>load<T>(from));
    saturated += <i32>(magnitude >= saturation<T>() && magnitude < Infinity);
  }
}

/** Finite elements one after the other. */
function gatherFinite<T extends number>(from: usize, end: usize, inverse: f64, target: usize): void {
  for (; from < end; from += sizeof<T>()) {
    const value = <f64>load<T>(from);
    if (!(abs<f64>(value) < Infinity)) continue;
    store<T>(target, <T>(value * inverse));
    target += sizeof<T>();
  }
}

/** All elements in their places, 0 for those that are not finite. */
function clearOthers<T extends number>(from: usize, end: usize, inverse: f64, target: usize): void {
  for (; from < end; from += sizeof<T>(), target += sizeof<T>()) {
    const value = <f64>load<T>(from);
    store<T>(target, abs<f64>(value) < Infinity ? <T>(value * inverse) : <T>0);
  }
}

/** Two elements as doubles. */
// @ts-ignore: decorator
@inline
function pair<T extends number>(at: usize): v128 {
  return sizeof<T>() === 4 ? f64x2.promote_low_f32x4(v128.load64_zero(at)) : v128.load(at);
}

/** Power sums. */
function addUp<T extends number>(from: usize, length: i32): void {
  const none = f64x2.splat(0);
  let s = none;
  let a = none;
  let s2 = none;
  let s3 = none;
  let s4 = none;
  let t2 = none;
  let t3 = none;
  let t4 = none;
  const end = from + <usize>length * sizeof<T>();
  for (const whole = from + <usize>(length & ~3) * sizeof<T>(); from < whole; from += 4 * sizeof<T>()) {
    const x = pair<T>(from);
    const y = pair<T>(from + 2 * sizeof<T>());
    s = f64x2.add(s, f64x2.add(x, y));
    a = f64x2.add(a, f64x2.add(f64x2.abs(x), f64x2.abs(y)));
    const x2 = f64x2.mul(x, x);
    const y2 = f64x2.mul(y, y);
    s2 = f64x2.add(s2, x2);
    t2 = f64x2.add(t2, y2);
    s3 = madd(x2, x, s3);
    t3 = madd(y2, y, t3);
    s4 = madd(x2, x2, s4);
    t4 = madd(y2, y2, t4);
  }
  sum = laneSum(s);
  sumAbs = laneSum(a);
  squares = laneSum(f64x2.add(s2, t2));
  cubes = laneSum(f64x2.add(s3, t3));
  fourths = laneSum(f64x2.add(s4, t4));
  for (; from < end; from += sizeof<T>()) {
    const x = <f64>load<T>(from);
    const x2 = x * x;
    sum += x;
    sumAbs += abs(x);
    squares += x2;
    cubes += x2 * x;
    fourths += x2 * x2;
  }
}

/** From the power sums where little cancels, else with the mean subtracted from each element. */
function centralSums<T extends number>(from: usize, length: i32, record: usize): void {
  const n = <f64>length;
  const mean = length > 0 ? sum / n : 0;
  const mean2 = mean * mean;
  if (n * mean2 <= largeMean * squares) {
    store<f64>(record, squares - n * mean2, 32);
    store<f64>(record, cubes - 3 * mean * squares + 2 * n * mean2 * mean, 40);
    store<f64>(record, fourths - 4 * mean * cubes + 6 * mean2 * squares - 3 * n * mean2 * mean2, 48);
    return;
  }
  const m = f64x2.splat(mean);
  let s2 = f64x2.splat(0);
  let s3 = s2;
  let s4 = s2;
  const end = from + <usize>length * sizeof<T>();
  for (const whole = from + <usize>(length & ~1) * sizeof<T>(); from < whole; from += 2 * sizeof<T>()) {
    const x = f64x2.sub(pair<T>(from), m);
    const x2 = f64x2.mul(x, x);
    s2 = f64x2.add(s2, x2);
    s3 = madd(x2, x, s3);
    s4 = madd(x2, x2, s4);
  }
  let m2 = laneSum(s2);
  let m3 = laneSum(s3);
  let m4 = laneSum(s4);
  if (from < end) {
    const x = <f64>load<T>(from) - mean;
    const x2 = x * x;
    m2 += x2;
    m3 += x2 * x;
    m4 += x2 * x2;
  }
  store<f64>(record, m2, 32);
  store<f64>(record, m3, 40);
  store<f64>(record, m4, 48);
}
