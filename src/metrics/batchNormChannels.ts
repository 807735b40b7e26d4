import type { Measured } from '../core/metric';
import type { FoldedNormalization } from './foldedNorms';
import { MeasuredBuilder } from './measured';
import { median } from './sparsity';

/** What a batch normalization has stored: one value a channel. */
export interface BatchNormalization extends FoldedNormalization {
  /** Absent: nothing is added. */
  readonly beta?: Float64Array;
}

/** The z with Φ(z) = 1e-3. */
const inactiveBelow = -3.090232306167813;

/**
 * The factor γ/√(v + ε) of each channel, and how many channels a ReLU directly behind would keep closed: y = γ·x̂ + β with x̂ of mean 0
 * and variance 1 is positive with probability Φ(β/|γ|), if x̂ is Gaussian.
 *
 * @see Ioffe & Szegedy, ICML 2015
 */
export function measureBatchNorm({
  gamma,
  beta,
  variance,
  epsilon,
  isEpsilonAssumed,
}: BatchNormalization): Measured {
  const out = new MeasuredBuilder();
  const count = gamma.length;
  if (count === 0 || variance.length !== count || (beta && beta.length !== count)) {
    return out.build();
  }
  const gains = gamma.map((value, c) => Math.abs(value) / Math.sqrt(variance[c]! + epsilon));
  const ratios = gamma.map((value, c) => ratioOf(beta?.[c] ?? 0, Math.abs(value)));
  // A NaN would pass for a channel that is never closed, and sorts anywhere.
  if (!gains.every(Number.isFinite) || ratios.some(Number.isNaN)) return out.build();
  const sorted = gains.slice().sort();
  out.set('bn.gain.median', median(sorted)).set('bn.gain.max', sorted[count - 1]);
  out.set('bn.inactive(1e-3)', ratios.filter((ratio) => ratio < inactiveBelow).length / count);
  if (isEpsilonAssumed)
    out.bound('bn.gain.median', 'approximate').bound('bn.gain.max', 'approximate');
  return out.build();
}

/** β/|γ|. A channel with γ = 0 is the constant β, which a ReLU lets through only if it is positive. */
function ratioOf(beta: number, scale: number): number {
  return scale === 0 && beta === 0 ? -Infinity : beta / scale;
}
