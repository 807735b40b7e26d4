import type { Checkpoint } from '../core/checkpoint';
import { FormatError } from '../core/errors';
import type { Kernels } from '../kernels';
import {
  heldMatrices,
  measureBatchNorm,
  measureCosines,
  measureElements,
  measureFoldedNorms,
  measureLayer,
  mergeMeasured,
  type MatrixSource,
} from '../metrics';
import { batchNormReader } from './batchNormChannels';
import { followingNorms, valuesOf } from './batchNormPairs';
import { elementsOf, maxCosineRows } from './cost';
import { withEffectiveWeights } from './effective';
import { estimatedSpectrum } from './estimate';
import { histogramOf } from './histogram';
import { findLayers, type Layer } from './layers';
import { gramOfRows, matricesOf } from './matrices';
import type {
  LayerMaps,
  LayerSpectrum,
  LayerStatistics,
  LocalMeasurer,
  Outcome,
  SpectrumLimits,
} from './measurer';
import { operatorNorms } from './operatorNorms';
import { recurrentMeasures } from './recurrent';
import { splitSource } from './splitSource';
import { storageOf } from './storage';
import { Stopped, throwIfStopped, type IsStopped } from './stop';
import { readMatrices, readStatistics } from './streaming';
import { zeroMapOf } from './zeroMap';

/** Larger weights are not read again for the maps of the layer view. */
export const maxMapElements = 2 ** 24;
/** m² cosines of so many filters take a second or two. */
const maxMapRows = 2048;

export interface LocalMeasurerOptions {
  readonly kernels: Kernels;
  /** Milliseconds. */
  readonly now: () => number;
  readonly isStopped: IsStopped;
}

/** Measures in the thread that calls. */
export function localMeasurer(stored: Checkpoint, options: LocalMeasurerOptions): LocalMeasurer {
  const checkpoint = withEffectiveWeights(stored);
  const { kernels, now, isStopped } = options;
  const { layers, roles } = findLayers(checkpoint);
  const norms = followingNorms(layers, checkpoint);
  const readBatchNorm = batchNormReader(checkpoint);
  const layerAt = (index: number): Layer => {
    const layer = layers[index];
    if (!layer) throw new RangeError(`No layer ${index}: there are ${layers.length}`);
    return layer;
  };

  return {
    statistics: (index) =>
      outcomeOf(async (): Promise<LayerStatistics> => {
        const layer = layerAt(index);
        const { weight, oriented, role } = layer;
        const read = await readStatistics(weight, oriented?.view, kernels, isStopped);
        const { statistics, refinement } = read;
        const histogram = histogramOf(read);
        const elements = measureElements({
          role,
          ...storageOf(weight),
          statistics,
          ...(oriented ? { view: oriented.view } : {}),
          ...(refinement ? { refinement } : {}),
        });
        const norm = norms.get(index);
        const own = await readBatchNorm(layer);
        return {
          measured: mergeMeasured(
            elements,
            ...(norm ? [measureFoldedNorms(statistics, await valuesOf(norm))] : []),
            ...(own ? [measureBatchNorm(own)] : []),
          ),
          ...(histogram ? { histogram } : {}),
          count: statistics.count,
          zeroCount: statistics.zeroCount,
          l2: statistics.l2,
        };
      }),

    tensor: (index) =>
      outcomeOf(async () => {
        const tensor = checkpoint.tensors[index];
        if (!tensor) throw new RangeError(`No tensor ${index}`);
        const { statistics, refinement } = await readStatistics(
          tensor,
          undefined,
          kernels,
          isStopped,
        );
        const { metrics } = measureElements({
          role: roles.get(tensor.name) ?? 'aux',
          ...storageOf(tensor),
          statistics,
          ...(refinement ? { refinement } : {}),
        });
        return metrics;
      }),

    spectrum: (index, limits) =>
      outcomeOf(async (): Promise<LayerSpectrum> => {
        const layer = layerAt(index);
        const started = now();
        const found = await spectrumOf(checkpoint, layer, limits, options);
        return { ...found, precision: limits.precision, seconds: (now() - started) / 1000 };
      }),

    splitSpectrum: (index, limits, measurers) =>
      outcomeOf(async (): Promise<LayerSpectrum> => {
        const layer = layerAt(index);
        const started = now();
        const found = await spectrumOf(checkpoint, layer, limits, {
          ...options,
          split: (source) => splitSource(source, index, measurers),
        });
        // Its parts kept all measurers busy.
        const seconds = (measurers.length * (now() - started)) / 1000;
        return { ...found, precision: limits.precision, seconds };
      }),

    gramPart: (index, part) =>
      outcomeOf(() => {
        const { weight, oriented } = layerAt(index);
        if (!oriented) throw new RangeError('a vector has no Gram matrix');
        return gramOfRows(weight, oriented.view, { ...part, kernels, isStopped });
      }),

    operatorNorms: (index) =>
      outcomeOf(async () => {
        const { weight, oriented } = layerAt(index);
        if (!oriented) throw new RangeError('a vector is no convolution');
        const blocks = await readMatrices(weight, oriented.view, kernels, isStopped);
        return await operatorNorms(blocks, oriented.view, options);
      }),

    maps: (index) =>
      outcomeOf(async (): Promise<LayerMaps> => {
        const { weight, oriented, role } = layerAt(index);
        const view = oriented?.view;
        if (!view || elementsOf(view) > maxMapElements) return {};
        const blocks = await readMatrices(weight, view, kernels, isStopped);
        const cosines = await measureCosines(
          heldMatrices(blocks),
          { role, ...storageOf(weight) },
          kernels,
          { maxCosineRows: maxMapRows, onStep: () => throwIfStopped(isStopped) },
        );
        return { zeros: zeroMapOf(blocks), ...(cosines ? { cosines } : {}) };
      }),
  };
}

