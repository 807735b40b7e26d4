import { trendText } from '../analysis/runs';
import type { Series } from '../core/series';
import type { LayerRow } from '../protocol/layers';

const percent = (fraction: number): string => `${Math.round(100 * fraction)} %`;
const threeDigits = (value: number): string => String(Number(value.toPrecision(3)));

/** Fewer zeros are those of chance. */
const shownZeros = 0.005;

/** A layer in one short line: what it is, then what is unusual, then its size in numbers. */
export function lensText({ name, view, shape, metrics, state }: LayerRow): string {
  const read = (id: string): number | undefined =>
    Object.hasOwn(metrics, id) ? metrics[id] : undefined;
  const parts = [`${name}  ${(view ?? shape).join('×')}`];
  if (state === 'pending') return `${parts[0] ?? ''} · measuring…`;

  const zeros = read('zero.frac');
  const correlation = read('OI_row');
  const duplicates = read('redundant(0.95)');
  const rank = read('erank_sigma');
  const relativeRank = read('rel.erank_sigma');
  const norm = read('l2');
  const sigma1 = read('sigma1');
  if (zeros !== undefined && zeros >= shownZeros) parts.push(`${percent(zeros)} zeros`);
  if (duplicates !== undefined && duplicates > 0) parts.push(`${duplicates} near-duplicates`);
  if (correlation !== undefined) parts.push(`${threeDigits(correlation)}× correlated`);
  if (rank !== undefined && view && relativeRank !== undefined && relativeRank < 0.5) {
    parts.push(`rank ${Math.round(rank)} of ${Math.min(...view)}`);
  }
  if (norm !== undefined) parts.push(`‖W‖ ${threeDigits(norm)}`);
  if (sigma1 !== undefined) parts.push(`σ₁ ${threeDigits(sigma1)}`);
  return parts.join(' · ');
}

/** The layer's main number: its zeros where it has some, else its norm. */
function mainMetric(...values: readonly Readonly<Record<string, number>>[]) {
  const hasZeros = values.some((metrics) => (metrics['zero.frac'] ?? 0) >= shownZeros);
  return hasZeros ? (['zero.frac', 'zeros'] as const) : (['l2', '‖W‖'] as const);
}

/** The course of the layer's main number over the run. Empty without a run. */
export function trendOf({ name, metrics }: LayerRow, series: Series | undefined): string {
  const layer = series?.layers.find((one) => one.name === name);
  if (!layer) return '';
  const [metric, title] = mainMetric(metrics);
  const text = trendText(layer.values[metric] ?? []);
  return text === '' ? '' : `${title} ${text}`;
}

/** The layer's main number before the last edit of the script, and in the checkpoint of after it. Empty where one is not known. */
export function beforeAfter(
  { metrics }: LayerRow,
  before: Readonly<Record<string, number>> | undefined,
): string {
  if (!before) return '';
  const [metric, title] = mainMetric(metrics, before);
  const [was, is] = [before[metric], metrics[metric]];
  if (was === undefined || is === undefined) return '';
  const text = (value: number): string =>
    metric === 'zero.frac' ? percent(value) : threeDigits(value);
  return `since the edit: ${title} ${text(was)} → ${text(is)}`;
}
