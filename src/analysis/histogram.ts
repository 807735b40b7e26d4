import type { ElementStatistics } from '../kernels/kernels';
import type { WeightHistogram } from '../protocol/layers';
import type { TensorStatistics } from './streaming';

/** The two histograms of a weight, ready to draw; undefined where a second pass has not been made. */
export function histogramOf({
  statistics,
  refinement,
}: TensorStatistics): WeightHistogram | undefined {
  if (!refinement || statistics.finiteCount === 0) return undefined;
  const { histogram } = refinement;
  const variance = (statistics.m2 * statistics.scale ** 2) / statistics.finiteCount;
  return {
    low: histogram.low,
    high: histogram.high,
    counts: Array.from(histogram.counts),
    below: histogram.below,
    above: histogram.above,
    zeros: statistics.zeroCount,
    mean: statistics.mean,
    std: Math.sqrt(variance),
    meanAbs: statistics.sumAbs / statistics.finiteCount,
    ...logHistogramOf(statistics),
  };
}

/** Counts by binade, so that all bins are equally wide on a logarithmic axis; empty ends are cut. */
function logHistogramOf({
  exponents: { minExponent, positive, negative },
}: ElementStatistics): Pick<WeightHistogram, 'logLow' | 'logHigh' | 'logCounts'> {
  const binades = Math.ceil(positive.length / 4);
  const counts = Array.from({ length: binades }, (_, binade) => {
    let sum = 0;
    for (let bin = 4 * binade; bin < Math.min(4 * binade + 4, positive.length); bin++) {
      sum += positive[bin]! + negative[bin]!;
    }
    return sum;
  });
  const first = counts.findIndex((count) => count > 0);
  if (first < 0) return { logLow: 0, logHigh: 0, logCounts: [] };
  const last = counts.findLastIndex((count) => count > 0);
  return {
    logLow: (minExponent + first) * Math.log10(2),
    logHigh: (minExponent + last + 1) * Math.log10(2),
    logCounts: counts.slice(first, last + 1),
  };
}
