import type { Source, SyntaxNode } from '../source';
import type { TextEdit } from '../textEdit';
import { filled } from './filled';
import { indentAt, indented, lineBreakOf, lineEnd, lineStart } from './layout';

/** The statement that holds the node, or is it: a child of a block or of the module. */
export function statementOf(node: SyntaxNode): SyntaxNode {
  let statement = node;
  while (statement.parent && !isSuite(statement.parent)) statement = statement.parent;
  return statement;
}

function isSuite({ type }: SyntaxNode): boolean {
  return type === 'block' || type === 'module';
}

/**
 * New lines after a statement and its comment, with the statement's own indentation. `pattern` is indented by four
 * spaces, ends without a line break and may have stops. Undefined where another statement shares the line.
 */
export function insertAfter(
  source: Source,
  statement: SyntaxNode,
  pattern: string,
  label: string,
): TextEdit | undefined {
  const { text } = source;
  if (!standsAlone(source, statement)) return undefined;
  const at = lineEnd(text, statement.end);
  const lines = indented(source, pattern, indentAt(text, statement.start));
  return { start: at, end: at, ...filled(lineBreakOf(text) + lines), label };
}

/** New lines before a statement and its decorators, with its own indentation. Undefined where another shares the line. */
export function insertBefore(
  source: Source,
  statement: SyntaxNode,
  pattern: string,
  label: string,
): TextEdit | undefined {
  const { text } = source;
  const at = lineStart(text, statement.start);
  if (!/^[ \t\f]*$/.test(text.slice(at, statement.start))) return undefined;
  const lines = indented(source, pattern, indentAt(text, statement.start));
  return { start: at, end: at, ...filled(lines + lineBreakOf(text)), label };
}

/** Whether the statement has its lines for itself, a comment at their end apart. */
export function standsAlone({ text }: Source, { start, end }: SyntaxNode): boolean {
  const before = text.slice(lineStart(text, start), start);
  const after = text.slice(end, lineEnd(text, end));
  return /^[ \t\f]*$/.test(before) && /^[ \t\f]*(?:#.*)?$/.test(after);
}
