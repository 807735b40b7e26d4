import type { LayerMatch } from '../../src/core/comparison';
import type { MetricDescriptor } from '../../src/core/metric';
import type { PairRow } from '../../src/protocol/compareApi';
import { positionOn, type Scale } from '../columns';
import { formatFraction, formatNumber, grouped } from '../format';

/** How a number is drawn in its cell: a bar from zero, or one to either side of the middle. */
export type PairMark = 'bar' | 'signed';

export interface PairColumn {
  readonly id: string;
  readonly heading: string;
  readonly width: number;
  /** Words rather than a number. */
  readonly isText?: true;
  readonly mark?: PairMark;
  /** The metric of the catalogue whose change it is. */
  readonly metric?: string;
}

const metricColumn = (id: string, metric: string, heading: string): PairColumn => ({
  id,
  heading,
  width: 112,
  mark: 'signed',
  metric,
});

/** The columns after the name. */
export const pairColumns: readonly PairColumn[] = [
  { id: 'match', heading: 'Matched by', width: 132, isText: true },
  { id: 'change.relative', heading: '‖ΔW‖ / ‖W‖', width: 116, mark: 'bar' },
  { id: 'change.cosine', heading: 'Cosine', width: 92 },
  { id: 'change.newZeros', heading: 'New zeros', width: 104, mark: 'bar' },
  { id: 'change.rank', heading: 'Rank of ΔW', width: 96 },
  metricColumn('delta.zeros', 'zero.frac', 'Δ zeros'),
  metricColumn('delta.norm', 'l2', 'Δ‖W‖'),
  metricColumn('delta.sigma1', 'sigma1', 'Δσ₁'),
  metricColumn('delta.OI', 'OI_row', 'Δ OI'),
];

const matchWords: Readonly<Record<LayerMatch['by'], string>> = {
  name: 'name',
  'normalised-name': 'name without wrappers',
  'renamed-prefix': 'renamed prefix',
  'shape-and-order': 'shape and order',
  weights: 'weights',
};

/** How the two layers were taken for one; empty where both have the same name. */
export function matchText({ by, confidence, isTransposed }: LayerMatch): string {
  const turned = isTransposed ? 'transposed' : '';
  if (by === 'name' && confidence === 1) return turned;
  const sure = `${matchWords[by]}, ${formatFraction(confidence)}`;
  return turned === '' ? sure : `${sure}, ${turned}`;
}

/** The name in B, after that in A where it is another. */
export function pairName({ a, b }: PairRow): string {
  return a.name === b.name ? b.name : `${a.name} → ${b.name}`;
}

/** Infinite where W_A was zero and is not any more, and where NaN or infinities have come: no share says how much that is. */
export function relativeChange({ change }: PairRow): number | undefined {
  if (!change) return undefined;
  if (change.nonFinite.b > change.nonFinite.a) return Infinity;
  return change.relative ?? (change.changedCount > 0 ? Infinity : 0);
}

/** How far a metric moved. Undefined where a side has none. */
export function metricDelta({ metrics }: PairRow, id: string): number | undefined {
  const values = Object.hasOwn(metrics, id) ? metrics[id] : undefined;
  if (values?.a === undefined || values.b === undefined) return undefined;
  return values.b - values.a;
}

/** The number of a cell. */
export function pairValue(row: PairRow, column: PairColumn): number | undefined {
  if (column.metric !== undefined) return metricDelta(row, column.metric);
  switch (column.id) {
    case 'change.relative':
      return relativeChange(row);
    case 'change.cosine':
      return row.change?.cosine;
    case 'change.newZeros':
      return row.change?.newZeros;
    case 'change.rank':
      // ΔW = 0 has no direction at all.
      return row.changeSpectrum?.effectiveRank ?? (row.change?.changedCount === 0 ? 0 : undefined);
    default:
      return undefined;
  }
}

/** What the table sorts by. */
export function pairSortValue(row: PairRow, id: string): number | string | undefined {
  if (id === 'name') return row.b.name;
  // The surest first where it is turned round: what needs a look stands at one end.
  if (id === 'match') return row.match.confidence;
  const column = pairColumns.find((one) => one.id === id);
  return column && pairValue(row, column);
}

/** Text of a number in its column. */
export function formatPairValue(value: number, column: PairColumn): string {
  if (value === Infinity) return '∞';
  switch (column.id) {
    case 'change.cosine':
      return formatCosine(value);
    case 'change.newZeros':
      return grouped(value);
    case 'delta.zeros':
      return formatPoints(value);
    default:
      return column.mark === 'signed' ? formatSigned(value) : formatNumber(value);
  }
}

/** `+0.5`, `−0.5`, `0`. */
export function formatSigned(value: number): string {
  return value > 0 ? `+${formatNumber(value)}` : formatNumber(value);
}

/** A difference of two fractions: in points, as a percentage of a percentage would be read wrongly. */
export function formatPoints(value: number): string {
  return `${formatSigned(value * 100)} pp`;
}

/** The difference in the metric's unit; empty where nothing moved or it has no meaning. */
export function deltaText(delta: number | undefined, unit: MetricDescriptor['unit']): string {
  if (delta === undefined || delta === 0 || unit === 'flag') return '';
  return unit === 'fraction' ? formatPoints(delta) : formatSigned(delta);
}

/** Near 1 what counts is how far from it. */
export function formatCosine(value: number): string {
  const distance = 1 - value;
  return distance > 0 && distance < 0.001 ? `1 − ${formatNumber(distance)}` : formatNumber(value);
}

/** One scale for a column over all pairs; a signed one reaches equally far to both sides. */
export function pairScale(column: PairColumn, rows: readonly PairRow[]): Scale | undefined {
  if (!column.mark) return undefined;
  let reach = 0;
  for (const row of rows) {
    const size = Math.abs(pairValue(row, column) ?? 0);
    if (Number.isFinite(size) && size > reach) reach = size;
  }
  const high = reach > 0 ? reach : 1;
  return { kind: 'linear', low: column.mark === 'signed' ? -high : 0, high };
}

/** Start and length of a cell's bar, 0…1. */
export function barOf(
  scale: Scale,
  value: number,
): { readonly start: number; readonly length: number } {
  const at = value === Infinity ? 1 : positionOn(scale, value);
  const zero = positionOn(scale, 0);
  return { start: Math.min(at, zero), length: Math.abs(at - zero) };
}
