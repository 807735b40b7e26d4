import type { Measured } from '../core/metric';
import type { ElementStatistics } from '../kernels';
import { MeasuredBuilder } from './measured';
import { median } from './sparsity';

/** Batch normalization directly behind a layer, one value an output unit. */
export interface FoldedNormalization {
  readonly gamma: Float64Array;
  readonly variance: Float64Array;
  readonly epsilon: number;
  /** ε is not in the file: that of the framework is taken. */
  readonly isEpsilonAssumed: boolean;
}

const ids = ['l2', 'linf', 'row.l2.min', 'row.l2.median', 'row.l2.max'];

/**
 * Norms of W_eff = diag(γ/√(v + ε)) · W, from the norms of W's rows.
 *
 * @see Jacob et al., CVPR 2018, 3.2
 */
export function measureFoldedNorms(
  { rows, scale }: Pick<ElementStatistics, 'rows' | 'scale'>,
  { gamma, variance, epsilon, isEpsilonAssumed }: FoldedNormalization,
): Measured {
  const out = new MeasuredBuilder();
  const count = rows?.squareSums.length ?? 0;
  if (!rows || count === 0 || gamma.length !== count || variance.length !== count) {
    return out.build();
  }
  const factors = gamma.map((value, c) => Math.abs(value) / Math.sqrt(variance[c]! + epsilon));
  const norms = factors.map((factor, c) => factor * scale * Math.sqrt(rows.squareSums[c]!));
  const sorted = norms.slice().sort();
  out.set('bn_folded.l2', Math.sqrt(norms.reduce((sum, norm) => sum + norm ** 2, 0)));
  out.set(
    'bn_folded.linf',
    factors.reduce((max, factor, c) => Math.max(max, factor * rows.maxima[c]!), 0),
  );
  out.set('bn_folded.row.l2.min', sorted[0]).set('bn_folded.row.l2.median', median(sorted));
  out.set('bn_folded.row.l2.max', sorted[count - 1]);
  if (isEpsilonAssumed) for (const id of ids) out.bound(`bn_folded.${id}`, 'approximate');
  return out.build();
}
