import type { Report } from '../core/report';
import { columnsOf, summaryLines, titleOf } from './columns';
import { findingLines } from './findingLines';

/** The report as Markdown, fit for a pull request. */
export function markdownOf(report: Report, metrics: readonly string[] | undefined): string {
  const columns = columnsOf(metrics);
  const line = (cells: readonly string[]): string => `| ${cells.map(escaped).join(' | ')} |`;
  const findings = findingLines(
    report,
    ({ severity, rule }, message) => `- **${severity}** ${rule} ${escaped(message)}`,
    (text) => `- ${text}`,
  );
  return [
    `### ${escaped(titleOf(report))}`,
    '',
    ...summaryLines(report).map((text) => `- ${escaped(text.replace(/^• /, ''))}`),
    '',
    line(columns.map(({ heading }) => heading)),
    `| ${columns.map(({ align }) => (align === 'right' ? '---:' : '---')).join(' | ')} |`,
    ...report.layers.map((layer) => line(columns.map((column) => column.cell(layer)))),
    ...(findings.length > 0 ? ['', '**Findings**', '', ...findings] : []),
    '',
  ].join('\n');
}

/** Names are text, not markup. */
export function escaped(text: string): string {
  return text.replace(/[\\`*_{}[\]<>()#+!|~]/g, '\\$&');
}
