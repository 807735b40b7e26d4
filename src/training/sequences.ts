import { elementsOf, follow, integerOf, isTooDeep, withFrame } from './evaluate';
import type { Environment, Thunk, Value } from './evaluate';
import type { Module } from './module';
import type { SyntaxNode } from './source';
import {
  argumentsOf,
  enclosing,
  fieldOf,
  literalString,
  partsOf,
  textOf,
  unwrapped,
} from './syntax';

/** More repetitions than this are not written out: their index stays open. */
const maxRepeats = 256;

/** An element of a list of modules; from an `open` one on, indices are unknown. */
export interface Item {
  readonly value: Value;
  readonly isOpen: boolean;
}

const unknownItem: Item = { value: undefined, isOpen: true };

/** The elements of an expression that makes a list: a display, a comprehension, a sum, a variable that is appended to. */
export function itemsOf(module: Module, node: SyntaxNode, env: Environment): readonly Item[] {
  if (isTooDeep(env)) return [unknownItem];
  const inner = unwrapped(node);
  if (inner.type === 'identifier') {
    const grown = grownList(module, inner, env);
    if (grown) return grown;
  }
  const value = follow(module, inner, env);
  if (value === undefined || typeof value === 'number') return [unknownItem];
  const found = value.node;
  const below: Environment = { ...value.env, depth: Math.max(value.env.depth, env.depth) + 1 };
  if (found !== inner && found.type === 'identifier') return itemsOf(module, found, below);
  switch (found.type) {
    case 'list':
    case 'tuple':
      return partsOf(found).flatMap((part) => itemOrSplat(module, part, below));
    case 'list_comprehension':
    case 'generator_expression':
      return comprehended(module, found, below);
    case 'binary_operator': {
      const [left, right] = [fieldOf(found, 'left'), fieldOf(found, 'right')];
      if (fieldOf(found, 'operator')?.type !== '+' || !left || !right) return [unknownItem];
      return [...itemsOf(module, left, below), ...itemsOf(module, right, below)];
    }
    case 'call': {
      const [argument, ...others] = argumentsOf(module.source, found);
      const callee = fieldOf(found, 'function');
      const isList = callee && textOf(module.source, callee) === 'list';
      return isList && argument && others.length === 0
        ? itemsOf(module, argument.value, below)
        : [unknownItem];
    }
    default:
      return [unknownItem];
  }
}

/** An element, or those of a `*list`. */
export function itemOrSplat(module: Module, part: SyntaxNode, env: Environment): readonly Item[] {
  if (part.type !== 'list_splat') return [{ value: { node: part, env }, isOpen: false }];
  const list = partsOf(part)[0];
  return list ? itemsOf(module, list, env) : [unknownItem];
}

/** Named elements: of a dictionary, of a list of pairs, or of `OrderedDict(…)` of those. */
export function namedItemsOf(
  module: Module,
  node: SyntaxNode,
  env: Environment,
): readonly (readonly [name: string, value: Thunk])[] {
  const value = follow(module, node, env);
  if (value === undefined || typeof value === 'number') return [];
  const { source } = module;
  const found = value.node;
  if (found.type === 'call') {
    const args = argumentsOf(source, found);
    const named = args.flatMap((argument) =>
      argument.name === undefined
        ? []
        : [[argument.name, { node: argument.value, env: value.env }] as const],
    );
    const first = args[0];
    const inner = first?.name === undefined && first && !first.isSplat ? first.value : undefined;
    return [...(inner ? namedItemsOf(module, inner, value.env) : []), ...named];
  }
  const pairs =
    found.type === 'dictionary'
      ? partsOf(found).map((pair) => [fieldOf(pair, 'key'), fieldOf(pair, 'value')] as const)
      : partsOf(found).map((pair) => {
          const [key, item] = pair.type === 'tuple' ? partsOf(pair) : [];
          return [key, item] as const;
        });
  return pairs.flatMap(([key, item]) => {
    const name = key && literalString(source, key);
    return name !== undefined && item ? [[name, { node: item, env: value.env }] as const] : [];
  });
}

function comprehended(module: Module, node: SyntaxNode, env: Environment): readonly Item[] {
  const [body, loop, ...more] = partsOf(node);
  const target = loop && fieldOf(loop, 'left');
  const iterated = loop && fieldOf(loop, 'right');
  if (!body || !target || !iterated) return [unknownItem];
  const rounds = more.length === 0 ? roundsOf(module, iterated, env) : undefined;
  if (!rounds) return [{ value: { node: body, env }, isOpen: true }];
  return rounds.map((round) => {
    const frame = new Map<string, Value>();
    bindTarget(module, target, round, frame);
    return { value: { node: body, env: withFrame(env, node, frame) }, isOpen: false };
  });
}

