import {
  nearThresholds,
  quantileProbabilities,
  type ElementRefinement,
  type ElementStatistics,
} from '../kernels';

export const histogramBins = 201;

/** Root mean squares that thresholds are relative to. */
export function scalesOf(statistics: ElementStatistics): { rms: number; rmsNonZero: number } {
  const { l2, finiteCount, zeroCount } = statistics;
  return {
    rms: finiteCount > 0 ? l2 / Math.sqrt(finiteCount) : 0,
    rmsNonZero: finiteCount > zeroCount ? l2 / Math.sqrt(finiteCount - zeroCount) : 0,
  };
}

/** Range of the display histogram; ±1 for a tensor of zeros. */
export function histogramRange(statistics: ElementStatistics): number {
  return 4 * scalesOf(statistics).rms || 1;
}

/**
 * Everything exactly, from finite values in ascending order, each `counts[i]` times (once where there are no counts). A backend
 * may compute the Gini index, most of the work, in its own way; it is asked where not all values are zero.
 */
export function refineSorted(
  values: Float32Array | Float64Array,
  counts: Float64Array | undefined,
  statistics: ElementStatistics,
  computeGini?: () => number,
): ElementRefinement {
  // below[i]: how many elements come before value i.
  const below = counts && cumulative(counts);
  const total = below ? below[values.length]! : values.length;
  const before = (limit: number) => rank(values, below, limit, false);
  const upTo = (limit: number) => rank(values, below, limit, true);
  const { rmsNonZero } = scalesOf(statistics);
  const clip = (1 - 2 ** -8) * statistics.linf;
  const high = histogramRange(statistics);
  const counted = new Float64Array(histogramBins);
  const lowest = before(-high);
  let edge = lowest;
  for (let b = 0; b < histogramBins; b++) {
    const next = before(-high + (2 * high * (b + 1)) / histogramBins);
    counted[b] = next - edge;
    edge = next;
  }
  const gini =
    computeGini && statistics.linf > 0
      ? computeGini()
      : giniOf(values, counts, total, statistics.linf);
  return {
    nearCounts: nearThresholds.map((threshold) => {
      const limit = threshold * rmsNonZero;
      return limit > 0 ? before(limit) - upTo(-limit) - statistics.zeroCount : 0;
    }),
    clipCount: statistics.linf > 0 ? upTo(-clip) + total - before(clip) : 0,
    histogram: {
      low: -high,
      high,
      counts: counted,
      below: lowest,
      above: total - edge,
    },
    ...(gini !== undefined && { gini }),
    giniError: 0,
    quantiles: total > 0 ? quantileProbabilities.map((p) => quantile(values, below, p, total)) : [],
    quantilesExact: true,
  };
}

function cumulative(counts: Float64Array): Float64Array {
  const sums = new Float64Array(counts.length + 1);
  for (let i = 0; i < counts.length; i++) sums[i + 1] = sums[i]! + counts[i]!;
  return sums;
}

/** Elements less than `limit` (or not greater, if `inclusive`). */
function rank(
  values: Float32Array | Float64Array,
  below: Float64Array | undefined,
  limit: number,
  inclusive: boolean,
): number {
  let low = 0;
  let high = values.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    const value = values[middle]!;
    if (value < limit || (inclusive && value === limit)) low = middle + 1;
    else high = middle;
  }
  return below ? below[low]! : low;
}

function quantile(
  values: Float32Array | Float64Array,
  below: Float64Array | undefined,
  probability: number,
  total: number,
): number {
  const position = probability * (total - 1);
  const index = Math.floor(position);
  const lower = elementAt(values, below, index);
  const upper = elementAt(values, below, Math.min(index + 1, total - 1));
  const share = position - index;
  return lower * (1 - share) + upper * share;
}

function elementAt(
  values: Float32Array | Float64Array,
  below: Float64Array | undefined,
  index: number,
): number {
  if (!below) return values[index]!;
  let low = 0;
  let high = values.length - 1;
  while (low < high) {
    const middle = (low + high + 1) >>> 1;
    if (below[middle]! <= index) low = middle;
    else high = middle - 1;
  }
  return values[low]!;
}

/**
 * 1 − 2 Σ_i (a_i / ‖x‖₁)(n − i + ½)/n over magnitudes a in ascending order (Hurley & Rickard 2009). Magnitudes ascend outwards
 * from the first value that is not negative, on both sides; c equal ones after r others have Σ(n − i + ½) = c(n − r − c/2).
 */
function giniOf(
  values: Float32Array | Float64Array,
  counts: Float64Array | undefined,
  total: number,
  linf: number,
): number | undefined {
  if (linf === 0) return undefined;
  let right = rank(values, undefined, 0, false);
  let left = right - 1;
  let passed = 0;
  let sum = 0;
  let weighted = 0;
  while (left >= 0 || right < values.length) {
    const takeLeft = right >= values.length || (left >= 0 && -values[left]! <= values[right]!);
    const at = takeLeft ? left-- : right++;
    const count = counts ? counts[at]! : 1;
    const magnitude = Math.abs(values[at]!) / linf;
    sum += count * magnitude;
    weighted += count * magnitude * (total - passed - count / 2);
    passed += count;
  }
  return 1 - (2 * weighted) / (total * sum);
}
