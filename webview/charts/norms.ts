import * as Plot from '@observablehq/plot';

import { formatNumber, plural } from '../format';
import type { Tabular } from '../tabular';
import { colours, plot } from './plot';

/** ‖w_i‖ of every filter, with the median; filters of norm zero are crosses on the axis. */
export function normsChart(norms: readonly number[], width: number): Element {
  const points = norms.map((norm, index) => ({ index, norm }));
  const middle = median(norms);
  const top = norms.reduce((most, norm) => Math.max(most, norm), 0);
  return plot({
    width,
    x: { label: 'filter i', domain: [0, Math.max(1, norms.length - 1)], tickFormat: 'd' },
    y: { label: 'norm ‖w‖₂', domain: [0, top > 0 ? 1.1 * top : 1], tickFormat: formatNumber },
    marks: [
      Plot.ruleY([middle], { stroke: colours.muted, strokeDasharray: '3 2' }),
      Plot.dot(
        points.filter(({ norm }) => norm > 0),
        { x: 'index', y: 'norm', r: norms.length > 300 ? 1.25 : 2, fill: colours.data },
      ),
      Plot.dot(
        points.filter(({ norm }) => norm === 0),
        { x: 'index', y: 'norm', r: 3, symbol: 'times', stroke: colours.reference },
      ),
      Plot.text([`dashed: median ${formatNumber(middle)}`], {
        frameAnchor: 'top-right',
        dy: -14,
        fill: 'var(--vscode-editor-foreground)',
      }),
      Plot.ruleY([0]),
    ],
  });
}

export function normsSummary(norms: readonly number[]): string {
  const zeros = norms.filter((norm) => norm === 0).length;
  const low = norms.reduce((least, norm) => Math.min(least, norm), Infinity);
  const high = norms.reduce((most, norm) => Math.max(most, norm), 0);
  return (
    `${plural(norms.length, 'filter')}: norms from ${formatNumber(low)} to ${formatNumber(high)}, ` +
    `median ${formatNumber(median(norms))}${zeros > 0 ? `; ${zeros} of norm zero` : ''}`
  );
}

export function normsTable(norms: readonly number[]): Tabular {
  return { head: ['filter', 'norm'], rows: norms.map((norm, index) => [index, norm]) };
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  const upper = sorted[middle] ?? 0;
  return sorted.length % 2 === 1 ? upper : (upper + (sorted[middle - 1] ?? upper)) / 2;
}
