import type { Comparison, LayerPair } from '../core/comparison';

/** Pairs by how much they have changed, the most first; those without a number last, otherwise in file order. */
export function sortedPairs({ pairs }: Comparison, sort: string): readonly LayerPair[] {
  const strength = new Map(pairs.map((pair) => [pair, strengthOf(pair, sort)]));
  return pairs.toSorted((x, y) => {
    const [first, second] = [strength.get(x) ?? -Infinity, strength.get(y) ?? -Infinity];
    // Both may be infinite, and their difference is then no number.
    return first === second ? 0 : first > second ? -1 : 1;
  });
}

/** Of a figure of the change its size, of a metric how far it moved. */
function strengthOf(
  { change, changeSpectrum, metrics }: LayerPair,
  sort: string,
): number | undefined {
  switch (sort) {
    case 'relative':
      return change && relativeChange(change);
    case 'frobenius':
      return change?.frobenius;
    case 'cosine':
      return change?.cosine === undefined ? undefined : -change.cosine;
    case 'largest':
      return change?.largest;
    case 'changed':
      return change?.changedFraction;
    case 'rank':
      return changeSpectrum?.effectiveRank;
    default: {
      const metric = Object.hasOwn(metrics, sort) ? metrics[sort] : undefined;
      if (metric?.a === undefined || metric.b === undefined) return undefined;
      return Math.abs(metric.b - metric.a);
    }
  }
}

/**
 * ‖ΔW‖ / ‖W_A‖; infinite where W_A was zero and is not any more, and where NaN or infinities have come: no share says how much that
 * is.
 */
export function relativeChange(change: NonNullable<LayerPair['change']>): number {
  if (change.nonFinite.b > change.nonFinite.a) return Infinity;
  return change.relative ?? (change.changedCount > 0 ? Infinity : 0);
}
