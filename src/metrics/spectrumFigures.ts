import type { SpectrumBaseline } from './marchenkoPasturLaw';
import type { MeasuredBuilder } from './measured';

/** Singular values, descending, and how many each stands for: 1 where all are known, a share of an estimate otherwise. */
export interface WeightedSpectrum {
  readonly sigma: Float64Array;
  readonly weights: Float64Array;
  /** Sum of the weights: the number of singular values. */
  readonly count: number;
  /** Σσ. */
  readonly sum: number;
  /** Σσ². */
  readonly squares: number;
  /** Σσ⁴. */
  readonly fourths: number;
}

export function weightedSpectrum(
  sigma: Float64Array,
  weights = new Float64Array(sigma.length).fill(1),
): WeightedSpectrum {
  let count = 0;
  let sum = 0;
  let squares = 0;
  let fourths = 0;
  for (let i = 0; i < sigma.length; i++) {
    const value = sigma[i]!;
    const weight = weights[i]!;
    count += weight;
    sum += weight * value;
    squares += weight * value * value;
    fourths += weight * value ** 4;
  }
  return { sigma, weights, count, sum, squares, fourths };
}

const energyShares = [0.5, 0.9, 0.99] as const;

export function measureNorms(
  spectrum: WeightedSpectrum,
  law: SpectrumBaseline,
  out: MeasuredBuilder,
): void {
  const { sigma, count, sum, squares, fourths } = spectrum;
  const rms = Math.sqrt(squares / count);
  out.set('sigma1', sigma[0], rms * law.largest);
  out.set('nuclear', sum, count * rms * law.mean);
  out.set('schatten4', fourths ** 0.25, rms * (count / law.participation) ** 0.25);
  // The side of the Gram matrix that can be the identity.
  out.set('srip', Math.max(Math.abs(sigma[0]! ** 2 - 1), Math.abs(sigma.at(-1)! ** 2 - 1)));
}

export function measureRanks(
  spectrum: WeightedSpectrum,
  law: SpectrumBaseline,
  out: MeasuredBuilder,
): void {
  const { sigma, weights, count, sum, squares, fourths } = spectrum;
  out.set('srank', squares / sigma[0]! ** 2, count * law.stableRank);
  out.set('erank_sigma', effectiveRank(sigma, weights, sum), count * law.erankSigma);
  const lambda = sigma.map((s) => s * s);
  out.set('erank_lambda', effectiveRank(lambda, weights, squares), count * law.erankLambda);
  out.set('PR', squares ** 2 / fourths, count * law.participation);
  out.set('gap', sigma[1]! > 0 ? (sigma[0]! / sigma[1]!) ** 2 : undefined);
  for (const share of energyShares) {
    out.set(`energy(${share})`, energyRank(lambda, weights, share * squares));
  }
}

export function measureIsometry(
  { sigma, weights, count, sum, squares }: WeightedSpectrum,
  law: SpectrumBaseline,
  out: MeasuredBuilder,
): void {
  const mean = sum / count;
  let variance = 0;
  for (let i = 0; i < sigma.length; i++) {
    variance += (weights[i]! * (sigma[i]! - mean) ** 2) / count;
  }
  const cv = Math.sqrt(variance) / mean;
  out.set('isometry.cv', cv, law.cv);
  out.set('isometry.ratio', cv / law.cv, 1);
  out.set('isometry.mean_sq', squares / count);
}

/** Divides by the value expected for random entries of the same shape. */
export function setRelative(out: MeasuredBuilder): void {
  const { metrics, baselines, bounds } = out.build();
  for (const id of ['sigma1', 'srank', 'erank_sigma', 'erank_lambda', 'PR', 'lnstd', 'cond']) {
    const value = metrics[id];
    const baseline = baselines[id];
    if (typeof value !== 'number' || baseline === undefined || baseline === 0) continue;
    out.set(`rel.${id}`, value / baseline, 1);
    const bound = bounds[id];
    if (bound) out.bound(`rel.${id}`, bound);
  }
}

/** exp of the entropy of values / total. */
function effectiveRank(values: Float64Array, weights: Float64Array, total: number): number {
  let entropy = 0;
  for (let i = 0; i < values.length; i++) {
    const share = values[i]! / total;
    if (share > 0) entropy -= weights[i]! * share * Math.log(share);
  }
  return Math.exp(entropy);
}

/** How many of the largest it takes to reach `wanted`. */
function energyRank(lambda: Float64Array, weights: Float64Array, wanted: number): number {
  let reached = 0;
  let rank = 0;
  for (let i = 0; i < lambda.length; i++) {
    const part = weights[i]! * lambda[i]!;
    if (reached + part >= wanted) return Math.ceil(rank + (wanted - reached) / lambda[i]!);
    reached += part;
    rank += weights[i]!;
  }
  return Math.ceil(rank);
}
