import type { SyntaxNode } from '../source';
import { fieldOf, partsOf } from '../syntax';

/** `x = …` of one plain name. */
export interface PlainAssignment {
  readonly statement: SyntaxNode;
  readonly target: SyntaxNode;
  readonly value: SyntaxNode;
}

/** The assignment that a statement is. */
export function assignmentOf(statement: SyntaxNode): PlainAssignment | undefined {
  const node = statement.type === 'expression_statement' ? partsOf(statement)[0] : undefined;
  if (node?.type !== 'assignment') return undefined;
  const [target, value] = [fieldOf(node, 'left'), fieldOf(node, 'right')];
  return target?.type === 'identifier' && value ? { statement, target, value } : undefined;
}

/** The statement after or before another one in the same block. */
export function neighbour(statement: SyntaxNode, step: 1 | -1): SyntaxNode | undefined {
  const statements = statement.parent ? partsOf(statement.parent) : [];
  const index = statements.indexOf(statement);
  return index === -1 ? undefined : statements[index + step];
}
