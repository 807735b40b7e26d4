import type { LayerRow } from '../../src/protocol/layers';
import { formatNumber, plural } from '../format';
import type { Tabular } from '../tabular';

/** Singular values and what random entries of the same size would give. */
export interface Spectrum {
  readonly values: readonly {
    readonly rank: number;
    readonly sigma: number;
    readonly spike: boolean;
  }[];
  /** Singular values that are zero: a log axis cannot show them. */
  readonly zeroCount: number;
  /** Both ends of the Marchenko–Pastur bulk, as singular values. */
  readonly bulk: { readonly low: number; readonly high: number } | undefined;
}

export function spectrumOf(row: LayerRow, singularValues: readonly number[]): Spectrum {
  const spikes = row.metrics['mp.num_spikes'] ?? 0;
  const values = singularValues
    .map((sigma, index) => ({ rank: index + 1, sigma, spike: index < spikes }))
    .filter(({ sigma }) => sigma > 0);
  return {
    values,
    zeroCount: singularValues.length - values.length,
    bulk: bulkOf(row),
  };
}

/** `mp.edge` is an eigenvalue of WᵀW/N, s²(1+√γ)²; the lower end of the bulk is s²(1−√γ)². */
function bulkOf(row: LayerRow): Spectrum['bulk'] {
  const edge = row.metrics['mp.edge'];
  if (edge === undefined || !(edge > 0) || !row.view) return undefined;
  const [m, k] = row.view;
  const rows = m / row.blocks;
  const long = Math.max(rows, k);
  const root = Math.sqrt(Math.min(rows, k) / long);
  const high = Math.sqrt(edge * long);
  return { low: (high * (1 - root)) / (1 + root), high };
}

export function spectrumSummary(spectrum: Spectrum): string {
  const { values, bulk, zeroCount } = spectrum;
  const first = values[0]?.sigma ?? 0;
  const last = values.at(-1)?.sigma ?? 0;
  const spikes = values.filter(({ spike }) => spike).length;
  return [
    `${plural(values.length + zeroCount, 'singular value')}, from ${formatNumber(first)} down to ${formatNumber(last)}`,
    ...(zeroCount > 0 ? [`${plural(zeroCount, 'exact zero')} not drawn`] : []),
    ...(bulk
      ? [`random bulk up to ${formatNumber(bulk.high)}, ${plural(spikes, 'spike')} above it`]
      : []),
  ].join('; ');
}

export function spectrumTable({ values }: Spectrum): Tabular {
  return {
    head: ['i', 'σ_i', 'spike'],
    rows: values.map(({ rank, sigma, spike }) => [rank, sigma, spike ? 'yes' : '']),
  };
}
