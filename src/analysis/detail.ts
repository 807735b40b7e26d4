import type { MetricFamily } from '../core/metric';
import type { Kernels } from '../kernels';
import { measureCosines } from '../metrics';
import type { LayerDetail, WeightHistogram, ZeroMap } from '../protocol/layers';
import { maxMatrixElements } from './cost';
import type { LayerEntry } from './entry';
import { histogramOf } from './histogram';
import { readMatrices } from './streaming';
import { zeroMapOf } from './zeroMap';

/** Matrices up to this size are read again for the maps of the layer view, without being asked. */
const maxMapElements = maxMatrixElements / 4;
/** m² cosines of so many filters take a second or two. */
const maxMapRows = 2048;

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
export async function detailOf(
  entry: LayerEntry,
  kernels: Kernels,
  unreadable: string | undefined,
): Promise<LayerDetail> {
  const histogram = entry.statistics ? histogramOf(entry.statistics) : undefined;
  const maps = unreadable === undefined ? await mapsOf(entry, kernels) : {};
  const arrays = Object.fromEntries(
    Object.entries(entry.report.metrics).filter(
      (pair): pair is [string, readonly number[]] => typeof pair[1] !== 'number',
    ),
  );
  return {
    index: entry.index,
    arrays,
    histogram: histogram ?? noHistogram,
    pairs: entry.pairs,
    ...maps,
    absent: absentOf(entry, arrays, { histogram, ...maps }, unreadable),
  };
}

interface Maps {
  cosines?: NonNullable<LayerDetail['cosines']>;
  zeros?: ZeroMap;
}

async function mapsOf({ layer }: LayerEntry, kernels: Kernels): Promise<Maps> {
  const view = layer.oriented?.view;
  if (!view || view.blocks * view.rows * view.columns > maxMapElements) return {};
  const blocks = await readMatrices(layer.weight, view, kernels, () => false);
  const context = { role: layer.role, dtype: layer.weight.dtype };
  const cosines = await measureCosines(blocks, context, kernels, { maxCosineRows: maxMapRows });
  return { zeros: zeroMapOf(blocks), ...(cosines ? { cosines } : {}) };
}

function absentOf(
  entry: LayerEntry,
  arrays: Readonly<Record<string, readonly number[]>>,
  present: { histogram: WeightHistogram | undefined } & Maps,
  unreadable: string | undefined,
): Readonly<Record<string, string>> {
  const { report, layer } = entry;
  const because = (...families: MetricFamily[]): string =>
    unreadable ??
    report.missing.find(({ family }) => families.includes(family))?.reason ??
    (report.state === 'done' ? notForVectors(entry) : 'not measured yet');
  const absent: Record<string, string> = {};
  if (!present.histogram) absent['histogram'] = because('integrity', 'shape');
  if (!arrays['singular_values']) absent['spectrum'] = because('spectrum');
  if (!arrays['row.l2']) absent['norms'] = because('norms');
  if (!present.cosines) {
    absent['cosines'] =
      layer.oriented && report.parameterCount > maxMapElements
        ? `more than ${maxMapElements.toLocaleString('en')} elements`
        : because('orthogonality');
  }
  if (!present.zeros) absent['zeros'] = layer.oriented ? because('sparsity') : notForVectors(entry);
  if (entry.pairs.length === 0) absent['pairs'] = because('orthogonality');
  return absent;
}

function notForVectors({ layer, report }: LayerEntry): string {
  return layer.oriented
    ? `not measured for the role ${report.role}`
    : `a vector of ${report.shape.join(' × ')} values has no filters`;
}
