import { largestAtMost, type MatrixNorms } from './matrixNorms';
import type { Ritz } from './krylov';

/** What is certain about the largest singular value, up to rounding. */
export interface LargestSingularValue {
  /** √θ₁, θ₁ the largest Ritz value: never above σ₁. */
  readonly lower: number;
  readonly upper: number;
  /** An eigenvalue of WᵀW lies within this of θ₁ (usually the largest). */
  readonly residual: number;
  /** Steps taken, each one pass over the matrix. */
  readonly steps: number;
  /** Whether the residual is below the tolerance asked for. */
  readonly converged: boolean;
}

/**
 * Upper bound of σ₁ from norms and from the Krylov space: what lies outside of it has no eigenvalue above the trace that is left
 * there, ‖W‖_F² − Σθ, and the coupling C can lift a 2 × 2 block [θ₁ C; C rest] no further than its own largest eigenvalue.
 */
export function upperBound(norms: MatrixNorms, ritz: Ritz): number {
  const rest = Math.max(
    0,
    ritz.values.reduce((left, theta) => left - theta, norms.frobeniusSquared),
  );
  const theta = ritz.values[0]!;
  const half = (theta - rest) / 2;
  const lifted = (theta + rest) / 2 + Math.hypot(half, ritz.coupling);
  return Math.min(largestAtMost(norms), Math.sqrt(lifted));
}
