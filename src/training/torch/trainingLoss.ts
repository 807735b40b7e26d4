import { statementOf } from '../edits/insertStatement';
import type { Module } from '../module';
import type { SyntaxNode } from '../source';
import { argumentsOf, callsIn, fieldOf, partsOf, textOf, unwrapped } from '../syntax';
import { functionAround, ownNodes } from './optimizerSteps';

/** The loss that gradients are taken of, at one place. */
export interface TrainingLoss {
  /** The function around it, or the module. */
  readonly scope: SyntaxNode;
  /** The statement that takes the gradient, or that returns the loss to whoever does. */
  readonly use: SyntaxNode;
  /** The expression in it that is the loss. */
  readonly expression: SyntaxNode;
  /** `loss`, `self.loss_G`; undefined where the loss has no name (`criterion(a, b).backward()`). */
  readonly name: string | undefined;
  /** The statement that computes the loss, before it is only scaled. */
  readonly computed: SyntaxNode | undefined;
  /** After this statement a term can be added: the one that computes it, or the block around that is left. */
  readonly anchor: SyntaxNode | undefined;
  /** The first scaling of the loss that follows: `loss = loss / steps`. */
  readonly scaled: SyntaxNode | undefined;
}

/** Every `.backward()` of the file: `loss.backward()`, `scaler.scale(loss).backward()`, `accelerator.backward(loss)`. */
export function backwardLosses(module: Module): readonly TrainingLoss[] {
  const { source } = module;
  return callsIn(source.root).flatMap((call) => {
    if (call.parent?.type !== 'expression_statement') return [];
    const callee = fieldOf(call, 'function');
    const object = callee?.type === 'attribute' ? fieldOf(callee, 'object') : undefined;
    const attribute = callee && fieldOf(callee, 'attribute');
    if (!object || !attribute) return [];
    const method = textOf(source, attribute);
    const positional = argumentsOf(source, call).filter(({ name }) => name === undefined);
    const receiver = textOf(source, object);
    const isHandedOver =
      (method === 'backward' && /(?:^|[._])(?:accelerator|fabric)$/.test(receiver)) ||
      (method === 'manual_backward' && receiver === 'self');
    const [first, ...more] = positional;
    if (isHandedOver) {
      return first && !first.isSplat ? lossOf(module, statementOf(call), first.value) : [];
    }
    // A gradient is given: the receiver need not be a loss. dist_autograd.backward(context, [loss]) is neither.
    if (method !== 'backward' || first || more.length > 0) return [];
    return lossOf(module, statementOf(call), object);
  });
}

/** The loss behind an expression, with what is wrapped around it for scaling taken off. */
export function lossOf(
  module: Module,
  use: SyntaxNode,
  expression: SyntaxNode,
): readonly TrainingLoss[] {
  const { source } = module;
  const scope = functionAround(module, use);
  const inner = unscaled(module, expression);
  if (!inner) return [];
  const name = /^(?:identifier|attribute)$/.test(inner.type) ? textOf(source, inner) : undefined;
  const direct = { scope, use, expression: inner, name: undefined };
  const nothing = { computed: undefined, anchor: undefined, scaled: undefined };
  if (name === undefined) return [{ ...direct, ...nothing }];

  const assignments = assignmentsTo(module, scope, name).filter(({ start }) => start < use.start);
  let scaled: SyntaxNode | undefined;
  let computed = assignments.pop();
  while (computed && isScaling(module, computed, name)) {
    scaled = computed;
    computed = assignments.pop();
  }
  const places = { scope, use, expression: inner, name, scaled };
  if (computed) {
    return [
      { ...places, computed: statementOf(computed), anchor: leftBlock(computed, use, scaled) },
    ];
  }
  if (inner.type === 'attribute') return scaled ? [] : [{ ...direct, ...nothing }];
  const isParameter = module.names.lookup(name, use).some(({ kind }) => kind === 'parameter');
  return isParameter ? [{ ...places, computed: undefined, anchor: undefined }] : [];
}

/** `scaler.scale(loss)`, `(loss / steps)`, `loss.mean()` → `loss`. Undefined where scaling hides an expression without a name. */
function unscaled({ source }: Module, expression: SyntaxNode): SyntaxNode | undefined {
  let node = unwrapped(expression);
  let isScaled = false;
  for (;;) {
    let inner: SyntaxNode | undefined;
    if (node.type === 'call') {
      const callee = fieldOf(node, 'function');
      const attribute = callee?.type === 'attribute' ? fieldOf(callee, 'attribute') : undefined;
      const method = attribute && textOf(source, attribute);
      if (method === 'scale') inner = argumentsOf(source, node)[0]?.value;
      const object = callee && fieldOf(callee, 'object');
      if (method === 'mean' && object?.type === 'identifier') inner = object;
    } else if (node.type === 'binary_operator') {
      const operator = fieldOf(node, 'operator')?.type;
      if (operator === '/') inner = fieldOf(node, 'left');
      if (operator === '*') return undefined;
      isScaled ||= operator === '/';
    }
    if (!inner) {
      const isName = node.type === 'identifier' || node.type === 'attribute';
      const isValue = /^(?:call|subscript|binary_operator)$/.test(node.type);
      if (isName) return node;
      return isValue && !isScaled ? (node.parent === expression ? expression : node) : undefined;
    }
    node = unwrapped(inner);
  }
}

/** Assignments to a name in one function, `+=` and tuples too, in the order of the text. */
function assignmentsTo(module: Module, scope: SyntaxNode, name: string): SyntaxNode[] {
  const { source } = module;
  return ownNodes(module, scope).filter((node) => {
    if (node.type !== 'assignment' && node.type !== 'augmented_assignment') return false;
    const left = fieldOf(node, 'left');
    if (!left) return false;
    const targets =
      left.type === 'pattern_list' || left.type === 'tuple_pattern' ? partsOf(left) : [left];
    return targets.some((target) => textOf(source, target) === name);
  });
}

/** `loss = loss / n`, `loss *= w`: what follows from a term added before it is the term scaled. */
function isScaling({ source }: Module, node: SyntaxNode, name: string): boolean {
  if (node.type === 'augmented_assignment') {
    return /^(?:\*|\/)=$/.test(fieldOf(node, 'operator')?.type ?? '');
  }
  const right = fieldOf(node, 'right');
  if (right?.type !== 'binary_operator') return false;
  const operator = fieldOf(right, 'operator')?.type;
  const operands = [fieldOf(right, 'left'), operator === '*' ? fieldOf(right, 'right') : undefined];
  const isScale = operator === '/' || operator === '*';
  return (
    isScale && operands.some((operand) => operand && textOf(source, unwrapped(operand)) === name)
  );
}

/**
 * The statement to add after: out of an `if`, a `with autocast()` or a loop that ends before the gradient is taken, unless
 * the loss is scaled in there.
 */
function leftBlock(computed: SyntaxNode, use: SyntaxNode, scaled?: SyntaxNode): SyntaxNode {
  const holds = (block: SyntaxNode, node: SyntaxNode): boolean =>
    block.start <= node.start && node.end <= block.end;
  let statement = statementOf(computed);
  for (;;) {
    const block = statement.parent;
    if (block?.type !== 'block' || holds(block, use) || (scaled && holds(block, scaled))) break;
    if (!block.parent || block.parent.type === 'function_definition') break;
    statement = statementOf(block.parent);
  }
  return statement;
}
