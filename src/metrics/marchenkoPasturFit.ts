import { marchenkoPasturDistribution, marchenkoPasturQuantile } from './marchenkoPasturLaw';

/** Tracy–Widom (β = 1) quantile at 99.9 %. */
export const tracyWidom999 = 3.272;

/** Fewest singular values for a fit. */
export const minFitted = 32;

export interface MarchenkoPasturFit {
  /** ŝ²: variance of the noise entries. */
  readonly variance: number;
  /** Upper edge of the bulk, in units of λ/N. */
  readonly edge: number;
  readonly threshold: number;
  readonly spikeCount: number;
  readonly softRank: number;
  /** Share of Σλ above the threshold. */
  readonly spikeEnergy: number;
  /** Kolmogorov–Smirnov distance between eigenvalues and the fitted law. */
  readonly distance: number;
}

/**
 * BEMA0: least squares of the middle 60 % of ordered eigenvalues against the law's quantiles, a threshold from Johnstone's
 * centring and the Tracy–Widom law.
 *
 * @param eigenvalues of the un-normalised Gram matrices, descending; of all blocks together
 * @param p smaller side of one block
 * @param n longer side
 * @see Ke, Ma & Lin 2023, Johnstone 2001
 */
export function fitMarchenkoPastur(
  eigenvalues: Float64Array,
  p: number,
  n: number,
  tracyWidom = tracyWidom999,
): MarchenkoPasturFit | undefined {
  const count = eigenvalues.length;
  const gamma = p / n;
  let product = 0;
  let square = 0;
  for (let k = Math.ceil(0.2 * count); k <= Math.floor(0.8 * count); k++) {
    const q = marchenkoPasturQuantile(1 - (k - 0.5) / count, gamma);
    product += (q * eigenvalues[k - 1]!) / n;
    square += q * q;
  }
  const variance = product / square;
  if (!(variance > 0)) return undefined;
  const roots = Math.sqrt(n - 1) + Math.sqrt(p);
  const centre = roots ** 2 / n;
  const spread = (roots * Math.cbrt(1 / Math.sqrt(n - 1) + 1 / Math.sqrt(p))) / n;
  const edge = variance * (1 + Math.sqrt(gamma)) ** 2;
  const threshold = variance * (centre + tracyWidom * spread);
  let spikeCount = 0;
  let spikes = 0;
  let total = 0;
  for (const eigenvalue of eigenvalues) {
    total += eigenvalue;
    if (eigenvalue / n <= threshold) continue;
    spikeCount++;
    spikes += eigenvalue;
  }
  return {
    variance,
    edge,
    threshold,
    spikeCount,
    softRank: edge / (eigenvalues[0]! / n),
    spikeEnergy: spikes / total,
    distance: distanceTo(eigenvalues, n, variance, gamma),
  };
}

function distanceTo(eigenvalues: Float64Array, n: number, variance: number, gamma: number): number {
  const count = eigenvalues.length;
  let distance = 0;
  for (let k = 0; k < count; k++) {
    const expected = marchenkoPasturDistribution(eigenvalues[k]! / n / variance, gamma);
    const above = 1 - k / count;
    distance = Math.max(
      distance,
      Math.abs(expected - above),
      Math.abs(expected - above + 1 / count),
    );
  }
  return distance;
}
