import type { Source, SyntaxNode } from '../source';
import { argumentsOf, fieldOf } from '../syntax';
import type { Argument } from '../syntax';
import type { TextEdit } from '../textEdit';
import { indentAt, lineBreakOf, lineEnd, lineStart } from './layout';

/**
 * Adds `name=value` as the last argument of a call, in the style that the call has: on the same line or on a line of its
 * own, with or without a trailing comma, the comma before a comment.
 */
export function addKeyword(
  source: Source,
  call: SyntaxNode,
  keyword: string,
  label: string,
): readonly TextEdit[] {
  const { text } = source;
  const list = fieldOf(call, 'arguments');
  const args = argumentsOf(source, call);
  const close = list?.children.at(-1);
  if (!list || close?.type !== ')') return [];
  const insert = (at: number, newText: string): TextEdit => ({
    start: at,
    end: at,
    newText,
    label,
  });

  if (list.type === 'generator_expression') {
    // f(x for x in y) takes no second argument before the generator has parentheses of its own.
    return [insert(list.start + 1, '('), insert(close.start, `), ${keyword}`)];
  }
  const last = args.at(-1);
  if (!last) return [insert(list.start + 1, keyword)];

  const comma = list.children.find((child) => child.type === ',' && child.start >= last.node.end);
  const end = comma?.end ?? last.node.end;
  const closesOnOwnLine = text.slice(end, close.start).includes('\n');
  const startsOwnLine = text.slice(lineStart(text, last.node.start), last.node.start).trim() === '';
  if (closesOnOwnLine && startsOwnLine) {
    const indent = indentAt(text, last.node.start);
    const line = `${lineBreakOf(text)}${indent}${keyword}${comma ? ',' : ''}`;
    const afterComment = lineEnd(text, end);
    if (comma) return [insert(afterComment, line)];
    if (afterComment === end) return [insert(end, `,${line}`)];
    return [insert(end, ','), insert(afterComment, line)];
  }
  if (comma) return [insert(end, ` ${keyword}${closesOnOwnLine ? ',' : ''}`)];
  return [insert(end, `, ${keyword}`)];
}

/** Takes one argument out, with its comma; the reverse of addKeyword. */
export function removeArgument(
  source: Source,
  call: SyntaxNode,
  argument: Argument,
  label: string,
): readonly TextEdit[] {
  const { text } = source;
  const list = fieldOf(call, 'arguments');
  const args = argumentsOf(source, call);
  const index = args.findIndex(({ node }) => node === argument.node);
  if (!list || index === -1) return [];
  const { start, end } = argument.node;
  const comma = list.children.find((child) => child.type === ',' && child.start >= end);
  const next = args[index + 1];
  const previous = args[index - 1];
  const cut = (from: number, to: number): readonly TextEdit[] => [
    { start: from, end: to, newText: '', label },
  ];

  const from = lineStart(text, start);
  const to = lineEnd(text, comma?.end ?? end);
  const ownLine = text.slice(from, start) + text.slice(comma?.end ?? end, to);
  if (comma && ownLine.trim() === '' && to < text.length) {
    return cut(from, text.indexOf('\n', to) + 1);
  }
  const isPlain = (a: number, b: number): boolean => !/[#\\]/.test(text.slice(a, b));
  if (previous && isPlain(previous.node.end, start)) return cut(previous.node.end, end);
  if (next && isPlain(end, next.node.start)) return cut(start, next.node.start);
  return [];
}
