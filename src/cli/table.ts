import type { Report } from '../core/report';
import { printable } from '../core/printable';
import { columnsOf, summaryLines, titleOf } from './columns';
import { findingLines } from './findingLines';

export interface TableOptions {
  readonly metrics: readonly string[] | undefined;
  readonly colours: boolean;
  /** Width of the terminal, if it is one: the layer column gives way. */
  readonly width: number | undefined;
}

const shortestName = 12;

/** The report as a table for a terminal. */
export function tableOf(report: Report, { metrics, colours, width }: TableOptions): string {
  const columns = columnsOf(metrics);
  const rows = [columns.map(({ heading }) => heading)];
  for (const layer of report.layers) rows.push(columns.map((column) => column.cell(layer)));
  const widths = columns.map((_, index) =>
    Math.max(...rows.map((row) => widthOf(row[index] ?? ''))),
  );
  const total = widths.reduce((sum, one) => sum + one + 2, -2);
  if (width !== undefined && total > width) {
    widths[0] = Math.max(shortestName, (widths[0] ?? 0) - (total - width));
  }
  const bold = (text: string): string => (colours ? `\x1b[1m${text}\x1b[22m` : text);
  const dim = (text: string): string => (colours ? `\x1b[2m${text}\x1b[22m` : text);
  const lines = rows.map((row, index) => {
    const line = row
      .map((cell, at) => pad(cell, widths[at] ?? 0, columns[at]?.align ?? 'left'))
      .join('  ')
      .trimEnd();
    return index === 0 ? dim(line) : line;
  });
  const problems = report.layers.flatMap(({ name, missing }) =>
    missing
      .filter(({ family }) => family === 'integrity')
      .map(({ reason }) => `${printable(name)}: ${printable(reason)}`),
  );
  const findings = findingLines(
    report,
    ({ severity, rule }, message) => `  ${severity.padEnd(9)}${rule} ${message}`,
    (text) => `  ${text}`,
  );
  return [
    bold(titleOf(report)),
    ...summaryLines(report),
    ...problems,
    '',
    ...lines,
    ...(findings.length > 0 ? ['', bold('Findings'), ...findings] : []),
    '',
  ].join('\n');
}

/** Text in a cell of this width, cut at its beginning where it is longer. */
export function pad(text: string, width: number, align: 'left' | 'right'): string {
  const cut =
    widthOf(text) > width
      ? `…${Array.from(text)
          .slice(1 - width)
          .join('')}`
      : text;
  const space = ' '.repeat(Math.max(0, width - widthOf(cut)));
  return align === 'right' ? space + cut : cut + space;
}

/** Code points; subscripts and symbols of the headings are one cell wide. */
export function widthOf(text: string): number {
  return Array.from(text).length;
}
