import type { Measured } from '../core/metric';
import type { PrecisionOptions } from '../kernels';

/** Two filters (rows of the canonical matrix, all blocks stacked) and their cosine. */
export interface FilterPair {
  readonly i: number;
  readonly j: number;
  readonly cosine: number;
}

/** The filter most like a given one: index −1 and cosine 0 for a dead filter or one alone in its block. */
export interface FilterNeighbours {
  readonly indices: Int32Array;
  /** With its sign; the largest magnitude decides. */
  readonly cosines: Float64Array;
}

/** Cosines between filters; above 512 filters each cell holds the strongest cosine, sign kept, of its block of pairs. */
export interface CosineMap {
  readonly size: number;
  readonly filterCount: number;
  /** size × size, row-major, natural order. Dead filters and filters of different blocks: 0. */
  readonly values: Float32Array;
  /** Mean row norm per cell row. */
  readonly norms: Float32Array;
  /** Cell rows in an order that puts similar filters together. */
  readonly order: readonly number[];
}

/** Numbers of Gram matrix and spectrum, and what charts draw. */
export interface LayerMeasurement {
  readonly measured: Measured;
  /** Up to 50 pairs of largest |cosine|, descending. Empty where row cosines were left out. */
  readonly pairs: readonly FilterPair[];
  readonly neighbours?: FilterNeighbours;
}

export interface LayerOptions extends PrecisionOptions {
  /** Above so many rows of a block the cosines between rows are left out (default 8192). */
  readonly maxCosineRows?: number;
  /** Above so many singular values a block the spectrum is left out (default 4096). */
  readonly maxSpectrum?: number;
}
