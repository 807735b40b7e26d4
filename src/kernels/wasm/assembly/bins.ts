/**
 * Fine logarithmic bins: 2^10 a binade over 256 binades, first those of positive elements, then of negative ones. A bin is 64 bits:
 * how many elements, shifted left by 40, and the sum of the 13 bits below those that chose the bin. Its host reads a bin before
 * 2^24 elements have come.
 *
 * f32: the 256 exponents there are, zeros in the first bin and what is not finite in the last binade. f64: 2^-191 ≤ |x| < 2^65.
 */
const binCount: usize = 2 << 18;
const one: u64 = 1 << 40;
const sumBits: u64 = one - 1;
const lowBits: u64 = 0x1fff;
/** Byte offsets of bins in the bits of an f32, shifted right by 10. */
const offsetMask: u64 = 0x3ffff8;
const firstDouble: i32 = (1023 - 191) << 10;

/** Returns how many elements lie outside of all bins, those that are not finite left out. */
export function countBins<T extends number>(from: usize, end: usize, bins: usize): i32 {
  if (sizeof<T>() === 8) return countDoubles(from, end, bins);
  for (const whole = from + ((end - from) & ~15); from < whole; from += 16) {
    const x = load<u64>(from);
    const y = load<u64>(from, 8);
    const a = bins + <usize>((x >>> 10) & offsetMask);
    store<u64>(a, load<u64>(a) + (one | (x & lowBits)));
    const b = bins + <usize>((x >>> 42) & offsetMask);
    store<u64>(b, load<u64>(b) + (one | ((x >>> 32) & lowBits)));
    const c = bins + <usize>((y >>> 10) & offsetMask);
    store<u64>(c, load<u64>(c) + (one | (y & lowBits)));
    const d = bins + <usize>((y >>> 42) & offsetMask);
    store<u64>(d, load<u64>(d) + (one | ((y >>> 32) & lowBits)));
  }
  for (; from < end; from += 4) {
    const x = <u64>load<u32>(from);
    const a = bins + <usize>((x >>> 10) & offsetMask);
    store<u64>(a, load<u64>(a) + (one | (x & lowBits)));
  }
  return 0;
}

function countDoubles(from: usize, end: usize, bins: usize): i32 {
  let outside = 0;
  for (; from < end; from += 8) {
    const bits = load<u64>(from);
    const bin = (<i32>(bits >>> 42) & 0x1fffff) - firstDouble;
    if (<u32>bin >= 1 << 18) {
      outside += <i32>(bits << 1 < 0xffe0000000000000);
      continue;
    }
    const at = bins + <usize>(((<i32>(bits >>> 63) << 18) | bin) << 3);
    store<u64>(at, load<u64>(at) + (one | ((bits >>> 29) & lowBits)));
  }
  return outside;
}

/** Index, count and sum, as doubles, of each bin that is not empty; returns how many there are. Empties them all. */
export function takeBins(bins: usize, target: usize): i32 {
  const start = target;
  const none = i64x2.splat(0);
  for (let at = bins, end = bins + (binCount << 3); at < end; at += 64) {
    const a = v128.or(v128.load(at), v128.load(at, 16));
    const b = v128.or(v128.load(at, 32), v128.load(at, 48));
    if (!v128.any_true(v128.or(a, b))) continue;
    for (let i: usize = 0; i < 64; i += 8) {
      const bin = load<u64>(at + i);
      if (bin === 0) continue;
      store<f64>(target, <f64>((at + i - bins) >>> 3));
      store<f64>(target, <f64>(bin >>> 40), 8);
      store<f64>(target, <f64>(bin & sumBits), 16);
      target += 24;
    }
    v128.store(at, none);
    v128.store(at, none, 16);
    v128.store(at, none, 32);
    v128.store(at, none, 48);
  }
  return <i32>((target - start) / 24);
}

/**
 * Copies the elements of which the bins are marked, by a byte that is 1; returns how many. Each is written, and the next one over it
 * unless it is wanted, since a branch would often be foreseen wrongly: so one more than are wanted need room.
 */
export function gatherFloats(values: usize, count: i32, marks: usize, target: usize): i32 {
  const start = target;
  for (const end = values + (<usize>count << 2); values < end; values += 4) {
    const bits = load<u32>(values);
    store<u32>(target, bits);
    target += <usize>load<u8>(marks + (bits >>> 13)) << 2;
  }
  return <i32>((target - start) >>> 2);
}

export function gatherDoubles(values: usize, count: i32, marks: usize, target: usize): i32 {
  const start = target;
  for (const end = values + (<usize>count << 3); values < end; values += 8) {
    const bits = load<u64>(values);
    const bin = (<i32>(bits >>> 42) & 0x1fffff) - firstDouble;
    if (<u32>bin >= 1 << 18) continue;
    store<u64>(target, bits);
    target += <usize>load<u8>(marks + ((<i32>(bits >>> 63) << 18) | bin)) << 3;
  }
  return <i32>((target - start) >>> 3);
}
