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
  /**
   * Begins the second pass over the same bytes, for what is measured against figures of the first: needed only where
   * `statistics.refinement` is absent (more than 2^22 elements of a 32- or 64-bit type).
   */
  startRefinement(statistics: ElementStatistics): RefinementPass;
  /** Begins placing a tensor's elements into the canonical matrices of its view. */
  startMatrices(dtype: Dtype, view: MatrixView): MatricesPass;
  /** G = W Wᵀ (`rows`, m×m) or Wᵀ W (`columns`, k×k). */
  gram(matrix: Matrix, side: 'rows' | 'columns', options?: GramOptions): Promise<SymmetricMatrix>;
  /** Begins G = Wᵀ W of a matrix that is handed over in panels of whole rows, so that it is never held as a whole. */
  startGram(columns: number, options?: PrecisionOptions): GramPass;
  /** All eigenvalues, descending. The matrix stays as it is. Rejects with RangeError where it does not converge. */
  symmetricEigenvalues(matrix: SymmetricMatrix, options?: PrecisionOptions): Promise<Float64Array>;
  /** All eigenvalues of an n × n matrix, row-major, which is left as it is. Rejects with RangeError where it does not converge. */
  nonsymmetricEigenvalues(
    matrix: Float64Array,
    n: number,
    options?: StepOptions,
  ): Promise<ComplexEigenvalues>;
  /**
   * Begins Z = Wᵀ (W X), in double precision, of a matrix that is handed over in panels of whole rows. X holds one or more vectors
   * as columns: columns × width elements, row-major, as Z does.
   */
  startBlockProduct(x: Float64Array, columns: number, options?: StepOptions): BlockProductPass;
}

/** A symmetric matrix: its lower triangle by rows, element (i, j ≤ i) at i(i+1)/2 + j (LAPACK's packed storage). */
export interface SymmetricMatrix {
  readonly size: number;
  readonly data: Float64Array;
}

/** In which arithmetic products are formed; sums are kept in double precision either way. */
export type Precision = 'f64' | 'f32';

/** G = Wᵀ W in the making. */
export interface GramPass {
  /** The next rows, each times its factor where there are factors. */
  update(panel: Matrix, rowScales?: Float64Array): void;
  finish(): SymmetricMatrix;
}

export interface StepOptions {
  /**
   * Called at least every few hundredths of a second of work. What it throws ends the work and rejects: the way to stop, since
   * a thread that computes hears no message.
   */
  readonly onStep?: () => void;
}

export interface PrecisionOptions extends StepOptions {
  /** `f32` is about twice as fast and good to 5e-4 of the largest singular value: for previews. Default `f64`. */
  readonly precision?: Precision;
}

export interface GramOptions extends PrecisionOptions {
  /** Factors of the rows, applied while they are read: the Gram matrix of a scaled matrix without a copy of it. */
  readonly rowScales?: Float64Array;
}

/** Eigenvalues of a real matrix, by falling magnitude; of a conjugate pair the one with positive imaginary part first. */
export interface ComplexEigenvalues {
  readonly real: Float64Array;
  readonly imaginary: Float64Array;
}

/** Z = Wᵀ (W X) in the making. */
export interface BlockProductPass {
  /** The next rows of W, in order. */
  update(panel: Matrix): void;
  finish(): Float64Array;
}

/** One pass over a tensor's bytes, in order, in chunks of any whole number of elements. */
export interface StatisticsPass {
  /** Contiguous little-endian elements. */
  update(bytes: Uint8Array): void;
  finish(): ElementStatistics;
}

/** The second pass; the same bytes in the same order, chunked in any way. */
export interface RefinementPass {
  update(bytes: Uint8Array): void;
  finish(): ElementRefinement;
}

/** Fills the canonical matrices from the same stream of bytes. */
export interface MatricesPass {
  update(bytes: Uint8Array): void;
  /** One matrix a block: f32 where the dtype fits into it without loss, else f64. Throws RangeError if elements are missing. */
  finish(): Matrix[];
}

/** What one pass yields; every element-wise figure follows from it. Finite elements only, except the counts. */
export interface ElementStatistics {
  readonly dtype: Dtype;
  readonly count: number;
  /** Finite elements. */
  readonly finiteCount: number;
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
  /**
   * Power of two that divides elements before they are squared: m2, m3, m4 and the square sums of rows and columns are those
   * of x / scale. 1 but for f64 data beyond 1e±70.
   */
  readonly scale: number;
  /** Central moment sums Σ(x−mean)^2, ^3, ^4 of x / scale over finite elements (Chan and Pébay merging). */
  readonly m2: number;
  readonly m3: number;
  readonly m4: number;
  /** ‖x‖₂, scaled against overflow. */
  readonly l2: number;
  readonly linf: number;
  /** Counts per sign, binade and top two mantissa bits; see the kernel for its layout. */
  readonly exponents: ExponentHistogram;
  readonly rows?: RowStatistics;
  /** Distinct finite values and how often each occurs, ascending, −0 counted with 0: for 8- and 16-bit types. */
  readonly values?: ValueCounts;
  /** Present where the first pass could already give it: exactly, but for the Gini index, which carries its bound. */
  readonly refinement?: ElementRefinement;
}

export interface ValueCounts {
  readonly values: Float64Array;
  readonly counts: Float64Array;
}

/** Shares of the root mean square of the non-zero elements below which elements are counted as near zero. */
export const nearThresholds = [1e-4, 1e-3, 1e-2, 1e-1] as const;

/** Probabilities of the quantiles. */
export const quantileProbabilities = [0.01, 0.05, 0.25, 0.5, 0.75, 0.95, 0.99] as const;

/** Figures whose thresholds are known only after a first pass. Finite elements only. */
export interface ElementRefinement {
  /** How many elements have 0 < |x| < τ·rms_nz, for each of `nearThresholds`. */
  readonly nearCounts: readonly number[];
  /** How many elements have |x| ≥ (1−2^-8)·linf. */
  readonly clipCount: number;
  readonly histogram: LinearHistogram;
  /** Absent where all elements are zero. */
  readonly gini?: number;
  /** Bound of the error of `gini`; 0 where it is exact. */
  readonly giniError: number;
  /** For each of `quantileProbabilities`, interpolated linearly. */
  readonly quantiles: readonly number[];
  /** Whether quantiles are exact; otherwise within 2^-12 of the value. */
  readonly quantilesExact: boolean;
}

/** 201 equal bins over ±4 rms, zeros in the middle one, and the counts beyond. */
export interface LinearHistogram {
  readonly low: number;
  readonly high: number;
  readonly counts: Float64Array;
  readonly below: number;
  readonly above: number;
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
  /** How zeros lie in the canonical matrix. Absent above 2^30 elements. */
  readonly zeros?: ZeroStructure;
}

/** N:M groups, zero blocks and runs of the canonical matrix, all blocks of the view stacked. Whole aligned groups only. */
export interface ZeroStructure {
  readonly groups: readonly ZeroGroups[];
  readonly blocks: readonly ZeroBlocks[];
  /** Longest run of zeros along a row. */
  readonly longestRun: number;
}

/** Groups of `size` consecutive elements of which at most `kept` are not zero. */
export interface ZeroGroups {
  readonly kept: number;
  readonly size: number;
  /** Along the row as it stands, or along the slowest of several column axes (the input channels of a convolution). */
  readonly axis: 'columns' | 'channels';
  readonly satisfied: number;
  readonly total: number;
}

/** How many zeros lie in aligned height × width blocks that are all zero. */
export interface ZeroBlocks {
  readonly height: number;
  readonly width: number;
  readonly zeros: number;
}
