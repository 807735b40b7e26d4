import { dtypes } from '../core/dtype';
import type { ElementInput } from './elementInput';
import type { MeasuredBuilder } from './measured';

/** Numbers that are not finite, not normal, or at the end of the type's range. */
export function measureIntegrity({ statistics, view }: ElementInput, out: MeasuredBuilder): void {
  const { count, finiteCount, dtype, nonFiniteAt } = statistics;
  const { kind, byteSize } = dtypes[dtype];
  if (kind !== 'float') return;
  out.set('finite_frac', finiteCount / count, 1);
  out.set('n_nan', statistics.nanCount, 0);
  out.set('n_pinf', statistics.positiveInfinityCount, 0);
  out.set('n_ninf', statistics.negativeInfinityCount, 0);
  out.set('subnormal', statistics.subnormalCount);
  if (byteSize <= 2 && dtype !== 'bf16') {
    out.set('saturated_frac', finiteCount > 0 ? statistics.saturatedCount / finiteCount : 0, 0);
  }
  if (finiteCount < count)
    out.absent('integrity', describeNonFinite(statistics, nonFiniteAt, view));
}

function describeNonFinite(
  statistics: ElementInput['statistics'],
  positions: readonly number[],
  view: ElementInput['view'],
): string {
  const counts = [
    [statistics.nanCount, 'NaN'],
    [statistics.positiveInfinityCount, '+Inf'],
    [statistics.negativeInfinityCount, '−Inf'],
  ] as const;
  const named = counts.filter(([count]) => count > 0).map(([count, name]) => `${count} ${name}`);
  const places = positions.map((index) => placeOf(index, view)).join(', ');
  const more = statistics.count - statistics.finiteCount > positions.length ? ', …' : '';
  return `${named.join(', ')} at ${places}${more}`;
}

/** [row, column] of the canonical matrix, or the linear index of a vector. */
function placeOf(index: number, view: ElementInput['view']): string {
  if (!view) return `${index}`;
  let rest = index;
  let row = 0;
  let column = 0;
  for (const { size, target, step } of [...view.axes].reverse()) {
    const at = (rest % size) * step;
    rest = Math.floor(rest / size);
    if (target === 'column') column += at;
    else row += target === 'block' ? at * view.rows : at;
  }
  return `[${row}, ${column}]`;
}
