import type { Measured, MetricValue } from '../core/metric';
import type { Precision, SymmetricMatrix } from '../kernels';
import type { FilterPair } from '../metrics';
import type { CosineMap, WeightHistogram, ZeroMap } from '../protocol/layers';
import { Stopped } from './stop';

/**
 * Measures parts of one checkpoint. All measurers of a checkpoint find the same layers in the same order, so a layer is named by
 * its index; arguments and results can cross threads.
 */
export interface Measurer {
  /** Element statistics of a layer's weight. */
  statistics(layer: number): Promise<Outcome<LayerStatistics>>;
  /** Element statistics of a tensor that is no layer's weight, by its index in the checkpoint. */
  tensor(index: number): Promise<Outcome<Readonly<Record<string, MetricValue>>>>;
  /** Gram matrix and spectrum of a layer. */
  spectrum(layer: number, limits: SpectrumLimits): Promise<Outcome<LayerSpectrum>>;
  /** Wᵀ W of a part of the rows. */
  gramPart(layer: number, part: RowPart): Promise<Outcome<SymmetricMatrix>>;
  /** Norms of a convolution as an operator, which take long and are measured when they are asked for. */
  operatorNorms(layer: number): Promise<Outcome<Measured>>;
}

/** The one in the thread that plans: it also does what is not worth another thread, or needs several. */
export interface LocalMeasurer extends Measurer {
  /** `spectrum`, with the Gram matrix of its columns formed by these measurers, each of a part of the rows. */
  splitSpectrum(
    layer: number,
    limits: SpectrumLimits,
    measurers: readonly Measurer[],
  ): Promise<Outcome<LayerSpectrum>>;
  /** What the layer view draws of the matrix itself. */
  maps(layer: number): Promise<Outcome<LayerMaps>>;
}

/** What became of a task. */
export type Outcome<T> =
  | { readonly kind: 'measured'; readonly value: T }
  /** The file's fault, or the layer's: said as it is. */
  | { readonly kind: 'failed'; readonly reason: string }
  | { readonly kind: 'stopped' };

export interface LayerStatistics {
  readonly measured: Measured;
  readonly histogram?: WeightHistogram;
  readonly count: number;
  readonly zeroCount: number;
  readonly l2: number;
}

/** `f32`: a preview; `estimate`: from products with the matrix alone, for those too large. */
export type SpectrumPrecision = Precision | 'estimate';

export interface SpectrumLimits {
  /** Smaller side up to which the spectrum is computed. */
  readonly maxSpectrum: number;
  readonly precision: SpectrumPrecision;
}

/** Rows [first, end), each times its factor where there are factors. */
export interface RowPart {
  readonly first: number;
  readonly end: number;
  readonly precision: Precision;
  readonly rowScales?: Float64Array;
}

export interface LayerSpectrum {
  readonly measured: Measured;
  readonly pairs: readonly FilterPair[];
  readonly precision: SpectrumPrecision;
  /** Seconds of one thread. */
  readonly seconds: number;
}

export interface LayerMaps {
  readonly cosines?: CosineMap;
  readonly zeros?: ZeroMap;
}

/** The thread of a measurer has ended: what it was at is not measured, and it takes nothing more. */
export class MeasurerLost extends Error {
  override readonly name = 'MeasurerLost';
}

/** Measurers of one checkpoint, started when they are needed. */
export interface MeasurerPool {
  /** Resolves to at least one. */
  start(): Promise<readonly Measurer[]>;
  /** Every `start` is followed by one `end`; after the last, threads and their memory may be given up. */
  end(): void;
}

/** A pool of one measurer, which works in the thread that asks. */
export function ownThread(measurer: Measurer): MeasurerPool {
  return { start: () => Promise.resolve([measurer]), end: () => undefined };
}

/** The value, where there is one; a stopped task throws, a failed one is told. */
export function measuredValue<T>(
  outcome: Outcome<T>,
  onFailed: (reason: string) => void,
): T | undefined {
  if (outcome.kind === 'stopped') throw new Stopped();
  if (outcome.kind === 'measured') return outcome.value;
  onFailed(outcome.reason);
  return undefined;
}
