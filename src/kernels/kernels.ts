import type { Dtype } from '../core/dtype';
import type { MatrixView } from '../core/matrixView';

export type Backend = 'typescript' | 'wasm' | 'tensorflow';

/** A dense row-major matrix. f32 wherever the stored type fits into it without loss, else f64. */
export interface Matrix {
  readonly rows: number;
  readonly columns: number;
  readonly data: Float32Array | Float64Array;
}

/** The hot loops. One interface, its backends behind it; the plain TypeScript one is the reference that others are held to. */
export interface Kernels {
  readonly backend: Backend;
  /** Begins the streaming pass over one tensor; `view` adds row, column, N:M and block statistics. */
  startStatistics(dtype: Dtype, elementCount: number, view?: MatrixView): StatisticsPass;
  /** G = W Wᵀ (`rows`, m×m) or Wᵀ W (`columns`, k×k): full symmetric, row-major, f64 accumulation. */
  gram(matrix: Matrix, side: 'rows' | 'columns'): Promise<Float64Array>;
  /** All eigenvalues of a symmetric n×n matrix, descending. Overwrites `matrix`. Throws RangeError where it does not converge. */
  symmetricEigenvalues(matrix: Float64Array, n: number): Promise<Float64Array>;
}

/** One pass over a tensor's bytes, in order, in chunks of any whole number of elements. */
export interface StatisticsPass {
  /** Contiguous little-endian elements. */
  update(bytes: Uint8Array): void;
  finish(): ElementStatistics;
}

/** What one pass yields; every figure of metrics.md §2 follows from it. Finite elements only, except the counts. */
export interface ElementStatistics {
  readonly count: number;
  readonly nanCount: number;
  readonly positiveInfinityCount: number;
  readonly negativeInfinityCount: number;
  /** Linear indices (row-major, stored shape) of the first non-finite elements, at most 10. */
  readonly nonFiniteAt: readonly number[];
  readonly zeroCount: number;
  readonly negativeZeroCount: number;
  readonly subnormalCount: number;
  /** |x| ≥ 0.98 × the dtype's maximum (f16 and f8 types). */
  readonly saturatedCount: number;
  readonly min: number;
  readonly max: number;
  readonly sumAbs: number;
  readonly mean: number;
  /** Central moment sums Σ(x−mean)^2, ^3, ^4 over finite elements (Chan and Pébay merging). */
  readonly m2: number;
  readonly m3: number;
  readonly m4: number;
  /** ‖x‖₂, scaled against overflow. */
  readonly l2: number;
  readonly linf: number;
  /** Counts per sign, binade and top two mantissa bits; see the kernel for its layout. */
  readonly exponents: ExponentHistogram;
  readonly rows?: RowStatistics;
}

/** Counts of non-zero finite |x| by binade and quarter binade (top two mantissa bits), each sign apart. Mergeable, exact. */
export interface ExponentHistogram {
  /** Exponent of the first binade: bin 0 covers [2^minExponent, 1.25·2^minExponent). */
  readonly minExponent: number;
  /** 4 bins a binade. */
  readonly positive: Float64Array;
  readonly negative: Float64Array;
}

/** Per row (all blocks stacked: m = blocks × rows) and per column (k, summed over blocks) of the canonical view. */
export interface RowStatistics {
  readonly squareSums: Float64Array;
  readonly maxima: Float64Array;
  readonly zeroCounts: Float64Array;
  readonly columnSquareSums: Float64Array;
  readonly columnZeroCounts: Float64Array;
}
