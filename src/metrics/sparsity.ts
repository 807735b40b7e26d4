import { dtypes } from '../core/dtype';
import { nearThresholds, type ElementRefinement, type ElementStatistics } from '../kernels';
import { describeThreshold, type ElementInput } from './elementInput';
import type { MeasuredBuilder } from './measured';
import { erf } from './specialFunctions';

/** Expected count below which a near-zero excess says nothing. */
const minExpectedNear = 20;

/** Error of the Gini index that no figure shown would tell. */
const shownGiniError = 1e-6;

/** Rows shorter than this share of the median are as good as dead. */
export const deadShare = 1e-3;

/** Zeros, near-zeros and how they lie. */
export function measureSparsity(
  input: ElementInput,
  refinement: ElementRefinement | undefined,
  out: MeasuredBuilder,
): void {
  const { statistics } = input;
  const { finiteCount: n, zeroCount, negativeZeroCount } = statistics;
  const rounding = roundingZeros(input);
  out.set('zero.frac', zeroCount / n, rounding);
  if (zeroCount > 0) out.set('zero.neg_frac', negativeZeroCount / zeroCount);
  out.set('zero.expected_quant', rounding);
  if (statistics.linf > 0) {
    const root = Math.sqrt(n);
    const l1OverL2 = statistics.sumAbs / statistics.l2;
    const gaussian = Math.sqrt(2 / Math.PI);
    if (n > 1) {
      out.set('hoyer', (root - l1OverL2) / (root - 1), (root * (1 - gaussian)) / (root - 1));
    }
  }
  if (refinement) measureNearZeros(input, refinement, out);
  else out.absent('sparsity', 'near-zero shares and Gini need a second pass');
  if (statistics.rows) measureZeroStructure(input, out);
}

/** Share of a Gaussian tensor that rounds to zero: erf(Δ / (2√2 σ)) for a step Δ around zero. */
function roundingZeros({ statistics, quantizationStep }: ElementInput): number {
  const { rms } = scales(statistics);
  const step = stepAtZero(statistics, quantizationStep);
  return rms > 0 ? erf(step / (2 * Math.SQRT2 * rms)) : 0;
}

/** Distance between 0 and its neighbour: the quantisation step, or the smallest subnormal of a float type. */
function stepAtZero(statistics: ElementStatistics, quantizationStep: number | undefined): number {
  const { minNormal, unitRoundoff } = dtypes[statistics.dtype];
  return quantizationStep ?? 2 * unitRoundoff * minNormal;
}

function scales({ l2, finiteCount, zeroCount }: ElementStatistics) {
  return {
    rms: l2 / Math.sqrt(finiteCount),
    rmsNonZero: l2 / Math.sqrt(finiteCount - zeroCount),
  };
}

function measureNearZeros(
  { statistics, quantizationStep }: ElementInput,
  refinement: ElementRefinement,
  out: MeasuredBuilder,
): void {
  if (refinement.gini !== undefined) {
    out.set('gini', refinement.gini, Math.SQRT2 - 1);
    if (refinement.giniError > shownGiniError) out.bound('gini', 'approximate');
  }
  const nonZero = statistics.finiteCount - statistics.zeroCount;
  if (nonZero === 0) return;
  const { rmsNonZero } = scales(statistics);
  const step = stepAtZero(statistics, quantizationStep);
  for (const [index, threshold] of nearThresholds.entries()) {
    const name = describeThreshold(threshold);
    // Below half a step there are no values but zero.
    if (threshold * rmsNonZero < step / 2) continue;
    const share = refinement.nearCounts[index]! / nonZero;
    const gaussian = erf(threshold / Math.SQRT2);
    out.set(`near.frac(${name})`, share, gaussian);
    if (nonZero * gaussian >= minExpectedNear) out.set(`near.excess(${name})`, share / gaussian, 1);
  }
}

function measureZeroStructure(
  { statistics, role, view }: ElementInput,
  out: MeasuredBuilder,
): void {
  const { rows, zeroCount, finiteCount } = statistics;
  if (!rows || !view) return;
  const m = rows.squareSums.length;
  const k = rows.columnSquareSums.length;
  const zeroRows = rows.zeroCounts.reduce((sum, zeros) => sum + (zeros === k ? 1 : 0), 0);
  const zeroColumns = rows.columnZeroCounts.reduce((sum, zeros) => sum + (zeros === m ? 1 : 0), 0);
  const density = zeroCount / finiteCount;
  out.set('row.zero', zeroRows, m * density ** k);
  out.set('col.zero', zeroColumns, k * density ** m);
  out.set('row.structured', zeroRows > 0 && m * density ** k < 1e-6 ? 1 : 0);
  const norms = Float64Array.from(
    rows.squareSums.filter((sum) => sum > 0),
    Math.sqrt,
  ).sort();
  const limit = norms.length > 0 ? deadShare * median(norms) : 0;
  // The square root once more, not the square: the same rounding as the norms themselves.
  const soft = rows.squareSums.reduce(
    (sum, square) => sum + (Math.sqrt(square) < limit ? 1 : 0),
    0,
  );
  out.set('row.dead_rel', soft, 0);
  if (!rows.zeros) {
    out.absent('sparsity', 'too large for N:M and block sparsity');
    return;
  }
  for (const { kept, size, axis, satisfied, total } of rows.zeros.groups) {
    if (total === 0 || (axis === 'channels' && role !== 'conv')) continue;
    const id = axis === 'channels' ? 'nm_channel' : 'nm';
    out.set(`${id}(${kept},${size})`, satisfied / total, chanceOfGroup(density, kept, size));
  }
  if (zeroCount > 0) {
    for (const { height, width, zeros } of rows.zeros.blocks) {
      if (m < height || k < width) continue;
      out.set(`block(${height}x${width})`, zeros / zeroCount, density ** (height * width - 1));
    }
  }
  out.set('run.max_zero', rows.zeros.longestRun);
}

/** P(at least size − kept of `size` are zero) where each is with probability `density`. */
function chanceOfGroup(density: number, kept: number, size: number): number {
  let sum = 0;
  let choose = 1;
  for (let nonZero = 0; nonZero <= kept; nonZero++) {
    sum += choose * density ** (size - nonZero) * (1 - density) ** nonZero;
    choose = (choose * (size - nonZero)) / (nonZero + 1);
  }
  return sum;
}

/** Of ascending values. */
export function median(sorted: Float64Array): number {
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}
