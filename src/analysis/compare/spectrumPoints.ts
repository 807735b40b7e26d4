import type { SpectrumPoints } from '../../core/comparison';

/** What a chart can show, and a message carry. */
const maxPoints = 256;

/** Singular values, bounded: the first, the last, and others evenly spaced by rank. */
export function spectrumPoints(descending: ArrayLike<number>): SpectrumPoints {
  const count = descending.length;
  const points = Math.min(maxPoints, count);
  return {
    count,
    singularValues: Array.from({ length: points }, (_, i) => {
      const rank = points === 1 ? 0 : Math.round((i * (count - 1)) / (points - 1));
      return descending[rank] ?? 0;
    }),
  };
}
