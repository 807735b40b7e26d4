import type { Ritz } from './krylov';

/** Share of the largest eigenvalue below which others are rounding. */
export const rounding = 1e-13;

/** Points with weights: eigenvalues, and how many each stands for. Descending. */
export interface Atoms {
  readonly values: Float64Array;
  readonly weights: Float64Array;
}

export interface MeasureInput {
  readonly ritz: Ritz;
  /** Number of eigenvalues of the smaller Gram matrix. */
  readonly side: number;
  /** Whether the space was started from Wᵀu for probes u of the smaller side. */
  readonly isWide: boolean;
  /** Squared lengths of the start vectors. */
  readonly lengths: readonly number[];
  /** Sum of all eigenvalues. */
  readonly trace: number;
}

/**
 * Atoms of the first `topCount` Ritz values, one each, and of the others with their Gauss weights, corrected by c₀ + c₁θ so that
 * number and sum of all eigenvalues are right. Of one probe, or of the mean of all.
 */
export function spectralMeasure(input: MeasureInput, topCount: number, probe?: number): Atoms {
  const { ritz, side, trace } = input;
  const gauss = quadrature(input, probe);
  const values = Float64Array.from([...ritz.values, 0], (value) => aboveRounding(ritz, value));
  const weights = new Float64Array(values.length);
  let count = side;
  let sum = trace;
  for (let i = 0; i < topCount; i++) {
    weights[i] = 1;
    count--;
    sum -= values[i]!;
  }
  for (let i = topCount; i < weights.length; i++) weights[i] = gauss[i]!;
  correct(values.subarray(topCount), weights.subarray(topCount), count, Math.max(0, sum));
  return { values, weights };
}

/** Eigenvalues that rounding of the largest would hide are 0. */
function aboveRounding({ values }: Ritz, value: number): number {
  return value > rounding * values[0]! ? value : 0;
}

/** Mean weights over the probes, each for a vector of squared length `side`; the last one is that of an atom at zero. */
export function quadrature(
  { ritz, side, isWide, lengths }: MeasureInput,
  probe?: number,
): Float64Array {
  const theta = ritz.values;
  const result = new Float64Array(theta.length + 1);
  const chosen = probe === undefined ? ritz.weights.map((_, index) => index) : [probe];
  for (const index of chosen) {
    const weights = ritz.weights[index]!;
    if (!isWide) {
      for (let i = 0; i < theta.length; i++) result[i]! += weights[i]! / chosen.length;
      continue;
    }
    // The measure of Wᵀu is λ times that of u. What is missing to ‖u‖² lies at zero: the rule of Gauss and Radau.
    let missing = side;
    for (let i = 0; i < theta.length; i++) {
      if (aboveRounding(ritz, theta[i]!) === 0 || weights[i]! < 1e-28 * lengths[index]!) continue;
      const weight = weights[i]! / theta[i]!;
      result[i]! += weight / chosen.length;
      missing -= weight;
    }
    result[theta.length]! += Math.max(0, missing) / chosen.length;
  }
  return result;
}

/** Multiplies weights by c₀ + c₁·value so that they sum to `count` and their first moment is `sum`. */
function correct(values: Float64Array, weights: Float64Array, count: number, sum: number): void {
  let m0 = 0;
  let m1 = 0;
  let m2 = 0;
  for (let i = 0; i < values.length; i++) {
    m0 += weights[i]!;
    m1 += weights[i]! * values[i]!;
    m2 += weights[i]! * values[i]! ** 2;
  }
  if (!(m0 > 1e-6 * count) || count <= 0) {
    // Nothing is known of the others but their mean.
    weights.fill(0);
    values[values.length - 1] = count > 0 ? sum / count : 0;
    weights[weights.length - 1] = Math.max(0, count);
    return;
  }
  const determinant = m0 * m2 - m1 * m1;
  const [c0, c1] =
    determinant > 1e-12 * m0 * m2
      ? [(count * m2 - sum * m1) / determinant, (sum * m0 - count * m1) / determinant]
      : [count / m0, 0];
  for (let i = 0; i < values.length; i++) weights[i]! *= Math.max(0, c0 + c1 * values[i]!);
}
