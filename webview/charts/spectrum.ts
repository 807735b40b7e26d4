import * as Plot from '@observablehq/plot';

import { formatNumber } from '../format';
import type { Spectrum } from './spectra';
import { colours, logTicks, plot } from './plot';

/** Fewer decades than this make a log axis of one flat line. */
const lowestShare = 1e-6;

/** σ_i against i on a log axis; the random bulk shaded, its edge and σ = 1 as labelled lines, spikes ringed. */
export function spectrumChart({ values, bulk }: Spectrum, width: number): Element {
  const first = Math.max(values[0]?.sigma ?? 1, bulk?.high ?? 0, 1);
  const smallest = Math.min(values.at(-1)?.sigma ?? 1, 1);
  const low = Math.max(smallest, first * lowestShare) / 1.3;
  const count = Math.max(2, values.at(-1)?.rank ?? 2);
  const lines = [
    ...(bulk ? [{ y: bulk.high, text: `edge ${formatNumber(bulk.high)}`, dash: '3 2' }] : []),
    { y: 1, text: 'σ = 1', dash: '1 2' },
  ];
  // Two labels that would cover each other stand on the outer sides of their lines.
  const above = bulk === undefined || bulk.high < 1 ? 'σ = 1' : lines[0]?.text;
  const domain: readonly [number, number] = [low, first * 1.4];
  return plot({
    width,
    x: { label: 'rank i', domain: [1, count], tickFormat: 'd' },
    y: {
      label: 'singular value σ',
      type: 'log',
      domain,
      axis: null,
    },
    marks: [
      // A tick format on a log scale would leave labels out.
      Plot.axisY(logTicks(domain), {
        label: 'singular value σ',
        labelArrow: 'none',
        text: (tick: number) => formatNumber(tick),
      }),
      ...(bulk
        ? [
            Plot.rect([{ x1: 1, x2: count, y1: Math.max(low, bulk.low), y2: bulk.high }], {
              x1: 'x1',
              x2: 'x2',
              y1: 'y1',
              y2: 'y2',
              fill: colours.reference,
              fillOpacity: 0.14,
            }),
          ]
        : []),
      ...lines.map(({ y, dash }) =>
        Plot.ruleY([y], { stroke: colours.muted, strokeDasharray: dash, strokeWidth: 1 }),
      ),
      Plot.line(values, {
        x: 'rank',
        y: 'sigma',
        stroke: colours.data,
        strokeWidth: 1.75,
        clip: true,
      }),
      Plot.dot(
        values.filter(({ spike }) => spike),
        { x: 'rank', y: 'sigma', r: 3.5, stroke: colours.data, strokeWidth: 1.5 },
      ),
      ...lines.map((line) =>
        Plot.text([line], {
          x: count,
          y: 'y',
          text: 'text',
          textAnchor: 'end',
          dy: line.text === above ? -6 : 8,
          fill: 'var(--vscode-editor-foreground)',
          stroke: 'var(--vscode-editor-background)',
          strokeWidth: 3,
        }),
      ),
    ],
  });
}
