import { indentAt, lineBreakOf, lineEnd, lineStart } from '../../edits/layout';
import type { Source, SyntaxNode } from '../../source';
import { partsOf } from '../../syntax';
import type { TextEdit, TextRange } from '../../textEdit';
import { styleOf } from './style';

/** Text to insert, with what a user may want to change in it. */
export interface Insertion {
  readonly newText: string;
  readonly stops?: readonly TextRange[];
}

/** The insertion with text around it; its stops move along. */
export function around(before: string, { newText, stops }: Insertion, after: string): Insertion {
  return {
    newText: before + newText + after,
    ...(stops && {
      stops: stops.map(({ start, end }) => ({
        start: start + before.length,
        end: end + before.length,
      })),
    }),
  };
}

/**
 * Adds an item after the last one of an object, array or argument list, in the style that it has: on the same line or on one
 * of its own, with or without a trailing comma, the comma before a comment.
 */
export function appendItem(
  source: Source,
  list: SyntaxNode,
  item: Insertion,
  label: string,
): readonly TextEdit[] {
  const last = partsOf(list).at(-1);
  const close = list.children.at(-1);
  if (!close || !/^[\])}]$/.test(close.type)) return [];
  if (last) return insertItemAfter(source, last, item, label);
  const pad = close.type === '}' ? styleOf(source).pad : '';
  const open = list.start + 1;
  const isEmpty = source.text.slice(open, close.start).trim() === '';
  // Whatever stands there besides items is a comment, which stays where it is.
  const end = isEmpty ? close.start : open;
  return [{ start: open, end, ...around(pad, item, pad), label }];
}

/** Adds an item of an object, array or argument list after another. */
export function insertItemAfter(
  source: Source,
  item: SyntaxNode,
  added: Insertion,
  label: string,
): readonly TextEdit[] {
  const { text } = source;
  const list = item.parent;
  const close = list?.children.at(-1);
  if (!list || !close) return [];
  const comma = list.children.find(({ type, start }) => type === ',' && start >= item.end);
  const next = partsOf(list).find(({ start }) => start >= item.end);
  const from = comma?.end ?? item.end;
  const insert = (at: number, insertion: Insertion): TextEdit => ({
    start: at,
    end: at,
    ...insertion,
    label,
  });

  const startsOwnLine = text.slice(lineStart(text, item.start), item.start).trim() === '';
  const endsOwnLine = text.slice(from, (next ?? close).start).includes('\n');
  if (startsOwnLine && endsOwnLine) {
    const line = around(lineBreakOf(text) + indentAt(text, item.start), added, comma ? ',' : '');
    const afterComment = lineEnd(text, from);
    if (comma) return [insert(afterComment, line)];
    if (afterComment === from) return [insert(from, around(',', line, ''))];
    return [insert(from, { newText: ',' }), insert(afterComment, line)];
  }
  if (comma) return [insert(from, around(' ', added, ','))];
  return [insert(from, around(', ', added, ''))];
}

/** Takes an item out with its comma; the reverse of adding it. */
export function removeItem(
  source: Source,
  item: SyntaxNode,
  label: string,
): readonly TextEdit[] | undefined {
  const { text } = source;
  const list = item.parent;
  if (!list) return undefined;
  const items = partsOf(list);
  const index = items.indexOf(item);
  const comma = list.children.find(
    ({ type, start }) =>
      type === ',' && start >= item.end && start < (items[index + 1]?.start ?? list.end),
  );
  const previous = items[index - 1];
  const cut = (start: number, end: number): readonly TextEdit[] => [
    { start, end, newText: '', label },
  ];
  const hasComment = (start: number, end: number): boolean => /\/[/*]/.test(text.slice(start, end));

  const from = lineStart(text, item.start);
  const end = comma?.end ?? item.end;
  const to = lineEnd(text, end);
  const isOwnLine = text.slice(from, item.start).trim() === '' && text.slice(end, to).trim() === '';
  if (isOwnLine && comma && to < text.length) return cut(from, text.indexOf('\n', to) + 1);
  if (isOwnLine && previous) {
    const previousComma = list.children.find(
      ({ type, start }) => type === ',' && start >= previous.end,
    );
    const lineBreakAt = text.lastIndexOf('\n', item.start - 1);
    const upTo = text[lineBreakAt - 1] === '\r' ? lineBreakAt - 1 : lineBreakAt;
    if (!previousComma) return undefined;
    return [
      ...cut(previousComma.start, previousComma.end),
      ...cut(Math.max(previousComma.end, upTo), item.end),
    ];
  }
  if (previous && !hasComment(previous.end, item.start)) {
    // `a, b` and `a, b,` both keep what stands after the item.
    return cut(previous.end, item.end);
  }
  const next = items[index + 1];
  if (!previous && next && !hasComment(item.end, next.start)) return cut(item.start, next.start);
  const close = list.children.at(-1);
  if (!previous && !next && close && !hasComment(list.start + 1, close.start)) {
    return cut(list.start + 1, close.start);
  }
  return undefined;
}
