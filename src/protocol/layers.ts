import type { MetricValue } from '../core/metric';
import type { LayerReport } from '../core/report';

/** A layer as the table shows it: the report without its arrays. */
export interface LayerRow extends Omit<LayerReport, 'metrics'> {
  readonly index: number;
  readonly metrics: Readonly<Record<string, number>>;
  /** A short spectrum for the cell: at most 32 singular values, evenly spaced by rank, divided by σ₁. */
  readonly sparkline?: readonly number[];
}

/** What the layer view draws. Every array is bounded, whatever the layer's size. */
export interface LayerDetail {
  readonly index: number;
  /** Arrays of the report: `singular_values`, `row.l2` … */
  readonly arrays: Readonly<Record<string, readonly number[]>>;
  readonly histogram: WeightHistogram;
  readonly pairs: readonly FilterPair[];
  readonly cosines?: CosineMap;
  readonly zeros?: ZeroMap;
  /** Why a chart is absent, by its key: `histogram`, `spectrum`, `cosines`, `norms`, `zeros`, `pairs`. */
  readonly absent: Readonly<Record<string, string>>;
}

/** 201 equal bins over ±4 RMS, and what lies outside. */
export interface WeightHistogram {
  readonly low: number;
  readonly high: number;
  readonly counts: readonly number[];
  readonly below: number;
  readonly above: number;
  /** Exact zeros, also counted in the middle bin. */
  readonly zeros: number;
  readonly mean: number;
  readonly std: number;
  readonly meanAbs: number;
  /** log₁₀|w|: counts in equal bins, zeros apart. */
  readonly logLow: number;
  readonly logHigh: number;
  readonly logCounts: readonly number[];
}

/** Two filters and their cosine. */
export interface FilterPair {
  readonly i: number;
  readonly j: number;
  readonly cosine: number;
}

/** Cosines between filters; where there are more than `size` filters each cell holds the strongest cosine of its block. */
export interface CosineMap {
  readonly size: number;
  readonly filterCount: number;
  /** size × size, row-major, natural order. */
  readonly values: Float32Array;
  /** Row norms per cell row (the mean of its filters). */
  readonly norms: Float32Array;
  /** Cell rows in an order that puts similar filters together. */
  readonly order: readonly number[];
}

/** Where the zeros are: fraction of exact zeros per cell of a grid over the matrix. */
export interface ZeroMap {
  readonly rows: number;
  readonly columns: number;
  /** Height and width of the grid, at most 256 each. */
  readonly height: number;
  readonly width: number;
  readonly zeroFractions: Float32Array;
  /** Root mean square of the weights per cell, so that a matrix without zeros still shows its structure. */
  readonly rms: Float32Array;
}

/** Progress of the analysis. */
export interface Progress {
  readonly phase: 'opening' | 'statistics' | 'spectra' | 'done' | 'cancelled' | 'paused';
  readonly done: number;
  readonly total: number;
  /** Layer being measured. */
  readonly current?: string;
}

/** A layer's values as a map of scalars only. */
export function scalarsOf(
  metrics: Readonly<Record<string, MetricValue>>,
): Readonly<Record<string, number>> {
  return Object.fromEntries(
    Object.entries(metrics).filter(
      (entry): entry is [string, number] => typeof entry[1] === 'number',
    ),
  );
}