interface SpectrumOptions extends LocalMeasurerOptions {
  readonly split?: (source: MatrixSource) => MatrixSource;
}

async function spectrumOf(
  checkpoint: Checkpoint,
  layer: Layer,
  { maxSpectrum, precision }: SpectrumLimits,
  { kernels, isStopped, split = (source) => source }: SpectrumOptions,
): Promise<Pick<LayerSpectrum, 'measured' | 'pairs'>> {
  const { weight, oriented, role } = layer;
  if (!oriented) throw new RangeError('a vector has no spectrum');
  const { view } = oriented;
  if (precision === 'estimate') {
    return { measured: await estimatedSpectrum(weight, view, kernels, isStopped), pairs: [] };
  }
  const source = split(matricesOf(weight, view, kernels, isStopped));
  const context = { role, view, ...storageOf(weight) };
  const onStep = (): void => throwIfStopped(isStopped);
  const { measured, pairs } = await measureLayer(source, context, kernels, {
    maxSpectrum,
    maxCosineRows,
    precision,
    onStep,
  });
  if (role !== 'recurrent') return { measured, pairs };
  const blocks = await readMatrices(weight, view, kernels, isStopped);
  const gates = await recurrentMeasures(checkpoint, layer, blocks, { kernels, isStopped });
  return { measured: mergeMeasured(measured, gates), pairs };
}

/** The file's fault is said as it is; anything else is a fault of ours and passes on. */
async function outcomeOf<T>(task: () => Promise<T>): Promise<Outcome<T>> {
  try {
    return { kind: 'measured', value: await task() };
  } catch (error) {
    if (error instanceof Stopped) return { kind: 'stopped' };
    // A RangeError: an eigenvalue iteration that does not converge, a matrix that does not fit. The layer's fault alone.
    if (error instanceof FormatError || error instanceof RangeError) {
      return { kind: 'failed', reason: error.message };
    }
    throw error;
  }
}
