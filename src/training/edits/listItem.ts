import type { Source, SyntaxNode } from '../source';
import { partsOf } from '../syntax';
import type { TextEdit } from '../textEdit';
import { filled } from './filled';
import { indentAt, lineBreakOf, lineEnd, lineStart } from './layout';

/**
 * A new element after another one in a list, a tuple or the arguments of a call, in the style that these have: on the
 * same line or on one of its own, with or without a trailing comma, the comma before a comment. `pattern` may have stops.
 */
export function insertItemAfter(
  source: Source,
  item: SyntaxNode,
  pattern: string,
  label: string,
): readonly TextEdit[] {
  const { text } = source;
  const close = item.parent?.children.at(-1);
  if (!close) return [];
  const comma = commaAfter(item);
  const end = comma?.end ?? item.end;
  const afterComment = lineEnd(text, end);
  if (startsLine(text, item) && endsLine(text, end) && afterComment < close.start) {
    const line = `${lineBreakOf(text)}${indentAt(text, item.start)}${pattern}`;
    if (comma) return [insert(afterComment, `${line},`, label)];
    if (afterComment === end) return [insert(end, `,${line}`, label)];
    return [insert(end, ',', label), insert(afterComment, line, label)];
  }
  return [insert(end, comma ? ` ${pattern},` : `, ${pattern}`, label)];
}

/** A new element before another one: on a line of its own where the other has one. */
export function insertItemBefore(
  source: Source,
  item: SyntaxNode,
  pattern: string,
  label: string,
): readonly TextEdit[] {
  const { text } = source;
  const indent = indentAt(text, item.start);
  const isTight = text[item.start - 1] === ',';
  const separator = startsLine(text, item)
    ? `,${lineBreakOf(text)}${indent}`
    : isTight
      ? ','
      : ', ';
  return [insert(item.start, pattern + separator, label)];
}

/** The first element of an empty list, after its opening bracket. */
export function insertFirstItem(
  list: SyntaxNode,
  pattern: string,
  label: string,
): readonly TextEdit[] {
  const open = list.children[0];
  return open ? [insert(open.end, pattern, label)] : [];
}

/** Takes an element out with its comma; gives back the text from before it was inserted. Empty where comments are in between. */
export function removeItem(source: Source, item: SyntaxNode, label: string): readonly TextEdit[] {
  return removeItems(source, { first: item, last: item }, label);
}

/** Takes elements out that follow each other. */
export function removeItems(
  source: Source,
  { first, last }: { readonly first: SyntaxNode; readonly last: SyntaxNode },
  label: string,
): readonly TextEdit[] {
  const { text } = source;
  const list = first.parent;
  if (!list) return [];
  const items = partsOf(list);
  const previous = items[items.indexOf(first) - 1];
  const next = items[items.indexOf(last) + 1];
  const comma = commaAfter(last);
  const before = previous && commaAfter(previous);
  const end = comma?.end ?? last.end;

  if (startsLine(text, first) && endsLine(text, end) && lineEnd(text, end) < text.length) {
    const start = lineStart(text, first.start);
    if (comma || !before) return [cut(start, text.indexOf('\n', end) + 1, label)];
    // The last one, which has no comma: neither had the one before it.
    const endBefore = lineEnd(text, lineStart(text, start - 1));
    const line = cut(endBefore, lineEnd(text, end), label);
    return before.end === endBefore
      ? [cut(before.start, line.end, label)]
      : [cut(before.start, before.end, label), line];
  }
  const isPlain = (from: number, to: number): boolean => !/[#\\]/.test(text.slice(from, to));
  if (before) {
    const start = comma ? before.end : before.start;
    return isPlain(start, first.start) ? [cut(start, end, label)] : [];
  }
  const to = next?.start ?? end;
  return isPlain(last.end, to) ? [cut(first.start, to, label)] : [];
}

function insert(at: number, pattern: string, label: string): TextEdit {
  return { start: at, end: at, ...filled(pattern), label };
}

function cut(start: number, end: number, label: string): TextEdit {
  return { start, end, newText: '', label };
}

/** The comma that follows an element directly. */
function commaAfter(item: SyntaxNode): SyntaxNode | undefined {
  const siblings = item.parent?.children ?? [];
  const following = siblings.slice(siblings.indexOf(item) + 1);
  const next = following.find(({ type }) => type !== 'comment');
  return next?.type === ',' ? next : undefined;
}

function startsLine(text: string, { start }: SyntaxNode): boolean {
  return text.slice(lineStart(text, start), start).trim() === '';
}

/** Whether nothing but a comment follows on the line. */
function endsLine(text: string, end: number): boolean {
  return /^\s*(?:#.*)?$/.test(text.slice(end, lineEnd(text, end)));
}
