import type { MetricValue } from '../core/metric';
import type { LayerReport } from '../core/report';
import type { FilterPair } from '../metrics';
import type { WeightHistogram } from '../protocol/layers';
import { leftOutPrefix, type LayerEntry } from './entry';

/** Raised when numbers are computed differently, or more of them: older snapshots are then measured anew. */
const snapshotVersion = 3;

/** Everything measured of a checkpoint, as plain JSON. */
export interface Snapshot {
  readonly version: number;
  readonly layers: readonly LayerSnapshot[];
  /** Of tensors that are no layer's weight, by name. */
  readonly tensors: Readonly<Record<string, Readonly<Record<string, MetricValue>>>>;
}

interface LayerSnapshot {
  readonly report: LayerReport;
  readonly streamed?: LayerReport;
  readonly histogram?: WeightHistogram;
  readonly sums?: NonNullable<LayerEntry['sums']>;
  readonly pairs: readonly FilterPair[];
  readonly leftOut?: string;
}

export function snapshotOf(
  entries: readonly LayerEntry[],
  tensors: ReadonlyMap<string, Readonly<Record<string, MetricValue>>>,
): Snapshot {
  return {
    version: snapshotVersion,
    layers: entries.map(({ report, streamed, histogram, sums, pairs, leftOut }) => ({
      report,
      ...(streamed && { streamed }),
      ...(histogram && { histogram }),
      ...(sums && { sums }),
      pairs,
      ...(leftOut !== undefined && { leftOut }),
    })),
    tensors: Object.fromEntries(tensors),
  };
}

/**
 * Takes a snapshot of the same checkpoint up again; false, and nothing changed, where it does not fit. What was left out waits again,
 * as limits and budget may be others now; what could not be read is tried again.
 */
export function restore(entries: readonly LayerEntry[], snapshot: unknown): snapshot is Snapshot {
  if (!isSnapshot(snapshot) || snapshot.layers.length !== entries.length) return false;
  const fits = entries.every(({ report }, index) => {
    const other = snapshot.layers[index]?.report;
    return other?.tensor === report.tensor && String(other.shape) === String(report.shape);
  });
  if (!fits) return false;
  for (const [index, entry] of entries.entries()) {
    const layer = snapshot.layers[index];
    if (!layer?.sums) continue;
    const { report, streamed, histogram, sums, pairs, leftOut } = layer;
    entry.report =
      leftOut === undefined
        ? report
        : {
            ...report,
            state: 'streamed',
            missing: report.missing.filter(({ reason }) => !reason.startsWith(leftOutPrefix)),
          };
    entry.sums = sums;
    entry.pairs = pairs;
    if (streamed) entry.streamed = streamed;
    if (histogram) entry.histogram = histogram;
  }
  return true;
}

/** The cache is ours, but a file all the same: its outline is checked, its numbers are taken as they are. */
function isSnapshot(value: unknown): value is Snapshot {
  return (
    typeof value === 'object' &&
    value !== null &&
    'version' in value &&
    value.version === snapshotVersion &&
    'layers' in value &&
    Array.isArray(value.layers) &&
    value.layers.every(isLayer) &&
    'tensors' in value &&
    typeof value.tensors === 'object' &&
    value.tensors !== null
  );
}

function isLayer(value: unknown): value is LayerSnapshot {
  return (
    typeof value === 'object' &&
    value !== null &&
    'report' in value &&
    typeof value.report === 'object' &&
    value.report !== null &&
    'pairs' in value &&
    Array.isArray(value.pairs)
  );
}
