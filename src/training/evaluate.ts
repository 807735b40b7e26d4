import type { Module } from './module';
import type { SyntaxNode } from './source';
import type { Binding } from './scopes';
import { argumentsOf, fieldOf, partsOf, textOf, unwrapped } from './syntax';

/** Nested calls, names and containers that are followed before a value counts as unknown. */
const maxDepth = 48;

/** An expression and the arguments under which it is read; or a number; undefined where nothing is known. */
export type Value = Thunk | number | undefined;

/** An expression and the arguments under which it is read. */
export interface Thunk {
  readonly node: SyntaxNode;
  readonly env: Environment;
}

/** What the names of functions and comprehensions stand for in one call, by the node that binds them. */
export interface Environment {
  readonly frames: ReadonlyMap<SyntaxNode, ReadonlyMap<string, Value>>;
  readonly depth: number;
}

export const emptyEnvironment: Environment = { frames: new Map(), depth: 0 };

/** One step further in, with what the names of a function or comprehension stand for. */
export function withFrame(
  env: Environment,
  scope: SyntaxNode,
  frame: ReadonlyMap<string, Value>,
): Environment {
  return { frames: new Map(env.frames).set(scope, frame), depth: env.depth + 1 };
}

/** Whether so much has been followed that a value counts as unknown. */
export function isTooDeep({ depth }: Environment): boolean {
  return depth > maxDepth;
}

/** Follows names to the expression or number that they stand for, where that is plain. */
export function follow(module: Module, node: SyntaxNode, env: Environment): Value {
  if (!module.spend()) return undefined;
  let thunk: Thunk = { node: unwrapped(node), env };
  for (let step = 0; step < maxDepth; step++) {
    const { node: named } = thunk;
    if (named.type !== 'identifier' && named.type !== 'attribute') return thunk;
    const next =
      named.type === 'identifier'
        ? valueOfName(module, named, thunk.env)
        : valueOfAttribute(module, named, thunk.env);
    if (next === 'itself') return thunk;
    if (next === undefined || typeof next === 'number') return next;
    thunk = { node: unwrapped(next.node), env: next.env };
  }
  return undefined;
}

function valueOfName(
  { source, names }: Module,
  identifier: SyntaxNode,
  env: Environment,
): Value | 'itself' {
  const name = textOf(source, identifier);
  const [binding, ...others] = names.lookup(name, identifier);
  if (!binding || others.length > 0) return 'itself';
  if (binding.kind !== 'assignment' && binding.kind !== 'parameter' && binding.kind !== 'other') {
    return 'itself';
  }
  if (binding.kind === 'assignment') return binding.value && { node: binding.value, env };
  const scope = bindingScope(binding);
  return scope && env.frames.get(scope)?.get(name);
}

/** `self.hidden`, where the class sets it once. */
function valueOfAttribute(
  { source, attributes }: Module,
  node: SyntaxNode,
  env: Environment,
): Value | 'itself' {
  const owner = attributes.ownerOf(node);
  if (!owner) return 'itself';
  const name = fieldOf(node, 'attribute');
  const [value, ...others] = (name && owner.get(textOf(source, name))) ?? [];
  if (!value) return 'itself'; // A method, or set elsewhere.
  return others.length === 0 ? { node: value, env } : undefined;
}

function bindingScope({ kind, node }: Binding): SyntaxNode | undefined {
  if (kind === 'parameter') return node.parent?.parent;
  if (node.type === 'for_statement') return node;
  return node.type === 'for_in_clause' ? node.parent : undefined;
}

/** An integer that the code says literally: `64`, `HIDDEN`, `16 * 4 * 4`. */
export function integerOf(module: Module, node: SyntaxNode, env: Environment): number | undefined {
  const value = calculate(module, node, env, 0);
  return value !== undefined && Number.isSafeInteger(value) ? value : undefined;
}

function calculate(
  module: Module,
  node: SyntaxNode,
  env: Environment,
  depth: number,
): number | undefined {
  if (depth > maxDepth) return undefined;
  const value = follow(module, node, env);
  if (value === undefined || typeof value === 'number') return value;
  const { node: found } = value;
  const part = (field: string): number | undefined => {
    const operand = fieldOf(found, field);
    return operand && calculate(module, operand, value.env, depth + 1);
  };
  switch (found.type) {
    case 'integer':
      return Number(textOf(module.source, found).replaceAll('_', ''));
    case 'unary_operator': {
      const operand = part('argument');
      const isMinus = found.children[0]?.type === '-';
      return isMinus && operand !== undefined ? -operand : undefined;
    }
    case 'binary_operator':
      return operate(fieldOf(found, 'operator')?.type, part('left'), part('right'));
    case 'call': {
      const [argument, ...others] = argumentsOf(module.source, found);
      const callee = fieldOf(found, 'function');
      const isInt = callee && textOf(module.source, callee) === 'int' && others.length === 0;
      const inner = isInt && argument && calculate(module, argument.value, value.env, depth + 1);
      return inner ? Math.trunc(inner) : undefined;
    }
    default:
      return undefined;
  }
}

function operate(
  operator: string | undefined,
  left: number | undefined,
  right: number | undefined,
): number | undefined {
  if (left === undefined || right === undefined) return undefined;
  switch (operator) {
    case '+':
      return left + right;
    case '-':
      return left - right;
    case '*':
      return left * right;
    case '/':
      return right === 0 ? undefined : left / right;
    case '//':
      return right === 0 ? undefined : Math.floor(left / right);
    case '%':
      return right > 0 && left >= 0 ? left % right : undefined;
    case '**':
      return left ** right;
    default:
      return undefined;
  }
}

/** The elements of a list or tuple display, each with its meaning; undefined for anything else. */
export function elementsOf(
  module: Module,
  node: SyntaxNode,
  env: Environment,
): readonly Value[] | undefined {
  const value = follow(module, node, env);
  if (value === undefined || typeof value === 'number') return undefined;
  if (value.node.type !== 'list' && value.node.type !== 'tuple') return undefined;
  const parts = partsOf(value.node);
  return parts.some(({ type }) => type === 'list_splat')
    ? undefined
    : parts.map((part) => ({ node: part, env: value.env }));
}

/** Values for the parameters of a function: arguments, else defaults, else unknown. */
export function bindArguments(
  { source }: Module,
  definition: SyntaxNode,
  call: Thunk,
  skipped: number,
): ReadonlyMap<string, Value> {
  const frame = new Map<string, Value>();
  const given = argumentsOf(source, call.node);
  const hasSplat = given.some(({ isSplat }) => isSplat);
  const positional = given.filter(({ name, isSplat }) => name === undefined && !isSplat);
  const parameters = partsOf(fieldOf(definition, 'parameters') ?? definition).slice(skipped);
  parameters.forEach((parameter, index) => {
    const name =
      parameter.type === 'identifier'
        ? parameter
        : (fieldOf(parameter, 'name') ?? partsOf(parameter)[0]);
    if (name?.type !== 'identifier') return;
    const key = textOf(source, name);
    const argument = given.find((candidate) => candidate.name === key) ?? positional[index];
    const fallback = fieldOf(parameter, 'value');
    if (argument) frame.set(key, { node: argument.value, env: call.env });
    else if (fallback && !hasSplat) frame.set(key, { node: fallback, env: emptyEnvironment });
  });
  return frame;
}
