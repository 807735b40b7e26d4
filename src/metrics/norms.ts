import type { ElementRefinement, RowStatistics } from '../kernels';
import type { ElementInput } from './elementInput';
import type { MeasuredBuilder } from './measured';
import { median } from './sparsity';
import { gammaRatio, normalTail } from './specialFunctions';

/** Rows or columns up to which a report lists each one. */
const maxArrayLength = 65_536;

/** Norms of the whole and of its rows and columns. */
export function measureNorms(
  { statistics }: ElementInput,
  refinement: ElementRefinement | undefined,
  out: MeasuredBuilder,
): void {
  const { finiteCount: n, sumAbs, l2, linf, scale, rows } = statistics;
  const rms = l2 / Math.sqrt(n);
  out.set('l1', sumAbs).set('l2', l2).set('linf', linf).set('rms', rms);
  out.set('mean_abs', sumAbs / n, rms * Math.sqrt(2 / Math.PI));
  // Median of the largest of n Gaussians: P(|X| > q) = 1 − 2^(−1/n).
  if (rms > 0) out.set('linf_excess', linf / (rms * normalTail(-Math.expm1(-Math.LN2 / n))), 1);
  if (refinement && linf > 0) out.set('pileup.clip', refinement.clipCount / n);
  if (!Number.isFinite(sumAbs) || !Number.isFinite(l2)) {
    out.absent('norms', 'norms exceed the range of doubles');
  }
  if (rows) measureRows(rows, scale, out);
}

function measureRows(rows: RowStatistics, scale: number, out: MeasuredBuilder): void {
  const l2 = rows.squareSums.map((sum) => scale * Math.sqrt(sum));
  const m = l2.length;
  const k = rows.columnSquareSums.length;
  if (m === 0 || k === 0) return;
  if (Math.max(m, k) > maxArrayLength) {
    out.absent('norms', `more than ${maxArrayLength} rows or columns to list one by one`);
  }
  if (m <= maxArrayLength) out.setArray('row.l2', l2).setArray('row.linf', rows.maxima);
  if (k <= maxArrayLength) {
    out.setArray(
      'col.l2',
      rows.columnSquareSums.map((sum) => scale * Math.sqrt(sum)),
    );
  }
  const sorted = l2.slice().sort();
  const max = sorted[m - 1]!;
  out.set('row.l2.min', sorted[0]).set('row.l2.median', median(sorted)).set('row.l2.max', max);
  out.set(
    'l21',
    l2.reduce((sum, norm) => sum + norm, 0),
  );
  if (!(max > 0 && max < Infinity)) return;
  // Relative to the largest, so that squares of extreme norms stay in range.
  const mean = l2.reduce((sum, norm) => sum + norm / max, 0) / m;
  const variance = l2.reduce((sum, norm) => sum + (norm / max - mean) ** 2, 0) / m;
  // ‖w‖ of k Gaussians has mean √2 Γ((k+1)/2)/Γ(k/2) and second moment k.
  const chiMean = (Math.SQRT2 * gammaRatio(k / 2)) / Math.sqrt(k);
  const chiCv = Math.sqrt(Math.max(0, 1 - chiMean ** 2)) / chiMean;
  out.set('row.l2.cv', Math.sqrt(variance) / mean, chiCv);
  const near = l2.reduce((count, norm) => count + (norm >= (1 - 1e-3) * max ? 1 : 0), 0);
  out.set('pileup.maxnorm', near / m);
}
