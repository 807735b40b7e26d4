import { indentAt, lineBreakOf, lineEnd, lineStart } from '../../edits/layout';
import type { Source, SyntaxNode } from '../../source';
import type { TextEdit } from '../../textEdit';
import type { Insertion } from './properties';

/** Whether the statement stands on lines of its own, with at most a comment behind it. */
export function standsAlone({ text }: Source, { start, end }: SyntaxNode): boolean {
  const before = text.slice(lineStart(text, start), start);
  const after = text.slice(end, lineEnd(text, end));
  return before.trim() === '' && /^\s*;?\s*(?:\/\/.*|\/\*[^*]*\*\/\s*)?$/.test(after);
}

/** Adds statements after another, with its indentation; nothing where that shares its line. */
export function insertStatementAfter(
  source: Source,
  statement: SyntaxNode,
  added: Insertion,
  label: string,
): readonly TextEdit[] {
  if (!standsAlone(source, statement)) return [];
  const at = lineEnd(source.text, statement.end);
  return [{ start: at, end: at, ...indented(source, statement, added), label }];
}

/** Each line of the insertion on a line of its own below the statement. */
function indented(source: Source, statement: SyntaxNode, { newText, stops }: Insertion): Insertion {
  const margin = lineBreakOf(source.text) + indentAt(source.text, statement.start);
  const widened = (offset: number): number => {
    const breaks = newText.slice(0, offset).split('\n').length - 1;
    return margin.length + offset + breaks * (margin.length - 1);
  };
  return {
    newText: margin + newText.replaceAll('\n', margin),
    stops: (stops ?? []).map(({ start, end }) => ({ start: widened(start), end: widened(end) })),
  };
}

/** Takes the lines of a statement out; undefined where it shares them or a comment stands behind it. */
export function removeStatement(
  source: Source,
  statement: SyntaxNode,
  label: string,
): readonly TextEdit[] | undefined {
  const { text } = source;
  const start = lineStart(text, statement.start);
  const to = lineEnd(text, statement.end);
  if (text.slice(start, statement.start).trim() !== '') return undefined;
  if (!/^\s*;?\s*$/.test(text.slice(statement.end, to))) return undefined;
  const lineBreak = text.indexOf('\n', to);
  if (lineBreak !== -1) return [{ start, end: lineBreak + 1, newText: '', label }];
  // The last line of a file without a line break at its end takes the one before it along.
  const before = text[start - 2] === '\r' ? start - 2 : Math.max(0, start - 1);
  return [{ start: before, end: text.length, newText: '', label }];
}
