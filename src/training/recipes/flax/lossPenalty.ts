import { filled } from '../../edits/filled';
import { insertAfter, insertBefore, statementOf } from '../../edits/insertStatement';
import { removeStatement, removeUnused } from '../../edits/removal';
import type { LossFunction } from '../../flax/lossFunctions';
import type { Module } from '../../module';
import type { SyntaxNode } from '../../source';
import { fieldOf, nodesIn, textOf } from '../../syntax';
import type { TextEdit } from '../../textEdit';

/** `loss + strength * penalty` in a loss function. */
export interface LossPenalty {
  /** The whole sum, what stands before the plus, and the strength. */
  readonly sum: SyntaxNode;
  readonly loss: SyntaxNode;
  readonly strength: SyntaxNode;
}

/** Terms of the form that these recipes write, told by the text of the penalty. */
export function penaltyIn(
  { source }: Module,
  { definition }: LossFunction,
  isPenalty: (text: string) => boolean,
): LossPenalty | undefined {
  for (const sum of nodesIn(definition)) {
    if (sum.type !== 'binary_operator' || fieldOf(sum, 'operator')?.type !== '+') continue;
    const [loss, term] = [fieldOf(sum, 'left'), fieldOf(sum, 'right')];
    if (!loss || term?.type !== 'binary_operator' || fieldOf(term, 'operator')?.type !== '*')
      continue;
    const [strength, penalty] = [fieldOf(term, 'left'), fieldOf(term, 'right')];
    const isOurs = penalty?.type === 'call' && isPenalty(textOf(source, penalty));
    if (strength && isOurs) return { sum, loss, strength };
  }
  return undefined;
}

/** Adds `pattern` (`${1:1e-3} * penalty(model)`) to the loss. */
export function addPenalty(
  { source }: Module,
  { place }: LossFunction,
  pattern: string,
  label: string,
): TextEdit | undefined {
  if (place.kind === 'inline') {
    const { end } = place.expression;
    return { start: end, end, ...filled(` + ${pattern}`), label };
  }
  const { statement, name } = place;
  const line = `${name} = ${name} + ${pattern}`;
  return place.kind === 'after'
    ? insertAfter(source, statement, line, label)
    : insertBefore(source, statement, line, label);
}

/** Takes the term out, with what nothing uses any more. */
export function removePenalty(
  { source }: Module,
  { sum, loss }: LossPenalty,
  helpers: readonly string[],
  imports: readonly string[],
): readonly TextEdit[] | undefined {
  const label = 'Remove the term';
  const assignment = sum.parent?.type === 'assignment' ? sum.parent : undefined;
  const left = assignment && fieldOf(assignment, 'left');
  const isOwnLine = left && textOf(source, left) === textOf(source, loss);
  const edit = isOwnLine
    ? removeStatement(source, statementOf(sum), label)
    : { start: loss.end, end: sum.end, newText: '', label };
  return edit && [edit, ...removeUnused(source, { helpers, imports }, [edit])];
}
