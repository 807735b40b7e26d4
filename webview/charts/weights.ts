import * as Plot from '@observablehq/plot';

import type { WeightHistogram } from '../../src/protocol/layers';
import { formatCount } from '../format';
import { drawnHistogram } from './histogram';
import { colours, plot } from './plot';

/** Weights as bars; the Gaussian and the Laplace of the same scale as thin lines. */
export function weightsChart(
  histogram: WeightHistogram,
  scale: 'linear' | 'log',
  width: number,
): Element {
  const { bins, curves } = drawnHistogram(histogram, scale);
  const tallest = bins.reduce((most, bin) => Math.max(most, bin.count), 1);
  const labels = curves.flatMap(({ name, points }) => {
    // Each name stands on its own curve, on its own side, where the two are apart.
    const target = name === 'Gaussian' ? 0.85 : 0.15;
    const peak = points.reduce((most, point) => Math.max(most, point.y), 0);
    const side = name === 'Gaussian' ? points : [...points].reverse();
    const point = side.find(({ y }) => y >= target * peak);
    return point ? [{ ...point, name }] : [];
  });
  return plot({
    width,
    x: {
      label: scale === 'log' ? 'log₁₀|w|' : 'weight w',
      domain:
        scale === 'log' ? [histogram.logLow, histogram.logHigh] : [histogram.low, histogram.high],
    },
    y: {
      label: 'weights per bin',
      domain: [0, 1.15 * tallest],
      tickFormat: (value: number) => formatCount(value),
    },
    marks: [
      Plot.rectY(
        bins.filter((bin) => bin.count > 0),
        { x1: 'low', x2: 'high', y: 'count', fill: colours.data, fillOpacity: 0.55, inset: 0 },
      ),
      ...curves.map(({ name, points }) =>
        Plot.line(points, {
          x: 'x',
          y: 'y',
          stroke: name === 'Gaussian' ? colours.reference : colours.muted,
          strokeWidth: 1,
          strokeDasharray: name === 'Gaussian' ? 'none' : '3 2',
          clip: true,
        }),
      ),
      ...labels.map((label) =>
        Plot.text([label], {
          x: 'x',
          y: 'y',
          text: 'name',
          textAnchor: label.name === 'Gaussian' ? 'end' : 'start',
          dy: -6,
          fill: 'var(--vscode-editor-foreground)',
          stroke: 'var(--vscode-editor-background)',
          strokeWidth: 3,
        }),
      ),
      Plot.ruleY([0]),
    ],
  });
}
