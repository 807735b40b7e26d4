import type { Module } from '../module';
import type { SyntaxNode } from '../source';
import { argumentsOf, enclosing, fieldOf, nodesIn, partsOf, textOf, unwrapped } from '../syntax';
import { methodOf } from './modelClass';

/** `x + branch` in `forward`, where `x` is what the block was given. */
export interface Residual {
  /** The addition, or the statement `out += x`. */
  readonly where: SyntaxNode;
  readonly branch: SyntaxNode;
  readonly kind: 'sum' | 'inPlace';
}

/** The residual additions of a module class: none unless all that is added is plainly a branch of layers. */
export function residualsOf(module: Module, definition: SyntaxNode): readonly Residual[] {
  const { source } = module;
  const forward = methodOf(module, definition, 'forward');
  const parameter = forward && partsOf(fieldOf(forward, 'parameters') ?? forward)[1];
  const inputNode =
    parameter?.type === 'identifier' ? parameter : parameter && partsOf(parameter)[0];
  if (!forward || inputNode?.type !== 'identifier') return [];
  const input = textOf(source, inputNode);
  const assigned = assignmentsIn(module, forward);
  const skips = new Set<string>();
  for (const [name, values] of assigned) {
    const isAlias = values.every((value) => textOf(source, unwrapped(value)) === input);
    const isShortcut = /^(?:identity|residual|shortcut|skip)$/.test(name);
    if (name !== input && (isAlias || isShortcut)) skips.add(name);
  }

  const found: Residual[] = [];
  const isSkip = (node: SyntaxNode): boolean =>
    node.type === 'identifier'
      ? skips.has(textOf(source, node)) || textOf(source, node) === input
      : isShortcutOf(module, node, input);
  for (const node of nodesIn(forward)) {
    const isSum = node.type === 'binary_operator' && fieldOf(node, 'operator')?.type === '+';
    const isInPlace =
      node.type === 'augmented_assignment' && fieldOf(node, 'operator')?.type === '+=';
    const [left, right] = [fieldOf(node, 'left'), fieldOf(node, 'right')];
    if ((!isSum && !isInPlace) || !left || !right) continue;
    const [a, b] = [unwrapped(left), unwrapped(right)];
    const branch = isSum && isSkip(a) ? b : isSkip(b) ? a : undefined;
    if (!branch || isSkip(branch) || !isBranch(module, branch, assigned, definition)) continue;
    found.push({ where: node, branch, kind: isSum ? 'sum' : 'inPlace' });
  }
  const isOverwritten = (assigned.get(input) ?? []).some(
    (value) => !found.some(({ where }) => where.start >= value.start && where.end <= value.end),
  );
  const usesInput = found.some(({ where }) =>
    partsOf(where).some((part) => textOf(source, unwrapped(part)) === input),
  );
  return isOverwritten && usesInput ? [] : found;
}

/** `self.shortcut(x)`: the input, brought to the shape of the branch where that differs. */
function isShortcutOf({ source }: Module, node: SyntaxNode, input: string): boolean {
  const callee = node.type === 'call' ? fieldOf(node, 'function') : undefined;
  if (!callee) return false;
  const [given, ...more] = argumentsOf(source, node);
  return (
    /^self\.(?:shortcut|skip|identity|downsample)\w*$/.test(textOf(source, callee)) &&
    given !== undefined &&
    more.length === 0 &&
    textOf(source, given.value) === input
  );
}

function assignmentsIn(
  { source }: Module,
  forward: SyntaxNode,
): ReadonlyMap<string, readonly SyntaxNode[]> {
  const found = new Map<string, SyntaxNode[]>();
  for (const node of nodesIn(forward)) {
    const left = node.type === 'assignment' ? fieldOf(node, 'left') : undefined;
    const right = fieldOf(node, 'right');
    if (left?.type !== 'identifier' || !right) continue;
    const name = textOf(source, left);
    found.set(name, [...(found.get(name) ?? []), right]);
  }
  return found;
}

/** A call of the block's own modules, or a name that holds what they gave; no embedding of positions. */
function isBranch(
  module: Module,
  branch: SyntaxNode,
  assigned: ReadonlyMap<string, readonly SyntaxNode[]>,
  definition: SyntaxNode,
): boolean {
  const { source } = module;
  if (branch.type === 'identifier') {
    const values = assigned.get(textOf(source, branch)) ?? [];
    return values.some((value) => callsOwn(module, value, definition));
  }
  return branch.type === 'call' && callsOwn(module, branch, definition);
}

function callsOwn({ source }: Module, value: SyntaxNode, definition: SyntaxNode): boolean {
  return nodesIn(value).some((node) => {
    const callee = node.type === 'call' ? fieldOf(node, 'function') : undefined;
    if (callee?.type !== 'attribute') return false;
    const text = textOf(source, callee);
    const isOwn = /^self\.\w+$/.test(text) && !/pos|embed|drop_?path/i.test(text);
    return isOwn && enclosing(node, 'class_definition') === definition;
  });
}
