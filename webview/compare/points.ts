import type { SpectrumPoints } from '../../src/core/comparison';
import { formatNumber, plural } from '../format';
import type { Tabular } from '../tabular';

/** A singular value and where it stands among all. */
export interface RankedPoint {
  readonly rank: number;
  readonly sigma: number;
}

/** A spectrum that is drawn: those above zero, as a log axis cannot show the others. */
export interface DrawnSpectrum {
  readonly label: string;
  readonly count: number;
  readonly points: readonly RankedPoint[];
  /** Zeros among the values that came. */
  readonly zeroCount: number;
}

/** Ranks of the points: all, or as many as there are, evenly spaced, the first and the last among them. */
export function drawnSpectrum(
  label: string,
  { count, singularValues }: SpectrumPoints,
): DrawnSpectrum {
  const { length } = singularValues;
  const all = singularValues.map((sigma, index) => ({
    rank: length < 2 ? 1 : 1 + Math.round((index * (count - 1)) / (length - 1)),
    sigma,
  }));
  const points = all.filter(({ sigma }) => sigma > 0);
  return { label, count, points, zeroCount: length - points.length };
}

/** The singular value in the middle of what is drawn; 0 where nothing is. */
export function middleOf(spectrum: DrawnSpectrum | undefined): number {
  const points = spectrum?.points ?? [];
  return points[points.length >> 1]?.sigma ?? 0;
}

export function spectraSummary(spectra: readonly DrawnSpectrum[]): string {
  return spectra
    .map(({ label, count, points, zeroCount }) => {
      const [first, last] = [points[0]?.sigma ?? 0, points.at(-1)?.sigma ?? 0];
      const zeros = zeroCount > 0 ? '; exact zeros not drawn' : '';
      return `${label}: ${plural(count, 'singular value')}, from ${formatNumber(first)} down to ${formatNumber(last)}${zeros}`;
    })
    .join('. ');
}

/** One line a rank, one column a spectrum. */
export function spectraTable(spectra: readonly DrawnSpectrum[]): Tabular {
  const byRank = spectra.map(
    ({ points }) => new Map(points.map(({ rank, sigma }) => [rank, sigma])),
  );
  const ranks = [...new Set(byRank.flatMap((one) => [...one.keys()]))].sort((x, y) => x - y);
  return {
    head: ['i', ...spectra.map(({ label }) => label)],
    rows: ranks.map((rank) => [rank, ...byRank.map((one) => one.get(rank) ?? '')]),
  };
}
