import type { Source, SyntaxNode } from '../source';
import { argumentsOf, fieldOf } from '../syntax';
import type { Argument } from '../syntax';
import type { TextEdit } from '../textEdit';
import { filled } from './filled';
import { insertFirstItem, insertItemAfter, removeItem } from './listItem';

/** Adds `name=value` as the last argument of a call, in the style that the call has. `keyword` may have stops: `p=${1:0.5}`. */
export function addKeyword(
  source: Source,
  call: SyntaxNode,
  keyword: string,
  label: string,
): readonly TextEdit[] {
  const list = fieldOf(call, 'arguments');
  const close = list?.children.at(-1);
  if (!list || close?.type !== ')') return [];
  if (list.type === 'generator_expression') {
    // f(x for x in y) takes no second argument before the generator has parentheses of its own.
    const at = list.start + 1;
    return [
      { start: at, end: at, newText: '(', label },
      { start: close.start, end: close.start, ...filled(`), ${keyword}`), label },
    ];
  }
  const last = argumentsOf(source, call).at(-1);
  if (!last) return insertFirstItem(list, keyword, label);
  return insertItemAfter(source, last.node, keyword, label);
}

/** Takes one argument out, with its comma; the reverse of addKeyword. */
export function removeArgument(
  source: Source,
  call: SyntaxNode,
  argument: Argument,
  label: string,
): readonly TextEdit[] {
  const args = argumentsOf(source, call);
  const [generator, last, ...more] = args;
  if (!generator || !args.some(({ node }) => node === argument.node)) return [];
  const { node } = generator;
  const isLast = last?.node === argument.node && more.length === 0;
  if (node.type === 'generator_expression' && isLast) {
    // Its parentheses become those of the call again.
    return [
      { start: node.start, end: node.start + 1, newText: '', label },
      { start: node.end - 1, end: argument.node.end, newText: '', label },
    ];
  }
  return removeItem(source, argument.node, label);
}
