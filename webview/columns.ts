import type { MetricDescriptor, MetricFamily } from '../src/core/metric';
import type { LayerRow } from '../src/protocol/layers';
import { notesOf } from './notes';

/** How a number is drawn in its cell: a bar from zero, or a dot on a log axis with chance in the middle. */
export type Mark = 'bar' | 'centred';

export interface Column {
  readonly id: string;
  readonly heading: string;
  readonly width: number;
  readonly kind: 'view' | 'dtype' | 'parameters' | 'metric' | 'spectrum' | 'notes';
  readonly mark?: Mark;
  readonly descriptor?: MetricDescriptor;
}

/** One scale for a column: every cell can be compared with every other by eye. */
export interface Scale {
  readonly kind: 'linear' | 'log' | 'centred';
  readonly low: number;
  readonly high: number;
}

export const defaultColumns: readonly string[] = [
  'view',
  'zero.frac',
  'near.excess(1e-2)',
  'l2',
  'sigma1',
  'OI_row',
  'spectrum',
  'cond',
  'notes',
];

const fixedColumns: readonly Column[] = [
  { id: 'view', heading: 'Shape', width: 92, kind: 'view' },
  { id: 'dtype', heading: 'Type', width: 52, kind: 'dtype' },
  { id: 'parameters', heading: 'Parameters', width: 92, kind: 'parameters' },
  { id: 'spectrum', heading: 'Spectrum', width: 88, kind: 'spectrum' },
  { id: 'notes', heading: 'Notes', width: 190, kind: 'notes' },
];

/** Headings that fit a narrow column, where the metric's title does not. */
const headings: Readonly<Record<string, string>> = {
  'zero.frac': 'Zeros',
  'near.excess(1e-2)': 'Near zero',
  l2: '‖W‖F',
  sigma1: 'σ₁',
  OI_row: 'Correlation',
  cond: 'Cond',
};

/** Wider where the numbers are: `≥ 4.88e+7`. */
const widths: ReadonlyMap<string, number> = new Map([['cond', 116]]);

/** Ratios to chance: 1 is what random weights give. */
const centred = /^(OI_|near\.excess|rel\.|isometry\.ratio|linf_excess)/;

const families: readonly MetricFamily[] = [
  'integrity',
  'sparsity',
  'norms',
  'shape',
  'orthogonality',
  'spectrum',
  'marchenko-pastur',
  'heavy-tail',
  'recurrent',
];

/** Families in reading order, as headings. */
export const familyTitles: Readonly<Record<MetricFamily, string>> = {
  integrity: 'Integrity',
  sparsity: 'Sparsity',
  norms: 'Norms',
  shape: 'Distribution',
  orthogonality: 'Orthogonality',
  spectrum: 'Spectrum',
  'marchenko-pastur': 'Marchenko–Pastur fit',
  'heavy-tail': 'Heavy tail',
  recurrent: 'Recurrent',
};

/** Every column there is: the fixed ones, then one for each scalar metric. */
export function columnsOf(catalogue: readonly MetricDescriptor[]): readonly Column[] {
  const metrics = catalogue
    .filter((descriptor) => descriptor.array !== true)
    .map((descriptor): Column => {
      const mark = markOf(descriptor);
      return {
        id: descriptor.id,
        heading: headingOf(descriptor),
        width: widths.get(descriptor.id) ?? (mark === 'centred' ? 112 : 92),
        kind: 'metric',
        ...(mark ? { mark } : {}),
        descriptor,
      };
    });
  return [...fixedColumns, ...metrics];
}

/** The chosen columns in the order of the choice. Ids that the catalogue no longer has are left out. */
export function chosenColumns(
  catalogue: readonly MetricDescriptor[],
  ids: readonly string[],
): readonly Column[] {
  const byId = new Map(columnsOf(catalogue).map((column) => [column.id, column]));
  return ids.flatMap((id) => byId.get(id) ?? []);
}

/** A metric's short name: the heading of its column. */
export function headingOf(descriptor: MetricDescriptor): string {
  return Object.hasOwn(headings, descriptor.id)
    ? (headings[descriptor.id] ?? descriptor.title)
    : descriptor.title;
}

/** The catalogue by family, in reading order; families without metrics are left out. */
export function byFamily(
  catalogue: readonly MetricDescriptor[],
): readonly { readonly family: MetricFamily; readonly metrics: readonly MetricDescriptor[] }[] {
  return families
    .map((family) => ({ family, metrics: catalogue.filter((one) => one.family === family) }))
    .filter(({ metrics }) => metrics.length > 0);
}

function markOf(descriptor: MetricDescriptor): Mark | undefined {
  if (centred.test(descriptor.id)) return 'centred';
  return descriptor.unit === 'flag' ? undefined : 'bar';
}

/** The scale of a column over all layers, so that it does not change while one scrolls or filters. */
export function scaleOf(column: Column, rows: readonly LayerRow[]): Scale | undefined {
  if (!column.mark) return undefined;
  if (column.descriptor?.unit === 'fraction') return { kind: 'linear', low: 0, high: 1 };
  const values = rows.flatMap((row) => {
    const value = row.metrics[column.id];
    return value !== undefined && Number.isFinite(value) ? [value] : [];
  });
  const positive = values.filter((value) => value > 0);
  const high = positive.reduce((a, b) => Math.max(a, b), 0);
  const low = positive.reduce((a, b) => Math.min(a, b), Infinity);
  if (column.mark === 'centred') {
    const reach = positive.reduce((most, value) => Math.max(most, Math.abs(Math.log(value))), 0);
    const side = Math.exp(Math.max(reach, Math.log(4)));
    return { kind: 'centred', low: 1 / side, high: side };
  }
  if (high === 0) return { kind: 'linear', low: 0, high: 1 };
  // Condition numbers span decades: on a linear scale all but the largest would be invisible.
  return high / low > 1000 ? { kind: 'log', low, high } : { kind: 'linear', low: 0, high };
}

/** Where a value stands on a scale, 0…1. */
export function positionOn(scale: Scale, value: number): number {
  const { low, high, kind } = scale;
  if (kind === 'linear') return clamp((value - low) / (high - low));
  if (value <= 0) return 0;
  const share = Math.log(value / low) / Math.log(high / low);
  // The smallest value of a log column still gets a sliver, so that it differs from nothing.
  return kind === 'log' ? clamp(0.04 + 0.96 * share) : clamp(share);
}

/** What the table sorts by. Undefined sorts last. */
export function sortValue(row: LayerRow, column: string): number | string | undefined {
  switch (column) {
    case 'name':
      return row.name;
    case 'parameters':
      return row.parameterCount;
    case 'view':
      return row.view ? row.view[0] * row.view[1] : row.parameterCount;
    case 'dtype':
      return row.dtype;
    case 'spectrum':
      // Flat spectra at one end, steep ones at the other.
      return row.sparkline && row.sparkline.length > 0
        ? row.sparkline.reduce((sum, sigma) => sum + sigma, 0) / row.sparkline.length
        : undefined;
    case 'notes': {
      const notes = notesOf(row);
      return notes.length === 0
        ? undefined
        : notes.reduce((sum, note) => sum + (note.weight === 'problem' ? 100 : 1), 0);
    }
    default: {
      const value = row.metrics[column];
      return value !== undefined && Number.isFinite(value) ? value : undefined;
    }
  }
}

function clamp(share: number): number {
  return Number.isFinite(share) ? Math.max(0, Math.min(1, share)) : 0;
}
