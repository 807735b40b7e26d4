/** Elements of a block, whose sums are merged by the host. */
const blockLength = 2048;
/** Bytes of a block's record of 13 doubles. */
const recordBytes: usize = 128;
const magnitudeBits = 0x7fffffff;
const infinityBits = 0x7f800000;
const smallestNormalBits = 0x00800000;

let finite: f64 = 0;
let sum: f64 = 0;
let sumAbs: f64 = 0;
let squares: f64 = 0;
let lowest: f32 = 0;
let highest: f32 = 0;
let zeros: i32 = 0;
let negativeZeros: i32 = 0;
let subnormals: i32 = 0;
let saturated: i32 = 0;

/**
 * One record a block of f32: finite elements, sum, sum of magnitudes, of squares, central sums of the 2nd to 4th power, minimum,
 * maximum, zeros, negative zeros, subnormals, saturated. `histogram`: four tables of 2048 counts by sign, exponent and the top two
 * bits of the mantissa, zeros and subnormals in the bins of exponent 0.
 */
export function measureBlocks(
  values: usize,
  count: i32,
  saturationBits: i32,
  records: usize,
  histogram: usize,
): void {
  for (let start = 0; start < count; start += blockLength) {
    const length = min(blockLength, count - start);
    const from = values + (<usize>start << 2);
    const end = from + (<usize>length << 2);
    if (length % 4 === 0 && scan(from, end, saturationBits)) {
      finite = length;
      addUp(from, end);
      countExponents(from, end, histogram);
      centralSums(from, end, sum / finite, records);
    } else {
      scanSingly(from, end, saturationBits, histogram);
      centralSumsSingly(from, end, finite > 0 ? sum / finite : 0, records);
    }
    store<f64>(records, finite);
    store<f64>(records, sum, 8);
    store<f64>(records, sumAbs, 16);
    store<f64>(records, squares, 24);
    store<f64>(records, lowest, 56);
    store<f64>(records, highest, 64);
    store<f64>(records, zeros, 72);
    store<f64>(records, negativeZeros, 80);
    store<f64>(records, subnormals, 88);
    store<f64>(records, saturated, 96);
    records += recordBytes;
  }
}

/** Counts and extremes, on the bits; whether all elements are finite. */
function scan(from: usize, end: usize, saturationBits: i32): bool {
  const mask = i32x4.splat(magnitudeBits);
  const none = i32x4.splat(0);
  const minusZero = i32x4.splat(0x80000000);
  const normal = i32x4.splat(smallestNormalBits);
  const saturation = i32x4.splat(saturationBits);
  let largest = none;
  let zero = none;
  let negative = none;
  let below = none;
  let full = none;
  let low = f32x4.splat(f32.MAX_VALUE);
  let high = f32x4.splat(-f32.MAX_VALUE);
  for (; from < end; from += 16) {
    const value = v128.load(from);
    const magnitude = v128.and(value, mask);
    largest = i32x4.max_s(largest, magnitude);
    zero = i32x4.sub(zero, i32x4.eq(magnitude, none));
    negative = i32x4.sub(negative, i32x4.eq(value, minusZero));
    below = i32x4.sub(below, i32x4.lt_s(magnitude, normal));
    full = i32x4.sub(full, i32x4.ge_s(magnitude, saturation));
    low = f32x4.min(low, value);
    high = f32x4.max(high, value);
  }
  if (v128.any_true(i32x4.ge_s(largest, i32x4.splat(infinityBits)))) return false;
  zeros = total(zero);
  negativeZeros = total(negative);
  subnormals = total(below) - zeros;
  saturated = total(full);
  low = f32x4.min(low, i32x4.shuffle(low, low, 2, 3, 0, 1));
  high = f32x4.max(high, i32x4.shuffle(high, high, 2, 3, 0, 1));
  lowest = min(f32x4.extract_lane(low, 0), f32x4.extract_lane(low, 1));
  highest = max(f32x4.extract_lane(high, 0), f32x4.extract_lane(high, 1));
  return true;
}

// @ts-ignore: decorator
@inline
function total(v: v128): i32 {
  return (
    i32x4.extract_lane(v, 0) + i32x4.extract_lane(v, 1) + i32x4.extract_lane(v, 2) + i32x4.extract_lane(v, 3)
  );
}

// @ts-ignore: decorator
@inline
function lanes(v: v128): f64 {
  return f64x2.extract_lane(v, 0) + f64x2.extract_lane(v, 1);
}

