import { addLines } from './lines';

/** Elements of a block. */
const blockLength = 2048;

/** Counts 16-bit codes in two tables of 2^16 counters in turns: equal codes follow one another. */
export function countCodes16(from: usize, count: i32, table: usize): void {
  const end = from + (<usize>count << 1);
  const other = table + 0x40000;
  for (const whole = from + (<usize>(count & ~3) << 1); from < whole; from += 8) {
    const x = load<u64>(from);
    increment(table + <usize>((x << 2) & 0x3fffc));
    increment(other + <usize>((x >>> 14) & 0x3fffc));
    increment(table + <usize>((x >>> 30) & 0x3fffc));
    increment(other + <usize>((x >>> 46) & 0x3fffc));
  }
  for (; from < end; from += 2) increment(table + (<usize>load<u16>(from) << 2));
}

/** Counts 8-bit codes, in eight tables of 256 counters. */
export function countCodes8(from: usize, count: i32, table: usize): void {
  const end = from + <usize>count;
  for (const whole = from + <usize>(count & ~7); from < whole; from += 8) {
    const x = load<u64>(from);
    increment(table + <usize>((x << 2) & 0x3fc));
    increment(table + 0x400 + <usize>((x >>> 6) & 0x3fc));
    increment(table + 0x800 + <usize>((x >>> 14) & 0x3fc));
    increment(table + 0xc00 + <usize>((x >>> 22) & 0x3fc));
    increment(table + 0x1000 + <usize>((x >>> 30) & 0x3fc));
    increment(table + 0x1400 + <usize>((x >>> 38) & 0x3fc));
    increment(table + 0x1800 + <usize>((x >>> 46) & 0x3fc));
    increment(table + 0x1c00 + <usize>((x >>> 54) & 0x3fc));
  }
  for (; from < end; from++) increment(table + (<usize>load<u8>(from) << 2));
}

/**
 * Code and count, 32 bits each, of each code that occurs; returns how many there are. Counts of `tables` tables of `length` counters
 * are added up, and cleared.
 */
export function takeCodes(table: usize, tables: i32, length: i32, target: usize): i32 {
  const start = target;
  const bytes = <usize>length << 2;
  const end = table + bytes * tables;
  const none = i32x4.splat(0);
  for (let first: usize = 0; first < bytes; first += 16) {
    let counts = none;
    for (let at = table + first; at < end; at += bytes) counts = i32x4.add(counts, v128.load(at));
    if (!v128.any_true(counts)) continue;
    for (let at = table + first; at < end; at += bytes) v128.store(at, none);
    v128.store(table + first, counts);
    for (let at = first; at < first + 16; at += 4) {
      const count = load<u32>(table + at);
      if (count === 0) continue;
      store<u32>(target, <u32>(at >>> 2));
      store<u32>(target, count, 4);
      target += 8;
    }
    v128.store(table + first, none);
  }
  return <i32>((target - start) >>> 3);
}

// @ts-ignore: decorator
@inline
function increment(at: usize): void {
  store<u32>(at, load<u32>(at) + 1);
}

/**
 * Adds codes to the rows and columns of a view. `kind`: 0 for bf16, 1 for f16, 2 and 3 for codes of 8 and 16 bits that mean
 * what the f32 in `meanings` say, 4 for i8, 5 for E4M3FN. `spare`: room for two blocks of f32.
 */
export function addCodeLines(from: usize, count: i32, kind: i32, meanings: usize, spare: usize): void {
  const width: usize = kind < 2 || kind === 3 ? 2 : 1;
  const finite = spare + (blockLength << 2);
  for (let start = 0; start < count; start += blockLength) {
    const length = min(blockLength, count - start);
    if (kind === 0) decodeBrain(from, length, spare);
    else if (kind === 1) decodeHalf(from, length, spare);
    else if (kind === 2) lookUp<u8>(from, length, meanings, spare);
    else if (kind === 3) lookUp<u16>(from, length, meanings, spare);
    else if (kind === 4) decodeBytes(from, length, spare);
    else decodeQuarter(from, length, spare);
    from += <usize>length * width;
    scan(spare, length);
    if (isFinite) addLines<f32>(spare, spare, length, zeros);
    else {
      for (let at: usize = 0; at < <usize>length << 2; at += 4) {
        const value = load<f32>(spare + at);
        store<f32>(finite + at, abs(value) < Infinity ? value : 0);
      }
      addLines<f32>(finite, spare, length, zeros);
    }
  }
}

let zeros: i32 = 0;
let isFinite: bool = true;

/** Whether there are zeros, and elements that are not finite. Whole vectors: beyond the end lies what an earlier block left. */
function scan(from: usize, length: i32): void {
  const mask = i32x4.splat(0x7fffffff);
  const none = i32x4.splat(0);
  let most = none;
  let empty = none;
  for (const end = from + (<usize>length << 2); from < end; from += 16) {
    const magnitude = v128.and(v128.load(from), mask);
    most = i32x4.max_s(most, magnitude);
    empty = v128.or(empty, i32x4.eq(magnitude, none));
  }
  zeros = <i32>v128.any_true(empty);
  isFinite = !v128.any_true(i32x4.ge_s(most, i32x4.splat(0x7f800000)));
}

/** Reads and writes whole vectors, as do the others. */
function decodeBrain(source: usize, count: i32, target: usize): void {
  for (let i = 0; i < count; i += 4, source += 8, target += 16) {
    v128.store(target, i32x4.shl(v128.load16x4_u(source), 16));
  }
}

/** Eight at once. */
function decodeBytes(source: usize, count: i32, target: usize): void {
  for (let i = 0; i < count; i += 8, source += 8, target += 32) {
    const values = v128.load8x8_s(source);
    v128.store(target, f32x4.convert_i32x4_s(i32x4.extend_low_i16x8_s(values)));
    v128.store(target, f32x4.convert_i32x4_s(i32x4.extend_high_i16x8_s(values)), 16);
  }
}

/** E4M3FN, as f16 below but without infinity. */
function decodeQuarter(source: usize, count: i32, target: usize): void {
  const exponentBits = i32x4.splat(0x07800000);
  for (let i = 0; i < count; i += 4, source += 4, target += 16) {
    const code = i32x4.extend_low_i16x8_u(i16x8.extend_low_i8x16_u(v128.load32_zero(source)));
    const sign = i32x4.shl(v128.and(code, i32x4.splat(0x80)), 24);
    const bits = i32x4.shl(v128.and(code, i32x4.splat(0x7f)), 20);
    const subnormal = i32x4.eq(v128.and(bits, exponentBits), i32x4.splat(0));
    const raised = i32x4.add(bits, i32x4.splat(120 << 23));
    const shifted = i32x4.add(raised, v128.and(subnormal, i32x4.splat(1 << 23)));
    const value = f32x4.sub(shifted, v128.and(subnormal, f32x4.splat(0.015625)));
    const odd = i32x4.eq(bits, i32x4.splat(0x07f00000));
    v128.store(target, v128.or(v128.or(value, sign), v128.and(odd, i32x4.splat(0x7fc00000))));
  }
}

/** The exponent is moved to its new bias; subnormals are normalised by a subtraction. */
function decodeHalf(source: usize, count: i32, target: usize): void {
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

function lookUp<T extends number>(source: usize, count: i32, meanings: usize, target: usize): void {
  for (let i = 0; i < count; i++, source += sizeof<T>(), target += 4) {
    store<f32>(target, load<f32>(meanings + (<usize>load<T>(source) << 2)));
  }
}
