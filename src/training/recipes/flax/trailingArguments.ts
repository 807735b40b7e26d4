import type { Source, SyntaxNode } from '../../source';
import { argumentsOf } from '../../syntax';
import type { Argument } from '../../syntax';
import type { TextEdit } from '../../textEdit';

/**
 * Takes the arguments from `first` to the last one of a call out, where they were added together: the reverse of
 * addKeyword with several keywords. Undefined where comments are in between.
 */
export function removeTrailing(
  source: Source,
  call: SyntaxNode,
  first: Argument,
  label: string,
): readonly TextEdit[] | undefined {
  const { text } = source;
  const args = argumentsOf(source, call);
  const index = args.findIndex(({ node }) => node === first.node);
  const [previous, last] = [args[index - 1], args.at(-1)];
  if (!previous || !last) return undefined;
  const cut = (start: number, end: number): readonly TextEdit[] | undefined =>
    /#/.test(text.slice(previous.node.end, first.node.start))
      ? undefined
      : [{ start, end, newText: '', label }];
  const comma = /^\s*,/.exec(text.slice(last.node.end, call.end));
  if (!comma) return cut(previous.node.end, last.node.end);
  const end = last.node.end + comma[0].length;
  const lineStart = text.lastIndexOf('\n', first.node.start - 1) + 1;
  const lineBreak = text.indexOf('\n', end);
  const isOwnLine =
    text.slice(lineStart, first.node.start).trim() === '' &&
    lineBreak !== -1 &&
    text.slice(end, lineBreak).trim() === '';
  if (isOwnLine) return [{ start: lineStart, end: lineBreak + 1, newText: '', label }];
  const before = text.indexOf(',', previous.node.end);
  return before === -1 ? undefined : cut(before + 1, end);
}