function addUp(from: usize, end: usize): void {
  let s0 = f64x2.splat(0);
  let s1 = s0;
  let a0 = s0;
  let a1 = s0;
  let q0 = s0;
  let q1 = s0;
  for (; from < end; from += 16) {
    const x = f64x2.promote_low_f32x4(v128.load64_zero(from));
    const y = f64x2.promote_low_f32x4(v128.load64_zero(from, 8));
    s0 = f64x2.add(s0, x);
    s1 = f64x2.add(s1, y);
    a0 = f64x2.add(a0, f64x2.abs(x));
    a1 = f64x2.add(a1, f64x2.abs(y));
    q0 = f64x2.add(q0, f64x2.mul(x, x));
    q1 = f64x2.add(q1, f64x2.mul(y, y));
  }
  sum = lanes(f64x2.add(s0, s1));
  sumAbs = lanes(f64x2.add(a0, a1));
  squares = lanes(f64x2.add(q0, q1));
}

function centralSums(from: usize, end: usize, mean: f64, record: usize): void {
  const m = f64x2.splat(mean);
  let s2 = f64x2.splat(0);
  let s3 = s2;
  let s4 = s2;
  let t2 = s2;
  let t3 = s2;
  let t4 = s2;
  for (; from < end; from += 16) {
    const x = f64x2.sub(f64x2.promote_low_f32x4(v128.load64_zero(from)), m);
    const y = f64x2.sub(f64x2.promote_low_f32x4(v128.load64_zero(from, 8)), m);
    const x2 = f64x2.mul(x, x);
    const y2 = f64x2.mul(y, y);
    s2 = f64x2.add(s2, x2);
    t2 = f64x2.add(t2, y2);
    s3 = f64x2.add(s3, f64x2.mul(x2, x));
    t3 = f64x2.add(t3, f64x2.mul(y2, y));
    s4 = f64x2.add(s4, f64x2.mul(x2, x2));
    t4 = f64x2.add(t4, f64x2.mul(y2, y2));
  }
  store<f64>(record, lanes(f64x2.add(s2, t2)), 32);
  store<f64>(record, lanes(f64x2.add(s3, t3)), 40);
  store<f64>(record, lanes(f64x2.add(s4, t4)), 48);
}

/** Four tables in turn: equal exponents follow one another, and a counter that was just written would have to be waited for. */
function countExponents(from: usize, end: usize, histogram: usize): void {
  for (; from < end; from += 16) {
    const x = load<u64>(from);
    const y = load<u64>(from, 8);
    const a = histogram + <usize>((x >>> 19) & 0x1ffc);
    const b = histogram + <usize>((x >>> 51) & 0x1ffc);
    const c = histogram + <usize>((y >>> 19) & 0x1ffc);
    const d = histogram + <usize>((y >>> 51) & 0x1ffc);
    store<u32>(a, load<u32>(a) + 1);
    store<u32>(b, load<u32>(b, 8192) + 1, 8192);
    store<u32>(c, load<u32>(c, 16384) + 1, 16384);
    store<u32>(d, load<u32>(d, 24576) + 1, 24576);
  }
}

/** The same one by one: for blocks with elements that are not finite, which are passed over, and for odd ends. */
function scanSingly(from: usize, end: usize, saturationBits: i32, histogram: usize): void {
  finite = 0;
  sum = 0;
  sumAbs = 0;
  squares = 0;
  lowest = Infinity;
  highest = -Infinity;
  zeros = 0;
  negativeZeros = 0;
  subnormals = 0;
  saturated = 0;
  for (; from < end; from += 4) {
    const bits = load<i32>(from);
    const magnitude = bits & magnitudeBits;
    if (magnitude >= infinityBits) continue;
    const value = load<f32>(from);
    const x = <f64>value;
    finite += 1;
    sum += x;
    sumAbs += abs<f64>(x);
    squares += x * x;
    lowest = min(lowest, value);
    highest = max(highest, value);
    if (magnitude === 0) {
      zeros++;
      if (bits !== 0) negativeZeros++;
    } else if (magnitude < smallestNormalBits) subnormals++;
    if (magnitude >= saturationBits) saturated++;
    const bin = histogram + <usize>((<u32>bits >>> 19) & 0x1ffc);
    store<u32>(bin, load<u32>(bin) + 1);
  }
}

function centralSumsSingly(from: usize, end: usize, mean: f64, record: usize): void {
  let m2: f64 = 0;
  let m3: f64 = 0;
  let m4: f64 = 0;
  for (; from < end; from += 4) {
    if ((load<i32>(from) & magnitudeBits) >= infinityBits) continue;
    const d = <f64>load<f32>(from) - mean;
    const d2 = d * d;
    m2 += d2;
    m3 += d2 * d;
    m4 += d2 * d2;
  }
  store<f64>(record, m2, 32);
  store<f64>(record, m3, 40);
  store<f64>(record, m4, 48);
}
