import type { Comparison, LayerPair } from '../core/comparison';
import { printable } from '../core/printable';
import { headline, remarks, type PairColumn } from './compareColumns';
import { pad, widthOf } from './table';

export interface CompareTableOptions {
  readonly columns: readonly PairColumn[];
  /** In the order in which they are shown. */
  readonly pairs: readonly LayerPair[];
  readonly colours: boolean;
  /** Width of the terminal, if it is one: the layer column gives way. */
  readonly width: number | undefined;
}

const shortestName = 12;
/** A terminal is no place for thousands of lines of remarks. */
const maxRemarks = 40;

/** The comparison as a table for a terminal. */
export function compareTable(
  comparison: Comparison,
  { columns, pairs, colours, width }: CompareTableOptions,
): string {
  const rows = [
    columns.map(({ heading }) => heading),
    ...pairs.map((pair) => columns.map((column) => column.cell(pair))),
  ];
  const widths = columns.map((_, index) =>
    rows.reduce((most, row) => Math.max(most, widthOf(row[index] ?? '')), 0),
  );
  const total = widths.reduce((sum, one) => sum + one + 2, -2);
  if (width !== undefined && total > width) {
    widths[0] = Math.max(shortestName, (widths[0] ?? 0) - (total - width));
  }
  const styled = (code: number, text: string): string =>
    colours ? `\x1b[${code}m${text}\x1b[22m` : text;
  const lines = rows.map((row, index) => {
    const line = row
      .map((cell, at) => pad(cell, widths[at] ?? 0, columns[at]?.align ?? 'left'))
      .join('  ')
      .trimEnd();
    return index === 0 ? styled(2, line) : line;
  });
  const notes = remarks(comparison);
  const more = notes.length - maxRemarks;
  const { a, b } = comparison;
  return [
    styled(1, `${printable(a.checkpoint.name)} → ${printable(b.checkpoint.name)}`),
    headline(comparison),
    ...(pairs.length > 0 ? ['', ...lines] : []),
    ...(notes.length > 0 ? [''] : []),
    ...notes.slice(0, maxRemarks),
    ...(more > 0 ? [`${more} more; --json has them all`] : []),
    '',
  ].join('\n');
}
