/** A scalar, or one value per filter, singular value or bin. Never NaN or infinite: a value that does not exist is absent. */
export type MetricValue = number | readonly number[];

export type MetricFamily =
  | 'integrity'
  | 'sparsity'
  | 'norms'
  | 'shape'
  | 'orthogonality'
  | 'spectrum'
  | 'marchenko-pastur'
  | 'heavy-tail'
  | 'recurrent';

/** A metric states itself: interface, command line, docs and tests read this one record. */
export interface MetricDescriptor {
  /** `zero.frac`, `OI_row`, `near.excess(1e-2)`. */
  readonly id: string;
  /** Short, sentence case: `Zeros`. */
  readonly title: string;
  readonly family: MetricFamily;
  readonly unit:
    'fraction' | 'count' | 'weight' | 'weight²' | 'ratio' | 'flag' | 'elements' | 'none';
  /** One sentence for a reader who knows no theory. */
  readonly meaning: string;
  /** Plain text with Unicode maths: `√(k·mean c²)`. */
  readonly formula: string;
  /** How to read it: "Higher means …". */
  readonly reading: string;
  /** What it would be by chance, in words: `1 for random directions`. */
  readonly baseline: string;
  /** Paper or documentation that defines it. */
  readonly source: string;
  /** Whether values are arrays. */
  readonly array?: boolean;
}

/** Numbers measured on one layer, by metric id. */
export interface Measured {
  readonly metrics: Record<string, MetricValue>;
  /** What each would be by chance for a layer of this size (Gaussian entries), where that is a number. */
  readonly baselines: Record<string, number>;
  /** How to take a value that is not exact: a bound from one side, or an approximation. */
  readonly bounds: Record<string, 'lower' | 'upper' | 'approximate'>;
  /** What is absent and why: `{ family: 'spectrum', reason: '3 NaN, first at [4, 17]' }`. */
  readonly missing: { readonly family: MetricFamily; readonly reason: string }[];
}
