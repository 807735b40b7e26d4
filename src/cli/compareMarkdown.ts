import type { Comparison, LayerPair } from '../core/comparison';
import { headline, remarks, type PairColumn } from './compareColumns';
import { escaped } from './markdown';

/** What a reader of a pull request sees without unfolding. */
const shownPairs = 10;
/** A comment of a pull request holds 65,536 characters. */
const maxRows = 300;

/** The comparison as Markdown, fit for a pull request: one line, the biggest changes, everything else folded. */
export function compareMarkdown(
  comparison: Comparison,
  {
    columns,
    pairs,
  }: { readonly columns: readonly PairColumn[]; readonly pairs: readonly LayerPair[] },
): string {
  const { a, b } = comparison;
  const changed = pairs.filter(({ change }) => change === undefined || change.changedCount > 0);
  const notes = remarks(comparison);
  return [
    `**${escaped(a.checkpoint.name)} → ${escaped(b.checkpoint.name)}**: ${escaped(headline(comparison))}`,
    '',
    ...(changed.length > 0 ? [...tableOf(columns, changed.slice(0, shownPairs)), ''] : []),
    ...(pairs.length > shownPairs
      ? folded(`All ${pairs.length} layers`, tableOf(columns, pairs))
      : []),
    ...(notes.length > 0
      ? folded(
          `${notes.length} remarks`,
          notes.slice(0, maxRows).map((note) => `- ${escaped(note)}`),
        )
      : []),
  ].join('\n');
}

function tableOf(columns: readonly PairColumn[], pairs: readonly LayerPair[]): readonly string[] {
  const line = (cells: readonly string[]): string => `| ${cells.map(escaped).join(' | ')} |`;
  return [
    line(columns.map(({ heading }) => heading)),
    `| ${columns.map(({ align }) => (align === 'right' ? '---:' : '---')).join(' | ')} |`,
    ...pairs.slice(0, maxRows).map((pair) => line(columns.map((column) => column.cell(pair)))),
    ...(pairs.length > maxRows ? [line([`${pairs.length - maxRows} more`])] : []),
  ];
}

function folded(summary: string, lines: readonly string[]): readonly string[] {
  return ['<details>', `<summary>${summary}</summary>`, '', ...lines, '', '</details>', ''];
}
