import { filled } from '../../edits/filled';
import { insertAfter, insertBefore, standsAlone, statementOf } from '../../edits/insertStatement';
import { indentAt, lineBreakOf } from '../../edits/layout';
import { removeStatement } from '../../edits/removal';
import type { Module } from '../../module';
import type { SyntaxNode } from '../../source';
import { fieldOf, nodesIn, partsOf, textOf, unwrapped } from '../../syntax';
import type { TextEdit, TextRange } from '../../textEdit';
import type { TrainingLoss } from '../../torch/trainingLoss';
import { ownNodes } from '../../torch/optimizerSteps';
import { trainingBranch } from '../../torch/trainingBranch';

/**
 * Adds a term to a loss, before the loss is scaled: `loss = loss + …`, not `+=`, which would change the tensor that the
 * name shares with `outputs.loss` and fail on a leaf. Undefined where the statements share their lines with others.
 */
export function addTerm(
  module: Module,
  loss: TrainingLoss,
  pattern: string,
  label: string,
): readonly TextEdit[] | undefined {
  const { source } = module;
  const { name, anchor, scaled, use } = loss;
  if (name === undefined) return nameDirect(module, loss, pattern, label);
  const line = `${name} = ${name} + ${pattern}`;
  // The loss of validation, computed by the same line, keeps its meaning.
  const isShared = anchor !== undefined && trainingBranch(module, use, anchor) !== undefined;
  const edit =
    anchor && (!isShared || scaled)
      ? insertAfter(source, anchor, line, label)
      : insertBefore(source, scaled ? statementOf(scaled) : use, line, label);
  if (edit) return [edit];
  const beforeUse = anchor && !scaled && anchor.parent === use.parent;
  const second = beforeUse ? insertBefore(source, use, line, label) : undefined;
  return second && [second];
}

/** `criterion(a, b).backward()` → `loss = criterion(a, b) + …` and `loss.backward()`. */
function nameDirect(
  module: Module,
  { use, expression }: TrainingLoss,
  pattern: string,
  label: string,
): readonly TextEdit[] | undefined {
  const { source, names } = module;
  const { text } = source;
  if (!standsAlone(source, use)) return undefined;
  const name = ['loss', 'total_loss', 'training_loss'].find(
    (candidate) => names.lookup(candidate, use).length === 0,
  );
  if (name === undefined) return undefined;
  const value = textOf(source, expression);
  const indent = lineBreakOf(text) + indentAt(text, use.start);
  const line = filled(`${name} = ${value} + ${pattern}${indent}`);
  if (expression.start === use.start) {
    return [
      { start: use.start, end: expression.end, ...line, newText: line.newText + name, label },
    ];
  }
  return [
    { start: use.start, end: use.start, ...line, label },
    { start: expression.start, end: expression.end, newText: name, label },
  ];
}

/** Something added to a loss: `loss = loss + 1e-4 * penalty` or `loss = criterion(…) + penalty`. */
export interface LossTerm {
  readonly statement: SyntaxNode;
  readonly target: string;
  /** What it is added to. */
  readonly rest: SyntaxNode;
  /** The whole term, without its strength, and the strength. */
  readonly term: SyntaxNode;
  readonly penalty: SyntaxNode;
  readonly strength: SyntaxNode | undefined;
}

/** The last term of every sum that is assigned in a function, and what `+=` adds. */
export function termsIn(module: Module, scope: SyntaxNode): readonly LossTerm[] {
  const { source } = module;
  return ownNodes(module, scope).flatMap((node): LossTerm[] => {
    const left = fieldOf(node, 'left');
    const right = fieldOf(node, 'right');
    if (!left || !right || !/assignment$/.test(node.type)) return [];
    const target = textOf(source, left);
    const statement = statementOf(node);
    if (node.type === 'augmented_assignment') {
      const isSum = fieldOf(node, 'operator')?.type === '+=';
      return isSum ? [{ statement, target, rest: left, term: right, ...weighted(right) }] : [];
    }
    const rest = fieldOf(right, 'left');
    const term = fieldOf(right, 'right');
    const isSum = right.type === 'binary_operator' && fieldOf(right, 'operator')?.type === '+';
    return isSum && rest && term ? [{ statement, target, rest, term, ...weighted(term) }] : [];
  });
}

function weighted(term: SyntaxNode): Pick<LossTerm, 'penalty' | 'strength'> {
  const node = unwrapped(term);
  const left = fieldOf(node, 'left');
  const right = fieldOf(node, 'right');
  const isProduct = node.type === 'binary_operator' && fieldOf(node, 'operator')?.type === '*';
  if (!isProduct || !left || !right) return { penalty: node, strength: undefined };
  return left.type === 'call' && right.type !== 'call'
    ? { penalty: left, strength: right }
    : { penalty: unwrapped(right), strength: left };
}

/** Takes a term out again; a loss that was named for its sake loses the name. */
export function removeTerm(
  module: Module,
  { statement, target, rest, term }: LossTerm,
  label: string,
): readonly TextEdit[] | undefined {
  const { source } = module;
  const assignment = partsOf(statement)[0];
  if (assignment?.type === 'augmented_assignment' || textOf(source, rest) === target) {
    const edit = removeStatement(source, statement, label);
    return edit && [edit];
  }
  const siblings = statement.parent ? partsOf(statement.parent) : [];
  const next = siblings[siblings.indexOf(statement) + 1];
  const scope = statement.parent;
  const uses = (root: SyntaxNode | undefined): readonly SyntaxNode[] =>
    root
      ? nodesIn(root).filter(
          (node) => node.type === 'identifier' && textOf(source, node) === target,
        )
      : [];
  const [use, ...more] = uses(next);
  const isNamedForIt = use && more.length === 0 && uses(functionOf(scope)).length === 2;
  const takesGradient = next && /^return\b|\bbackward\(/.test(textOf(source, next));
  if (next && isNamedForIt && takesGradient) {
    const value = textOf(source, rest);
    const cut: TextRange = { start: statement.start, end: next.start };
    if (use.start === next.start) {
      return [{ start: cut.start, end: use.end, newText: value, label }];
    }
    return [
      { ...cut, newText: '', label },
      { start: use.start, end: use.end, newText: value, label },
    ];
  }
  return [{ start: rest.end, end: term.end, newText: '', label }];
}

function functionOf(node: SyntaxNode | undefined): SyntaxNode | undefined {
  let around = node;
  while (around?.parent && around.type !== 'function_definition') around = around.parent;
  return around;
}
