import { quantileProbabilities, type ElementRefinement } from '../kernels';
import type { ElementInput } from './elementInput';
import type { MeasuredBuilder } from './measured';
import { bisect, logGamma } from './specialFunctions';

/** Range in which the generalised Gaussian's shape is sought. */
const shapeRange = [0.2, 20] as const;

/** Moments, quantiles and the generalised Gaussian that has the same mean of |x| over root mean square. */
export function measureShape(
  { statistics }: ElementInput,
  refinement: ElementRefinement | undefined,
  out: MeasuredBuilder,
): void {
  const { finiteCount: n, mean, scale, m2, m3, m4, sumAbs, l2, linf } = statistics;
  out.set('mean', mean, 0);
  const variance = m2 / n;
  out.set('std', scale * Math.sqrt(variance));
  out.set('min', statistics.min).set('max', statistics.max);
  // A constant has a variance of rounding errors only, and no shape.
  if (Math.sqrt(variance) > 1e-12 * (linf / scale)) {
    out.set('skew', m3 / n / variance ** 1.5, 0);
    out.set('exkurt', m4 / n / variance ** 2 - 3, 0);
  }
  if (l2 > 0) {
    const ratio = sumAbs / n / (l2 / Math.sqrt(n));
    out.set('m1r', ratio, Math.sqrt(2 / Math.PI));
    const [low, high] = shapeRange;
    if (ratio <= meanAbsRatio(low)) out.set('beta', low, 2).bound('beta', 'upper');
    else if (ratio >= meanAbsRatio(high)) out.set('beta', high, 2).bound('beta', 'lower');
    else
      out.set(
        'beta',
        bisect((beta) => meanAbsRatio(beta) - ratio, low, high),
        2,
      );
  }
  for (const [index, probability] of quantileProbabilities.entries()) {
    const id = `quantile(${probability})`;
    out.set(id, refinement?.quantiles[index]);
    if (refinement && !refinement.quantilesExact) out.bound(id, 'approximate');
  }
}

/** mean|x| / rms of a generalised Gaussian of shape β: Γ(2/β) / √(Γ(1/β) Γ(3/β)). */
function meanAbsRatio(beta: number): number {
  return Math.exp(logGamma(2 / beta) - 0.5 * (logGamma(1 / beta) + logGamma(3 / beta)));
}
