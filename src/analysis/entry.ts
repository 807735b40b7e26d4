import type { Measured } from '../core/metric';
import type { LayerReport } from '../core/report';
import type { Role } from '../core/tensor';
import { mergeMeasured, type FilterPair } from '../metrics';
import { scalarsOf, type LayerRow, type WeightHistogram } from '../protocol/layers';
import { parameterCountOf, type Layer } from './layers';
import type { LayerSpectrum, LayerStatistics } from './measurer';

/** What the reasons of the plan begin with: they are no failures, and the layer can be asked for. */
export const leftOutPrefix = 'left out: ';

/** A layer and what is known of it so far. */
export interface LayerEntry {
  readonly index: number;
  readonly layer: Layer;
  report: LayerReport;
  /** The report before Gram matrix and spectrum, to which those of a preview and then the exact ones are added. */
  streamed?: LayerReport;
  histogram?: WeightHistogram;
  sums?: { readonly count: number; readonly zeroCount: number; readonly l2: number };
  pairs: readonly FilterPair[];
  /** Why the weight could not be read. */
  unreadable?: string;
  /** Why Gram matrix and spectrum were left out, where the plan did so: they can be asked for. */
  leftOut?: string;
}

/** Notes that the plan leaves Gram matrix and spectrum out, or their exact values where there is a preview. */
export function leaveOut(entry: LayerEntry, reason: string): void {
  entry.leftOut = reason;
  entry.report = {
    ...entry.report,
    missing: [
      ...entry.report.missing.filter((one) => !one.reason.startsWith(leftOutPrefix)),
      { family: 'orthogonality', reason },
      { family: 'spectrum', reason },
    ],
    state: 'done',
  };
}

/** Takes up the statistics of the weight. */
export function addStatistics(entry: LayerEntry, statistics: LayerStatistics): void {
  const { measured, histogram, count, zeroCount, l2 } = statistics;
  if (histogram) entry.histogram = histogram;
  entry.sums = { count, zeroCount, l2 };
  entry.report = {
    ...entry.report,
    ...measured,
    state: entry.layer.oriented ? 'streamed' : 'done',
  };
  entry.streamed = entry.report;
}

/** Takes up Gram matrix and spectrum in place of a preview, or of a note that they were left out. */
export function addSpectrum(entry: LayerEntry, spectrum: LayerSpectrum): void {
  const { measured, pairs, precision } = spectrum;
  delete entry.leftOut;
  entry.pairs = pairs;
  const report = entry.streamed ?? entry.report;
  entry.report = {
    ...report,
    ...mergeMeasured(report, measured),
    ...(precision === 'f64' ? { state: 'done' } : { precision, state: 'streamed' }),
  };
}

/** Takes up what was asked for beside the plan. */
export function addMeasured(entry: LayerEntry, measured: Measured): void {
  entry.report = { ...entry.report, ...mergeMeasured(entry.report, measured) };
}

/** Notes that the weight could not be read, or its matrix not be measured. */
export function addFailure(
  entry: LayerEntry,
  family: 'integrity' | 'spectrum',
  reason: string,
): void {
  if (family === 'integrity') entry.unreadable = reason;
  entry.report = {
    ...entry.report,
    missing: [...entry.report.missing, { family, reason }],
    state: 'done',
  };
}

export function newEntry(
  index: number,
  layer: Layer,
  roles: ReadonlyMap<string, Role>,
): LayerEntry {
  const { weight, oriented } = layer;
  const view = oriented?.view;
  return {
    index,
    layer,
    pairs: [],
    report: {
      name: layer.name,
      role: layer.role,
      ...(layer.type === undefined ? {} : { type: layer.type }),
      tensor: weight.name,
      tensors: [weight, ...layer.companions].map(({ name }) => name),
      dtype: weight.combined?.dtype ?? weight.dtype,
      shape: weight.shape,
      parameterCount: parameterCountOf(layer, roles),
      ...(view ? { view: [view.blocks * view.rows, view.columns] } : {}),
      blocks: view?.blocks ?? 1,
      ...(oriented?.blocksAre && { blocksAre: oriented.blocksAre }),
      orientation: oriented?.orientation ?? 'known',
      ...(weight.combined && { combined: weight.combined.how }),
      ...(weight.notCombined !== undefined && { notCombined: weight.notCombined }),
      state: 'pending',
      metrics: {},
      baselines: {},
      bounds: {},
      missing: [],
    },
  };
}

const sparklinePoints = 32;

/** The entry as a row of the table. */
export function rowOf({ index, report }: LayerEntry): LayerRow {
  const sparkline = sparklineOf(report.metrics['singular_values']);
  return {
    ...report,
    index,
    metrics: scalarsOf(report.metrics),
    ...(sparkline ? { sparkline } : {}),
  };
}

function sparklineOf(
  values: LayerReport['metrics'][string] | undefined,
): readonly number[] | undefined {
  if (!Array.isArray(values)) return undefined;
  const sigmas = values as readonly number[];
  const largest = sigmas[0];
  if (largest === undefined || !(largest > 0)) return undefined;
  const count = Math.min(sparklinePoints, sigmas.length);
  return Array.from({ length: count }, (_, i) => {
    const rank = count === 1 ? 0 : Math.round((i * (sigmas.length - 1)) / (count - 1));
    return Number((sigmas[rank]! / largest).toPrecision(4));
  });
}
