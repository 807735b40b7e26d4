import type { Source, SyntaxNode } from '../source';
import { fieldOf, nodesIn, partsOf, textOf } from '../syntax';
import { lineEnd } from './layout';

/** Statements between two imports that still count as the head of the file: set-up calls and constants. */
const maxGap = 2;

/**
 * The statement at module level after which imports and helpers are added: the last import of the file's head that stands
 * before `user`, or else a docstring. A later import counts too where it binds one of `needed`.
 */
export function headOf(
  source: Source,
  user: SyntaxNode,
  needed: ReadonlySet<string> = new Set(),
): SyntaxNode | undefined {
  const statements = partsOf(source.root);
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
  for (const statement of statements) {
    if (statement.start >= user.start) break;
    if (last && statement.start < last.start) continue;
    if (/^import_/.test(statement.type) && bindsOneOf(source, statement, needed)) last = statement;
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

function bindsOneOf(source: Source, statement: SyntaxNode, names: ReadonlySet<string>): boolean {
  return statement.children.some((item) => {
    if (item.field !== 'name') return false;
    const name = textOf(source, fieldOf(item, 'alias') ?? item);
    return names.has(statement.type === 'import_statement' ? (name.split('.')[0] ?? name) : name);
  });
}

function docstringOf(statements: readonly SyntaxNode[], user: SyntaxNode): SyntaxNode | undefined {
  const [first] = statements;
  if (first?.type !== 'expression_statement' || first.start >= user.start) return undefined;
  return partsOf(first)[0]?.type === 'string' ? first : undefined;
}

/** End of the line on which a statement of the module ends; further statements may share that line (`import a; x = 1`). */
export function endOfLineOf({ text, root }: Source, statement: SyntaxNode): number {
  let end = lineEnd(text, statement.end);
  for (const { start, end: otherEnd } of partsOf(root)) {
    if (start < end && otherEnd > end) end = lineEnd(text, otherEnd);
  }
  return end;
}
