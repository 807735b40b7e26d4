import { describe, expect, it } from 'vitest';

import type { WeightHistogram } from '../../src/protocol/layers';
import { drawnHistogram, histogramSummary, histogramTable } from './histogram';

/** Counts that a density gives in `bins` bins, for `count` weights. */
function expected(
  density: (x: number) => number,
  [low, high]: readonly [number, number],
  bins: number,
  count: number,
): number[] {
  const width = (high - low) / bins;
  return Array.from(
    { length: bins },
    (_, bin) => count * width * density(low + (bin + 0.5) * width),
  );
}

const sigma = 0.5;
const gauss = (x: number): number =>
  Math.exp(-0.5 * (x / sigma) ** 2) / (sigma * Math.sqrt(2 * Math.PI));
const count = 1e6;
const dense: WeightHistogram = {
  low: -4 * sigma,
  high: 4 * sigma,
  counts: expected(gauss, [-4 * sigma, 4 * sigma], 201, count),
  below: 0,
  above: 0,
  zeros: 0,
  mean: 0,
  std: sigma,
  meanAbs: sigma * Math.sqrt(2 / Math.PI),
  logLow: -4,
  logHigh: 1,
  logCounts: expected((u) => 2 * gauss(10 ** u) * 10 ** u * Math.LN10, [-4, 1], 100, count),
};

describe.each(['linear', 'log'] as const)('on a %s axis', (scale) => {
  it('lays the Gaussian of the same scale on Gaussian weights', () => {
    const { bins, curves } = drawnHistogram(dense, scale);
    const [gaussian] = curves;
    expect(gaussian?.name).toBe('Gaussian');
    const peak = Math.max(...bins.map((bin) => bin.count));
    bins.forEach((bin, index) => {
      expect(Math.abs(bin.count - (gaussian?.points[index]?.y ?? NaN))).toBeLessThan(1e-3 * peak);
    });
  });

  it('gives the Laplace curve the area of all weights', () => {
    const area = drawnHistogram(dense, scale).curves[1]?.points.reduce((sum, { y }) => sum + y, 0);
    expect((area ?? 0) / count).toBeGreaterThan(0.97);
    expect((area ?? 0) / count).toBeLessThan(1.01);
  });
});

it('keeps the scale of the other weights when half of all are zero', () => {
  const pruned: WeightHistogram = {
    ...dense,
    counts: dense.counts.map((size, bin) => size + (bin === 100 ? count : 0)),
    zeros: count,
    std: sigma / Math.SQRT2,
    meanAbs: dense.meanAbs / 2,
  };
  const whole = drawnHistogram(dense, 'linear');
  const half = drawnHistogram(pruned, 'linear');
  expect(half.count).toBeCloseTo(whole.count, 3);
  expect(half.bins[100]?.count).toBeCloseTo(whole.bins[100]?.count ?? NaN, 6);
  // The sum of the bins is that of the Gaussian but for its tails, 6 · 10⁻⁵.
  expect(
    (half.curves[0]?.points[100]?.y ?? 0) / (whole.curves[0]?.points[100]?.y ?? 1),
  ).toBeCloseTo(1, 4);
  expect(histogramSummary(pruned)).toContain('50 % exact zeros apart');
});

it('draws no curve where all weights are zero, or none are there', () => {
  const zeros = { ...dense, counts: [0, 10, 0], zeros: 10, std: 0, meanAbs: 0 };
  expect(drawnHistogram(zeros, 'linear')).toMatchObject({ count: 0, total: 10, curves: [] });
  const none = { ...zeros, counts: [], zeros: 0, logCounts: [] };
  expect(drawnHistogram(none, 'log')).toMatchObject({ bins: [], curves: [], count: 0 });
});

it('stands as a table', () => {
  const { head, rows } = histogramTable(dense, 'linear');
  expect(head).toEqual(['w from', 'to', 'weights', 'Gaussian', 'Laplace']);
  expect(rows).toHaveLength(201);
  expect(rows[0]?.[0]).toBe(-2);
});
