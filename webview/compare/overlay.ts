import * as Plot from '@observablehq/plot';

import { colours, logTicks, plot } from '../charts/plot';
import { formatNumber } from '../format';
import type { DrawnSpectrum } from './points';

/** Fewer decades than this make a log axis of one flat line. */
const lowestShare = 1e-6;

/** How a spectrum is drawn: A behind, dashed and orange; B and ΔW in front, blue. */
export interface Stroke {
  readonly spectrum: DrawnSpectrum;
  readonly colour: string;
  readonly dash?: string;
  /** A share of the width at which its name stands, and on which side of the line. */
  readonly at: number;
  readonly side: 'above' | 'below';
}

/** σ_i against i on a log axis, each spectrum with its name at its line; a level below which values may be rounding as a hairline. */
export function spectraChart(
  strokes: readonly Stroke[],
  width: number,
  level?: { readonly value: number; readonly text: string },
): Element {
  const all = strokes.flatMap(({ spectrum }) => spectrum.points);
  const high = all.reduce((most, { sigma }) => Math.max(most, sigma), 0) || 1;
  const smallest = all.reduce((least, { sigma }) => Math.min(least, sigma), high);
  const domain: readonly [number, number] = [
    Math.max(smallest, high * lowestShare) / 1.3,
    high * 1.4,
  ];
  const count = strokes.reduce((most, { spectrum }) => Math.max(most, spectrum.count), 2);
  const halo = {
    stroke: 'var(--vscode-editor-background)',
    strokeWidth: 3,
    fill: 'var(--vscode-editor-foreground)',
  };
  const shown = level && level.value > domain[0] && level.value < domain[1] ? [level] : [];
  return plot({
    width,
    x: { label: 'rank i', domain: [1, count], tickFormat: 'd' },
    y: { label: 'singular value σ', type: 'log', domain, axis: null },
    marks: [
      // A tick format on a log scale would leave labels out.
      Plot.axisY(logTicks(domain), {
        label: 'singular value σ',
        labelArrow: 'none',
        text: (tick: number) => formatNumber(tick),
      }),
      Plot.ruleY(shown, { y: 'value', stroke: colours.muted, strokeDasharray: '1 2' }),
      Plot.text(shown, { x: count, y: 'value', text: 'text', textAnchor: 'end', dy: -6, ...halo }),
      ...strokes.map(({ spectrum, colour, dash }) =>
        Plot.line(spectrum.points, {
          x: 'rank',
          y: 'sigma',
          stroke: colour,
          strokeWidth: 1.75,
          clip: true,
          ...(dash === undefined ? {} : { strokeDasharray: dash }),
        }),
      ),
      ...strokes.map(({ spectrum, at, side }) =>
        Plot.text(
          spectrum.points.slice(Math.floor(at * (spectrum.points.length - 1))).slice(0, 1),
          {
            x: 'rank',
            y: 'sigma',
            text: () => spectrum.label,
            textAnchor: 'start',
            dx: 3,
            dy: side === 'above' ? -9 : 9,
            ...halo,
          },
        ),
      ),
    ],
  });
}