/** What a loop's target is in each round: `range(3)`, a display, `enumerate` and `zip` of those. */
export type Round = Value | readonly Round[];

/** What a loop over the expression runs through; undefined where that is not literal. */
export function roundsOf(
  module: Module,
  node: SyntaxNode,
  env: Environment,
): readonly Round[] | undefined {
  const value = follow(module, node, env);
  if (value === undefined || typeof value === 'number') return undefined;
  if (value.node.type !== 'call') return elementsOf(module, value.node, value.env);
  const { source } = module;
  const callee = fieldOf(value.node, 'function');
  const args = argumentsOf(source, value.node).map((argument) => argument.value);
  const name = callee ? textOf(source, callee) : '';
  if (name === 'range') {
    const bounds = args.map((argument) => integerOf(module, argument, value.env));
    return rangeOf(bounds);
  }
  if (name !== 'enumerate' && name !== 'zip') return undefined;
  const lists = args.map((argument) => roundsOf(module, argument, value.env));
  if (lists.length === 0 || (name === 'enumerate' && lists.length > 1)) return undefined;
  const known = lists.filter((list) => list !== undefined);
  if (known.length < lists.length) return undefined;
  const length = Math.min(...known.map((list) => list.length));
  return Array.from({ length }, (_, index) => {
    const row = known.map((list) => list[index]);
    return name === 'enumerate' ? [index, ...row] : row;
  });
}

function rangeOf(bounds: readonly (number | undefined)[]): readonly number[] | undefined {
  const [first, second, step = 1] = bounds;
  if (bounds.includes(undefined) || first === undefined || step === 0) return undefined;
  const [start, end] = second === undefined ? [0, first] : [first, second];
  const length = Math.max(0, Math.ceil((end - start) / step));
  if (length > maxRepeats) return undefined;
  return Array.from({ length }, (_, index) => start + index * step);
}

/** Gives the names of a loop's target their values in one round. */
export function bindTarget(
  module: Module,
  target: SyntaxNode,
  round: Round,
  frame: Map<string, Value>,
): void {
  if (target.type === 'identifier') {
    if (!isRow(round)) frame.set(textOf(module.source, target), round);
    return;
  }
  const parts = partsOf(target);
  const values = isRow(round)
    ? round
    : round !== undefined && typeof round !== 'number'
      ? elementsOf(module, round.node, round.env)
      : undefined;
  if (values?.length !== parts.length) return;
  parts.forEach((part, index) => bindTarget(module, part, values[index], frame));
}

function isRow(round: Round): round is readonly Round[] {
  return Array.isArray(round);
}

/** A local list that grows: `layers = []`, then `layers.append(…)` or `layers += […]`. */
function grownList(
  module: Module,
  identifier: SyntaxNode,
  env: Environment,
): readonly Item[] | undefined {
  const { source, names } = module;
  const name = textOf(source, identifier);
  const bindings = names.lookup(name, identifier);
  const start = bindings.find(({ kind }) => kind === 'assignment');
  const others = bindings.filter((binding) => binding !== start);
  if (!start?.value || others.some(({ node }) => node.type !== 'augmented_assignment')) {
    return undefined;
  }
  if (start.value.type !== 'list') return undefined;
  const items = [...itemsOf(module, start.value, env)];
  const scope = enclosing(start.node, 'function_definition', 'module');
  const block = enclosing(start.node, 'block', 'module');
  if (!scope) return undefined;
  for (const node of module.actionsIn(scope)) {
    const added = node.start > start.node.start ? addedTo(module, node, name, env) : undefined;
    if (!added) continue;
    // In a loop or a branch it is not known how often this runs.
    const isStraight = enclosing(node, 'block', 'module') === block;
    items.push(...added.map((item) => ({ ...item, isOpen: item.isOpen || !isStraight })));
  }
  return items;
}

function addedTo(
  module: Module,
  node: SyntaxNode,
  name: string,
  env: Environment,
): readonly Item[] | undefined {
  const { source } = module;
  if (node.type === 'augmented_assignment') {
    const [left, right] = [fieldOf(node, 'left'), fieldOf(node, 'right')];
    const isOurs = left && right && textOf(source, left) === name;
    return isOurs ? itemsOf(module, right, env) : undefined;
  }
  if (node.type !== 'call') return undefined;
  const callee = fieldOf(node, 'function');
  const method = callee && textOf(source, callee);
  const argument = argumentsOf(source, node)[0];
  if (!argument) return undefined;
  if (method === `${name}.append`) return [{ value: { node: argument.value, env }, isOpen: false }];
  return method === `${name}.extend` ? itemsOf(module, argument.value, env) : undefined;
}
