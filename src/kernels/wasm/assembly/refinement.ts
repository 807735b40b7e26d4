/** Bins per binade 2^12, as in the reference. A bin has count, Σf and Σf² with f the position within it, padded to 32 bytes. */
const mantissaBits: u32 = 12;
const lowBits: u32 = 20 - mantissaBits;
const binCount = 64 << mantissaBits;
const histogramBins = 201;
const infinityBits = 0x7f800000;

/**
 * Sorts f32 into logarithmic bins, positive ones first, and into the linear histogram over ±high; counts what is not finite
 * nowhere. `limits`: four ascending thresholds. `totals`: elements below each of them, then those below, above and clipped.
 */
export function binElements(
  values: usize,
  count: i32,
  firstBin: i32,
  high: f64,
  clip: f64,
  limits: usize,
  bins: usize,
  histogram: usize,
  totals: usize,
): void {
  const perUnit = <f64>histogramBins / (2 * high);
  const widest = load<f64>(limits, 24);
  for (const end = values + (<usize>count << 2); values < end; values += 4) {
    if ((load<i32>(values) & 0x7fffffff) >= infinityBits) continue;
    const value = <f64>load<f32>(values);
    const magnitude = abs<f64>(value);
    if (value < -high) increment(totals + 32);
    else if (value >= high) increment(totals + 40);
    else {
      const bin = min(histogramBins - 1, <i32>((value + high) * perUnit));
      increment(histogram + (<usize>bin << 3));
    }
    if (magnitude >= clip) increment(totals + 48);
    if (magnitude === 0) continue;
    if (magnitude < widest) {
      for (let t: usize = 0; t < 32; t += 8) {
        if (magnitude < load<f64>(limits + t)) increment(totals + t);
      }
    }
    const bits = reinterpret<u64>(value);
    const word = <u32>(bits >>> 32);
    const bin = <i32>((word & 0x7fffffff) >>> lowBits) - firstBin;
    const first = bins + (<usize>((word >>> 31) * binCount) << 5);
    if (bin < 0) {
      increment(first);
      continue;
    }
    const at = first + (<usize>bin << 5);
    const within = (<f64>(word & ((1 << lowBits) - 1)) + <f64>(<u32>bits) / 4294967296.0) / <f64>(1 << lowBits);
    increment(at);
    store<f64>(at, load<f64>(at, 8) + within, 8);
    store<f64>(at, load<f64>(at, 16) + within * within, 16);
  }
}

// @ts-ignore: decorator
@inline
function increment(at: usize): void {
  store<f64>(at, load<f64>(at) + 1);
}
