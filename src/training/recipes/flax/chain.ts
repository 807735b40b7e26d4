import { filled } from '../../edits/filled';
import { insertItemAfter, insertItemBefore, removeItem } from '../../edits/listItem';
import { originOf } from '../../flax/optimizers';
import type { OptaxOptimizer } from '../../flax/optimizers';
import type { Module } from '../../module';
import type { SyntaxNode } from '../../source';
import { argumentsOf, fieldOf } from '../../syntax';
import type { TextEdit } from '../../textEdit';

/** Where a transformation goes: before everything else, directly before the optimizer, or after everything else. */
export type ChainPosition = 'first' | 'before' | 'last';

/**
 * Puts a transformation into the chain of an optimizer, or makes a chain of the two. `optax` is how the file writes it.
 * Undefined where the elements of the chain are not all known.
 */
export function addToChain(
  { source }: Module,
  { call, chain }: Pick<OptaxOptimizer, 'call' | 'chain'>,
  change: {
    readonly position: ChainPosition;
    readonly pattern: string;
    readonly optax: string;
    readonly label: string;
  },
): readonly TextEdit[] | undefined {
  const { position, pattern, optax, label } = change;
  if (chain) {
    if (chain.items.some(({ type }) => type.endsWith('_splat'))) return undefined;
    const [first, last] = [chain.items[0], chain.items.at(-1)];
    if (!first || !last) return undefined;
    if (position === 'last') return insertItemAfter(source, last, pattern, label);
    const target = position === 'first' ? first : call;
    // Behind a bracket that other elements share a line with, a line of its own would split that line.
    return insertItemBefore(source, target, pattern, label);
  }
  const { start, end } = call;
  if (position === 'last') {
    return [
      { start, end: start, newText: `${optax}.chain(`, label },
      { start: end, end, ...filled(`, ${pattern})`), label },
    ];
  }
  return [
    { start, end: start, ...filled(`${optax}.chain(${pattern}, `), label },
    { start: end, end, newText: ')', label },
  ];
}

/**
 * Takes a transformation out of its chain, and the chain off what is left where it was made for the two. Empty where
 * comments stand in between.
 */
export function removeFromChain(
  module: Module,
  item: SyntaxNode,
  label: string,
): readonly TextEdit[] | undefined {
  const { source } = module;
  const chain = item.parent?.parent;
  if (chain?.type !== 'call' || originOf(module, chain) !== 'optax.chain') return undefined;
  const items = argumentsOf(source, chain);
  const others = items.filter(({ node }) => node !== item);
  const [other] = others;
  const callee = fieldOf(chain, 'function');
  const isOneLine = !/[\r\n#]/.test(gaps(source.text, chain, items));
  if (other && others.length === 1 && callee && isOneLine && !other.isSplat && !other.name) {
    const { start, end } = other.node;
    return [
      { start: chain.start, end: start, newText: '', label },
      { start: end, end: chain.end, newText: '', label },
    ];
  }
  const edits = removeItem(source, item, label);
  return edits.length > 0 ? edits : undefined;
}

/** What stands between the elements, and between them and the brackets. */
function gaps(
  text: string,
  chain: SyntaxNode,
  items: readonly { readonly node: SyntaxNode }[],
): string {
  let result = '';
  let position = chain.start;
  for (const { node } of items) {
    result += text.slice(position, node.start);
    position = node.end;
  }
  return result + text.slice(position, chain.end);
}

/** A named or positional argument of a transformation as it stands: `optax.clip_by_global_norm(1.0)` → `1.0`. */
export function firstArgument({ source }: Module, call: SyntaxNode): SyntaxNode | undefined {
  const [first] = argumentsOf(source, call);
  return first?.isSplat === false ? first.value : undefined;
}
