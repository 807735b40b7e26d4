import type { Item } from './rows';

/** Rows [start, end) that are drawn. */
export interface Span {
  readonly start: number;
  readonly end: number;
}

/** What is visible, and a few rows more on each side so that a fast scroll shows no gap. */
export function visibleSpan(options: {
  readonly scroll: number;
  readonly height: number;
  readonly rowHeight: number;
  readonly count: number;
  readonly margin: number;
}): Span {
  const { scroll, height, rowHeight, count, margin } = options;
  const first = Math.floor(Math.max(0, scroll) / rowHeight);
  const shown = Math.ceil(Math.max(0, height) / rowHeight) + 1;
  // A list that became shorter than the old scroll position shows its end.
  const start = Math.max(0, Math.min(first, count - shown) - margin);
  return { start, end: Math.min(count, Math.max(first, 0) + shown + margin) };
}

/** Scroll position that brings a row into view with the least movement. */
export function scrollToShow(
  index: number,
  box: { readonly scroll: number; readonly height: number; readonly rowHeight: number },
): number {
  const top = index * box.rowHeight;
  if (top < box.scroll) return top;
  const bottom = top + box.rowHeight;
  return bottom > box.scroll + box.height ? bottom - box.height : box.scroll;
}

export type Move =
  | { readonly kind: 'go'; readonly index: number }
  | { readonly kind: 'fold' | 'unfold'; readonly key: string }
  | { readonly kind: 'open'; readonly index: number };

/** What a key does on a row of the tree, as VS Code's trees do it. Undefined where the key means nothing. */
export function moveFor(
  key: string,
  items: readonly Item[],
  at: number,
  pageSize: number,
): Move | undefined {
  const last = items.length - 1;
  const item = items[at];
  if (!item) return undefined;
  const go = (index: number): Move => ({ kind: 'go', index: Math.max(0, Math.min(last, index)) });
  switch (key) {
    case 'ArrowDown':
      return go(at + 1);
    case 'ArrowUp':
      return go(at - 1);
    case 'PageDown':
      return go(at + pageSize);
    case 'PageUp':
      return go(at - pageSize);
    case 'Home':
      return go(0);
    case 'End':
      return go(last);
    case 'ArrowRight':
      if (item.kind !== 'group') return undefined;
      return item.expanded ? go(at + 1) : { kind: 'unfold', key: item.key };
    case 'ArrowLeft':
      if (item.kind === 'group' && item.expanded) return { kind: 'fold', key: item.key };
      return go(parentOf(items, at));
    case 'Enter':
    case ' ':
      if (item.kind === 'layer') return { kind: 'open', index: at };
      return { kind: item.expanded ? 'fold' : 'unfold', key: item.key };
    default:
      return undefined;
  }
}

function parentOf(items: readonly Item[], at: number): number {
  const level = items[at]?.level ?? 1;
  for (let index = at - 1; index >= 0; index--) {
    if ((items[index]?.level ?? level) < level) return index;
  }
  return at;
}

/**
 * The next row whose label starts with what was typed. One letter again and again goes through the rows that start with it;
 * longer text may stay where it is.
 */
export function typeAhead(
  items: readonly { readonly label: string }[],
  at: number,
  typed: string,
): number | undefined {
  const letters = new Set(typed.toLowerCase());
  const text = letters.size === 1 ? typed.slice(0, 1).toLowerCase() : typed.toLowerCase();
  const first = text.length === 1 ? at + 1 : at;
  for (let step = 0; step < items.length; step++) {
    const index = (first + step + items.length) % items.length;
    if (items[index]?.label.toLowerCase().startsWith(text)) return index;
  }
  return undefined;
}

/** The layer before or after this one in the order of the table. */
export function neighbour(items: readonly Item[], layer: number, step: 1 | -1): number | undefined {
  const layers = items.filter((item) => item.kind === 'layer');
  const at = layers.findIndex((item) => item.row.index === layer);
  return at < 0 ? layers[0]?.row.index : layers[at + step]?.row.index;
}
