/** Digits of 11 bits: three passes over the 32 of an f32. */
const digits = 2048;
const tableBytes: usize = 8192;
const signBit: u32 = 0x80000000;

/** Sorts finite f32 ascending, by their bits. `counts`: three tables of 2048 counters; the result lies in `values` again. */
export function sortFloats(values: usize, spare: usize, count: i32, counts: usize): void {
  memory.fill(counts, 0, 3 * tableBytes);
  const bytes = <usize>count << 2;
  countDigits(values, spare, bytes, counts);
  for (let table = counts; table < counts + 3 * tableBytes; table += tableBytes) toOffsets(table);
  scatter(spare, values, bytes, counts, 0);
  scatter(values, spare, bytes, counts + tableBytes, 11);
  scatter(spare, values, bytes, counts + 2 * tableBytes, 22);
  for (const end = values + bytes; values < end; values += 4) {
    const key = load<u32>(values);
    store<u32>(values, key & signBit ? key ^ signBit : ~key);
  }
}

/** Keys in the order of the values: positive ones get the sign bit set, negative ones all bits flipped. */
function countDigits(values: usize, keys: usize, bytes: usize, counts: usize): void {
  for (const end = values + bytes; values < end; values += 4, keys += 4) {
    const bits = load<u32>(values);
    const key = bits & signBit ? ~bits : bits | signBit;
    store<u32>(keys, key);
    increment(counts + ((key & (digits - 1)) << 2));
    increment(counts + tableBytes + (((key >>> 11) & (digits - 1)) << 2));
    increment(counts + 2 * tableBytes + ((key >>> 22) << 2));
  }
}

// @ts-ignore: decorator
@inline
function increment(at: usize): void {
  store<u32>(at, load<u32>(at) + 1);
}

/** Counts become byte offsets of where each digit begins. */
function toOffsets(table: usize): void {
  let sum: u32 = 0;
  for (const end = table + tableBytes; table < end; table += 4) {
    const count = load<u32>(table);
    store<u32>(table, sum);
    sum += count << 2;
  }
}

function scatter(from: usize, to: usize, bytes: usize, offsets: usize, shift: u32): void {
  for (const end = from + bytes; from < end; from += 4) {
    const key = load<u32>(from);
    const at = offsets + (((key >>> shift) & (digits - 1)) << 2);
    const offset = load<u32>(at);
    store<u32>(to + offset, key);
    store<u32>(at, offset + 4);
  }
}

/**
 * Σ|x| and Σ|x|·(n − rank + ½), both of x / linf, over ascending finite values, ranked by magnitude from 1: what the Gini index is
 * made of. `right` is the index of the first value that is not negative. Without a branch on the data, which nobody can foretell.
 */
export function rankMagnitudes(values: usize, count: i32, right: i32, linf: f64, result: usize): void {
  const end = values + (<usize>count << 2);
  let low = values + (<usize>right << 2) - 4;
  let high = values + (<usize>right << 2);
  const inverse = 1 / linf;
  let sum: f64 = 0;
  let weighted: f64 = 0;
  let weight = <f64>count - 0.5;
  while (low >= values && high < end) {
    const below = -load<f32>(low);
    const above = load<f32>(high);
    const takesLow = below <= above;
    const magnitude = <f64>min(below, above) * inverse;
    low -= <usize>takesLow << 2;
    high += <usize>!takesLow << 2;
    sum += magnitude;
    weighted += magnitude * weight;
    weight -= 1;
  }
  for (; low >= values; low -= 4, weight -= 1) {
    const magnitude = -(<f64>load<f32>(low)) * inverse;
    sum += magnitude;
    weighted += magnitude * weight;
  }
  for (; high < end; high += 4, weight -= 1) {
    const magnitude = <f64>load<f32>(high) * inverse;
    sum += magnitude;
    weighted += magnitude * weight;
  }
  store<f64>(result, sum);
  store<f64>(result, weighted, 8);
}
