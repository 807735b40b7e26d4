import type { MetricFamily } from '../core/metric';
import type { LayerDetail, WeightHistogram } from '../protocol/layers';
import type { LayerEntry } from './entry';
import { maxMapElements } from './localMeasurer';
import type { LayerMaps } from './measurer';

const noHistogram: WeightHistogram = {
  low: 0,
  high: 0,
  counts: [],
  below: 0,
  above: 0,
  zeros: 0,
  mean: 0,
  std: 0,
  meanAbs: 0,
  logLow: 0,
  logHigh: 0,
  logCounts: [],
};

/** Everything the layer view draws; what is absent says why. */
export function detailOf(entry: LayerEntry, maps: LayerMaps): LayerDetail {
  const arrays = Object.fromEntries(
    Object.entries(entry.report.metrics).filter(
      (pair): pair is [string, readonly number[]] => typeof pair[1] !== 'number',
    ),
  );
  return {
    index: entry.index,
    arrays,
    histogram: entry.histogram ?? noHistogram,
    pairs: entry.pairs,
    ...maps,
    absent: absentOf(entry, arrays, maps),
  };
}

function absentOf(
  entry: LayerEntry,
  arrays: Readonly<Record<string, readonly number[]>>,
  maps: LayerMaps,
): Readonly<Record<string, string>> {
  const { report, layer, unreadable } = entry;
  const because = (...families: MetricFamily[]): string =>
    unreadable ??
    report.missing.find(({ family }) => families.includes(family))?.reason ??
    (report.state === 'done' ? notForVectors(entry) : 'not measured yet');
  const absent: Record<string, string> = {};
  if (!entry.histogram) absent['histogram'] = because('integrity', 'shape');
  if (!arrays['singular_values']) absent['spectrum'] = because('spectrum');
  if (!arrays['row.l2']) absent['norms'] = because('norms');
  if (!maps.cosines) {
    absent['cosines'] =
      layer.oriented && report.parameterCount > maxMapElements
        ? `more than ${maxMapElements.toLocaleString('en')} elements`
        : because('orthogonality');
  }
  if (!maps.zeros) absent['zeros'] = layer.oriented ? because('sparsity') : notForVectors(entry);
  if (entry.pairs.length === 0) absent['pairs'] = because('orthogonality');
  return absent;
}

function notForVectors({ layer, report }: LayerEntry): string {
  return layer.oriented
    ? `not measured for the role ${report.role}`
    : `a vector of ${report.shape.join(' × ')} values has no filters`;
}
