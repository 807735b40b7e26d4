export interface PowerLawFit {
  readonly alpha: number;
  readonly xmin: number;
  /** Kolmogorov–Smirnov distance of the tail. */
  readonly distance: number;
  /** Standard error of alpha. */
  readonly sigma: number;
  /** Values from xmin on. */
  readonly tail: number;
}

/** Above so many values only every ⌈n/4096⌉-th candidate is tried, then all near the best. */
const exhaustiveCount = 8192;

/**
 * Continuous maximum-likelihood power law on the tail, with the xmin that gives the smallest Kolmogorov–Smirnov distance.
 * Undefined where all values are the same.
 *
 * @param values positive, ascending
 * @see Clauset, Shalizi & Newman 2009; Martin & Mahoney 2021
 */
export function fitPowerLaw(values: Float64Array): PowerLawFit | undefined {
  const n = values.length;
  const logs = values.map(Math.log);
  const suffix = new Float64Array(n + 1);
  for (let i = n - 1; i >= 0; i--) suffix[i] = suffix[i + 1]! + logs[i]!;
  const stride = n > exhaustiveCount ? Math.ceil(n / 4096) : 1;
  let best = { index: -1, alpha: 0, distance: Infinity };
  const consider = (index: number) => {
    const size = n - index;
    const denominator = suffix[index]! - size * logs[index]!;
    // All of the tail at xmin: the estimate would be infinite.
    if (denominator <= 1e-12 * size) return;
    const alpha = 1 + size / denominator;
    const distance = tailDistance(logs, index, alpha, best.distance);
    if (distance < best.distance) best = { index, alpha, distance };
  };
  for (let i = 0; i < n - 1; i += stride) consider(i);
  if (stride > 1) {
    const centre = best.index;
    for (let i = Math.max(0, centre - stride); i <= Math.min(n - 2, centre + stride); i++)
      consider(i);
  }
  if (best.index < 0) return undefined;
  const tail = n - best.index;
  return {
    alpha: best.alpha,
    xmin: values[best.index]!,
    distance: best.distance,
    sigma: (best.alpha - 1) / Math.sqrt(tail),
    tail,
  };
}

/** max_{j≥i} |1 − (x_j/x_i)^(1−α) − (j−i)/n_i|; stops early once it is no better than `limit`. */
function tailDistance(logs: Float64Array, index: number, alpha: number, limit: number): number {
  const size = logs.length - index;
  let distance = 0;
  for (let j = index; j < logs.length; j++) {
    const model = -Math.expm1((1 - alpha) * (logs[j]! - logs[index]!));
    const deviation = Math.abs(model - (j - index) / size);
    if (deviation > distance) {
      distance = deviation;
      if (distance >= limit) return distance;
    }
  }
  return distance;
}
