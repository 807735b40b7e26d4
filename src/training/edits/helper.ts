import type { Source, SyntaxNode } from '../source';
import { nodesIn, partsOf, topLevelStatement } from '../syntax';
import type { TextEdit } from '../textEdit';
import { indentUnitOf, lineBreakOf, lineEnd, lineStart } from './layout';

/** Statements between two imports that still count as the head of the file: set-up calls and constants. */
const maxGap = 2;

/**
 * Puts a function at module level after the head of imports, and before the statement that needs it. `code` is indented
 * by four spaces and ends without a line break.
 */
export function insertHelper(
  source: Source,
  code: string,
  user: SyntaxNode,
  label: string,
): TextEdit {
  const { text, root } = source;
  const lineBreak = lineBreakOf(text);
  const unit = indentUnitOf(source);
  const helper = code
    .split('\n')
    .map((line) => line.replace(/^(?: {4})+/, (spaces) => unit.repeat(spaces.length / 4)))
    .join(lineBreak);

  const statements = partsOf(root);
  const anchor = lastImportOfHead(statements, topLevelStatement(user));
  if (!anchor) {
    // Before the first statement but after its comments: a shebang and an encoding line must stay first.
    const start = lineStart(text, (statements[0] ?? user).start);
    return { start, end: start, newText: helper + lineBreak.repeat(3), label };
  }
  const at = endOfStatementLine(text, statements, anchor);
  const following = /^[\r\n]*/.exec(text.slice(at))?.[0] ?? '';
  const breaks = following.split('\n').length - 1;
  const isLast = text.slice(at).trim() === '';
  const newText =
    lineBreak.repeat(3) + helper + (isLast ? '' : lineBreak.repeat(Math.max(0, 3 - breaks)));
  return { start: at, end: at, newText, label };
}

function lastImportOfHead(
  statements: readonly SyntaxNode[],
  user: SyntaxNode,
): SyntaxNode | undefined {
  let last: SyntaxNode | undefined;
  let gap = 0;
  for (const statement of statements) {
    if (statement.start >= user.start || endsHead(statement)) break;
    if (isImport(statement)) {
      last = statement;
      gap = 0;
    } else if (last && ++gap > maxGap) {
      break;
    }
  }
  return last ?? docstringOf(statements, user);
}

function isImport(statement: SyntaxNode): boolean {
  const isGuard = statement.type === 'try_statement' || statement.type === 'if_statement';
  return (isGuard ? nodesIn(statement) : [statement]).some(({ type }) =>
    /^(?:future_)?import_/.test(type),
  );
}

function endsHead({ type }: SyntaxNode): boolean {
  return /^(?:function_definition|class_definition|decorated_definition|for_|while_|with_|ERROR)/.test(
    type,
  );
}

function docstringOf(statements: readonly SyntaxNode[], user: SyntaxNode): SyntaxNode | undefined {
  const [first] = statements;
  if (first?.type !== 'expression_statement' || first.start >= user.start) return undefined;
  return partsOf(first)[0]?.type === 'string' ? first : undefined;
}

/** End of the line on which the statement ends; further statements may share that line (`import a; x = 1`). */
function endOfStatementLine(
  text: string,
  statements: readonly SyntaxNode[],
  statement: SyntaxNode,
): number {
  let end = lineEnd(text, statement.end);
  for (const { start, end: otherEnd } of statements) {
    if (start < end && otherEnd > end) end = lineEnd(text, otherEnd);
  }
  return end;
}
