import type { WeightHistogram } from '../../src/protocol/layers';
import { formatFraction, formatNumber, grouped } from '../format';
import type { Tabular } from '../tabular';

export interface Bin {
  readonly low: number;
  readonly high: number;
  readonly count: number;
}

export interface Curve {
  readonly name: 'Gaussian' | 'Laplace';
  readonly points: readonly { readonly x: number; readonly y: number }[];
}

/** The drawn histogram: exact zeros are told apart, since one bar of them would hide all others. */
export interface DrawnHistogram {
  readonly bins: readonly Bin[];
  readonly curves: readonly Curve[];
  /** Weights that are not zero. */
  readonly count: number;
  readonly total: number;
}

/** Bins of w, or of log₁₀|w|, with the Gaussian and the Laplace of the same scale as the weights that are not zero. */
export function drawnHistogram(
  histogram: WeightHistogram,
  scale: 'linear' | 'log',
): DrawnHistogram {
  const { counts, below, above, zeros, std, mean, meanAbs } = histogram;
  const total = counts.reduce((sum, count) => sum + count, below + above);
  const count = total - zeros;
  const log = scale === 'log';
  const low = log ? histogram.logLow : histogram.low;
  const high = log ? histogram.logHigh : histogram.high;
  const drawn = log ? histogram.logCounts : withoutZeros(counts, zeros);
  const width = (high - low) / Math.max(1, drawn.length);
  const bins = drawn.map((size, index) => ({
    low: low + index * width,
    high: low + (index + 1) * width,
    count: size,
  }));
  if (count <= 0 || !(width > 0)) return { bins, curves: [], count, total };
  // Moments are over all weights; zeros add nothing to Σw² and Σ|w|, only to the count.
  const rms = Math.sqrt(((std * std + mean * mean) * total) / count);
  const scaleOfLaplace = (meanAbs * total) / count;
  const densities = [
    ['Gaussian', (x: number) => Math.exp(-0.5 * (x / rms) ** 2) / (rms * Math.sqrt(2 * Math.PI))],
    ['Laplace', (x: number) => Math.exp(-Math.abs(x) / scaleOfLaplace) / (2 * scaleOfLaplace)],
  ] as const;
  const curves = densities.map(([name, density]): Curve => {
    // The density of u = log₁₀|w| is 2·f(10^u)·10^u·ln 10.
    const at = (x: number): number =>
      log ? 2 * density(10 ** x) * 10 ** x * Math.LN10 : density(x);
    const points = bins.map((bin) => {
      const x = (bin.low + bin.high) / 2;
      return { x, y: count * width * at(x) };
    });
    return { name, points: points.filter(({ y }) => Number.isFinite(y)) };
  });
  return { bins, curves, count, total };
}

function withoutZeros(counts: readonly number[], zeros: number): readonly number[] {
  const middle = Math.floor(counts.length / 2);
  return counts.map((count, index) => (index === middle ? Math.max(0, count - zeros) : count));
}

export function histogramSummary(histogram: WeightHistogram): string {
  const { count, total } = drawnHistogram(histogram, 'linear');
  const { zeros, below, above, std, mean } = histogram;
  const share = total > 0 ? formatFraction(zeros / total) : '0 %';
  return (
    `${grouped(count)} weights that are not zero, mean ${formatNumber(mean)}, ` +
    `standard deviation ${formatNumber(std)}; ${share} exact zeros apart; ` +
    `${grouped(below + above)} beyond the axis`
  );
}

export function histogramTable(histogram: WeightHistogram, scale: 'linear' | 'log'): Tabular {
  const { bins, curves } = drawnHistogram(histogram, scale);
  return {
    head: [
      scale === 'log' ? 'log₁₀|w| from' : 'w from',
      'to',
      'weights',
      ...curves.map(({ name }) => name),
    ],
    rows: bins.map((bin, index) => [
      bin.low,
      bin.high,
      bin.count,
      ...curves.map(({ points }) => points[index]?.y ?? ''),
    ]),
  };
}
