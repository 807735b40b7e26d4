import { remembered } from './remember';
import type { Source, SyntaxNode } from './source';

export function textOf(source: Source, node: SyntaxNode): string {
  return source.text.slice(node.start, node.end);
}

/** The child that has a role in its parent: the `function` of a call, the `body` of a class. */
export function fieldOf(node: SyntaxNode, field: string): SyntaxNode | undefined {
  return node.children.find((child) => child.field === field);
}

/** Children that carry meaning: neither punctuation nor comments. */
export function partsOf(node: SyntaxNode): readonly SyntaxNode[] {
  return node.children.filter((child) => child.isNamed && child.type !== 'comment');
}

/** The node and everything in it, in the order of the text. */
export function nodesIn(root: SyntaxNode): readonly SyntaxNode[] {
  return root.parent ? walk(root) : nodesOfFile(root);
}

const nodesOfFile = remembered(walk);

/** Iterative: the depth is the file's choice. */
function walk(root: SyntaxNode): readonly SyntaxNode[] {
  const found: SyntaxNode[] = [];
  const waiting = [root];
  for (let node = waiting.pop(); node; node = waiting.pop()) {
    found.push(node);
    for (let i = node.children.length - 1; i >= 0; i--) {
      const child = node.children[i];
      if (child) waiting.push(child);
    }
  }
  return found;
}

/** The nearest node around this one of a given type. */
export function enclosing(node: SyntaxNode, ...types: string[]): SyntaxNode | undefined {
  let around = node.parent;
  while (around && !types.includes(around.type)) around = around.parent;
  return around;
}

/** The statement at module level that holds the node. */
export function topLevelStatement(node: SyntaxNode): SyntaxNode {
  let statement = node;
  while (statement.parent?.parent) statement = statement.parent;
  return statement;
}

/** Takes the parentheses off. */
export function unwrapped(node: SyntaxNode): SyntaxNode {
  let inner = node;
  while (inner.type === 'parenthesized_expression') {
    const content = partsOf(inner)[0];
    if (!content) break;
    inner = content;
  }
  return inner;
}

/** Calls in the order of the text. */
export function callsIn(root: SyntaxNode): readonly SyntaxNode[] {
  return root.parent ? calls(root) : callsOfFile(root);
}

const calls = (root: SyntaxNode): readonly SyntaxNode[] =>
  nodesIn(root).filter((node) => node.type === 'call');
const callsOfFile = remembered(calls);

/** The calls of a file whose callee is written as `name`. */
export function callsWritten(source: Source, name: string): readonly SyntaxNode[] {
  return callsByName(source).get(name) ?? [];
}

const callsByName = remembered((source: Source): ReadonlyMap<string, readonly SyntaxNode[]> => {
  const byName = new Map<string, SyntaxNode[]>();
  for (const call of callsIn(source.root)) {
    const callee = fieldOf(call, 'function');
    if (!callee) continue;
    const name = textOf(source, callee);
    const same = byName.get(name);
    if (same) same.push(call);
    else byName.set(name, [call]);
  }
  return byName;
});

export interface Argument {
  /** The whole argument: `lr=1e-3`, `*rest`, `x`. */
  readonly node: SyntaxNode;
  readonly name: string | undefined;
  readonly value: SyntaxNode;
  /** `*rest` or `**rest`. */
  readonly isSplat: boolean;
}

/** Arguments of a call. A bare generator is its one argument. */
export function argumentsOf(source: Source, call: SyntaxNode): readonly Argument[] {
  const list = fieldOf(call, 'arguments');
  if (!list) return [];
  if (list.type === 'generator_expression') {
    return [{ node: list, name: undefined, value: list, isSplat: false }];
  }
  return partsOf(list).map((node) => {
    const name = node.type === 'keyword_argument' ? fieldOf(node, 'name') : undefined;
    return {
      node,
      name: name && textOf(source, name),
      value: (name && fieldOf(node, 'value')) ?? node,
      isSplat: node.type === 'list_splat' || node.type === 'dictionary_splat',
    };
  });
}

/** The value of a parameter that is given by name, or else by position. */
export function argumentValue(
  args: readonly Argument[],
  name: string,
  position: number,
): SyntaxNode | undefined {
  const named = args.find((argument) => argument.name === name);
  if (named) return named.value;
  const positional = args.slice(0, position + 1);
  if (positional.some(({ isSplat, name: key }) => isSplat || key !== undefined)) return undefined;
  return positional[position]?.value;
}

/** Content of a plain string literal: no interpolation, no escapes, not bytes. */
export function literalString(source: Source, node: SyntaxNode): string | undefined {
  if (node.type === 'concatenated_string') {
    const pieces = partsOf(node).map((piece) => literalString(source, piece));
    return pieces.every((piece) => piece !== undefined) ? pieces.join('') : undefined;
  }
  if (node.type !== 'string') return undefined;
  const [start, ...rest] = node.children;
  if (!start || /[bB]/.test(textOf(source, start))) return undefined;
  const content = rest.filter(({ type }) => type !== 'string_end');
  const isPlain = content.every(
    ({ type, children }) =>
      type === 'string_content' && children.every((child) => child.type !== 'escape_sequence'),
  );
  return isPlain ? content.map((part) => textOf(source, part)).join('') : undefined;
}
