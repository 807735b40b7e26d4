import type { Measured } from '../core/metric';
import { duplicateThresholds, type CosineSweep } from './cosineSweep';
import { MeasuredBuilder } from './measured';
import { bisect, cosineTail, gammaRatio } from './specialFunctions';

/** Expected chance pairs above which counts of duplicates say nothing. */
const maxChancePairs = 0.01;

/** Sums over the Gram matrices of all blocks, small side. */
export interface GramSums {
  readonly blocks: number;
  /** Shape of one block. */
  readonly m: number;
  readonly k: number;
  /** Σ‖W‖_F². */
  readonly squares: number;
  /** Σ‖G‖_F², the same for either side. */
  readonly gramSquares: number;
  /** Σ‖w_i‖⁴ over rows. */
  readonly rowFourths: number;
  /** max |‖w_i‖² − 1| over rows. */
  readonly rowDeviation: number;
  /** Σ cos² and number of pairs i < j between the p vectors of the small side, dead ones left out. */
  readonly smallCosineSquares: number;
  readonly smallPairs: number;
  /** The same between rows. */
  readonly rowCosineSquares?: number;
  readonly rowPairs: number;
  readonly deadRows: number;
}

/** Orthogonality of filters and of the smaller side. Pairs and sums are pooled over blocks. */
export function measureGram(sums: GramSums, sweep?: CosineSweep): Measured {
  const out = new MeasuredBuilder();
  measureSoftOrthogonality(sums, out);
  const rowPower = sums.squares / (sums.blocks * sums.m);
  out.set(
    'brock',
    nonNegative(sums.gramSquares - sums.rowFourths, sums.gramSquares),
    (sums.blocks * rowPower ** 2 * sums.m * (sums.m - 1)) / sums.k,
  );
  out.set('dead', sums.deadRows, 0);
  const { k, m, rowCosineSquares, rowPairs, smallPairs } = sums;
  const [p, n] = [Math.min(m, k), Math.max(m, k)];
  if (rowPairs > 0 && rowCosineSquares !== undefined) {
    const square = rowCosineSquares / rowPairs;
    out.set('cos.rms', Math.sqrt(square), 1 / Math.sqrt(k));
    out.set('OI_row', Math.sqrt(k * square), 1);
  }
  if (smallPairs > 0) {
    const square = (n * sums.smallCosineSquares) / smallPairs;
    out.set('OI_small', Math.sqrt(square), 1);
    out.set('oi.z', ((1 - square) * Math.sqrt(2 * smallPairs)) / 2, 0);
  } else {
    out.absent(
      'orthogonality',
      p < 2 ? `no pairs on a side of ${p}` : 'fewer than two live vectors',
    );
  }
  if (sweep) measurePairs(sweep, sums, out);
  return out.build();
}

/** Distance from orthonormality, on the smaller side and on both: what the sums of squares of both matrices give. */
export function measureSoftOrthogonality(
  sums: Pick<GramSums, 'blocks' | 'm' | 'k' | 'squares' | 'gramSquares'>,
  out: MeasuredBuilder,
): void {
  const { blocks, m, k, squares, gramSquares } = sums;
  const [p, n] = [Math.min(m, k), Math.max(m, k)];
  const gamma = p / n;
  const count = blocks * p;
  // Differences of large sums: what is left below their rounding is zero.
  const so = nonNegative(gramSquares - 2 * squares + count, gramSquares + count);
  const chance = ((squares / count) ** 2 * (1 + gamma) - 2 * (squares / count) + 1) * count;
  out.set('so', so, chance).set('parseval', so, chance);
  out.set('so_norm', Math.sqrt(so / count), Math.sqrt(chance / count));
  out.set('dso', 2 * so + blocks * (n - p), 2 * chance + blocks * (n - p));
  if (squares > 0 && p > 1) {
    const defect = nonNegative(1 - squares ** 2 / gramSquares / count, 1);
    out.set('scale_free_defect', defect, gamma / (1 + gamma));
  }
}

function nonNegative(difference: number, scale: number): number {
  return difference > 1e-15 * scale ? difference : 0;
}

function measurePairs(sweep: CosineSweep, sums: GramSums, out: MeasuredBuilder): void {
  out.set('mc', Math.max(sums.rowDeviation, sweep.maxProduct));
  const { pairCount } = sweep;
  if (pairCount === 0) return;
  const { k } = sums;
  out.set('cos.mean_abs', sweep.sumAbs / pairCount, 1 / (Math.sqrt(Math.PI) * gammaRatio(k / 2)));
  out.set('cos.max', sweep.max, k > 1 ? medianLargestCosine(pairCount, k) : 1);
  out.setArray('cos.hist', sweep.histogram);
  for (const [index, threshold] of duplicateThresholds.entries()) {
    const chance = pairCount * cosineTail(threshold, k);
    if (chance >= maxChancePairs) {
      out.absent(
        'orthogonality',
        `dup(${threshold}): ${chance.toPrecision(2)} such pairs are expected by chance in ${k} dimensions`,
      );
      continue;
    }
    const { same, opposite } = sweep.duplicates[index]!;
    out.set(`dup(${threshold})`, same, chance / 2);
    out.set(`dup_opp(${threshold})`, opposite, chance / 2);
    out.set(`redundant(${threshold})`, sweep.redundant(index), chance);
  }
}

/** Half of all layers of random filters stay below it: P(|c| > t) = 1 − 2^(−1/pairs), as if pairs were independent. */
function medianLargestCosine(pairs: number, k: number): number {
  const probability = -Math.expm1(-Math.LN2 / pairs);
  return bisect((t) => cosineTail(t, k) - probability, 0, 1);
}
