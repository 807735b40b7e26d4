import { bisect } from './specialFunctions';

/**
 * The Marchenko–Pastur law of eigenvalues x of WᵀW/N, W of N × p Gaussian entries of variance 1, γ = p/N ≤ 1, on the angle t
 * with x = 1 + γ − 2√γ cos t: density (2/π) sin²t / x on (0, π), smooth where that of x is not.
 *
 * @see Marchenko & Pastur 1967
 */

/** P(x ≤ x(t)), in closed form. */
function distributionAtAngle(t: number, gamma: number): number {
  const a = Math.sqrt(gamma);
  if (a < 1e-3) {
    return (t - Math.sin(t) * Math.cos(t)) / Math.PI + ((4 * a) / (3 * Math.PI)) * Math.sin(t) ** 3;
  }
  const arc = Math.atan2((1 + a) * Math.sin(t / 2), (1 - a) * Math.cos(t / 2));
  return (
    (2 / Math.PI) *
    (Math.sin(t) / (2 * a) + ((1 + gamma) * t) / (4 * gamma) - ((1 - gamma) / (2 * gamma)) * arc)
  );
}

function valueAtAngle(t: number, gamma: number): number {
  // (1−√γ)² + 4√γ sin²(t/2): the same without cancellation near the lower edge.
  const a = Math.sqrt(gamma);
  return (1 - a) ** 2 + 4 * a * Math.sin(t / 2) ** 2;
}

export function marchenkoPasturDistribution(x: number, gamma: number): number {
  const a = Math.sqrt(gamma);
  if (x <= (1 - a) ** 2) return 0;
  if (x >= (1 + a) ** 2) return 1;
  const t = 2 * Math.asin(Math.sqrt(Math.min(1, (x - (1 - a) ** 2) / (4 * a))));
  return distributionAtAngle(t, gamma);
}

export function marchenkoPasturQuantile(probability: number, gamma: number): number {
  const t = bisect((angle) => distributionAtAngle(angle, gamma) - probability, 0, Math.PI);
  return valueAtAngle(t, gamma);
}

/** What the law predicts for a p-value spectrum of ratio γ, σ = √x in units of its root mean square. */
export interface SpectrumBaseline {
  readonly cv: number;
  readonly lnStd: number;
  /** Mean of ln σ. */
  readonly lnMean: number;
  /** Mean of σ. */
  readonly mean: number;
  /** Of the number of singular values. */
  readonly erankSigma: number;
  readonly erankLambda: number;
  readonly participation: number;
  readonly stableRank: number;
  readonly largest: number;
  readonly smallest: number;
}

export function spectrumBaseline(gamma: number): SpectrumBaseline {
  const points = 2000;
  let weights = 0;
  let mean = 0;
  let ln = 0;
  let ln2 = 0;
  let sigmaLn = 0;
  let lambdaLn = 0;
  for (let i = 0; i < points; i++) {
    // t = π(u − sin(2πu)/2π): crowds points towards both ends, where ln x may be singular (γ = 1).
    const u = (i + 0.5) / points;
    const t = Math.PI * (u - Math.sin(2 * Math.PI * u) / (2 * Math.PI));
    const x = valueAtAngle(t, gamma);
    const weight = (1 - Math.cos(2 * Math.PI * u)) * (Math.sin(t) ** 2 / x);
    const sigma = Math.sqrt(x);
    const lnSigma = 0.5 * Math.log(x);
    weights += weight;
    mean += weight * sigma;
    ln += weight * lnSigma;
    ln2 += weight * lnSigma * lnSigma;
    sigmaLn += weight * sigma * lnSigma;
    lambdaLn += weight * x * 2 * lnSigma;
  }
  mean /= weights;
  ln /= weights;
  const root = Math.sqrt(gamma);
  return {
    cv: Math.sqrt(Math.max(0, 1 - mean * mean)) / mean,
    lnStd: Math.sqrt(Math.max(0, ln2 / weights - ln * ln)),
    lnMean: ln,
    mean,
    erankSigma: mean * Math.exp(-sigmaLn / weights / mean),
    erankLambda: Math.exp(-lambdaLn / weights),
    participation: 1 / (1 + gamma),
    stableRank: 1 / (1 + root) ** 2,
    largest: 1 + root,
    smallest: 1 - root,
  };
}
