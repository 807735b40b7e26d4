import { describe, expect, it } from 'vitest';

import { moveFor, neighbour, scrollToShow, typeAhead, visibleSpan } from './navigation';
import { arrange } from './rows';
import { layer } from './testing';

const rows = ['features.conv1', 'features.conv2', 'classifier.fc1', 'classifier.fc2'].map(
  (name, index) => layer(index, name),
);
const arranged = (folded: readonly string[] = []): ReturnType<typeof arrange> =>
  arrange(rows, {
    passes: () => true,
    sort: undefined,
    grouped: true,
    folded: new Set(folded),
    valueOf: () => undefined,
  });
// 0 ▾ features · 1 conv1 · 2 conv2 · 3 ▾ classifier · 4 fc1 · 5 fc2
const items = arranged();

describe('moveFor', () => {
  it.each([
    ['ArrowDown', 0, 1],
    ['ArrowDown', 5, 5],
    ['ArrowUp', 0, 0],
    ['PageDown', 1, 4],
    ['PageDown', 4, 5],
    ['PageUp', 4, 1],
    ['Home', 4, 0],
    ['End', 0, 5],
    ['ArrowRight', 0, 1],
    ['ArrowLeft', 2, 0],
    ['ArrowLeft', 5, 3],
  ])('%s on line %i goes to %i', (key, at, index) => {
    expect(moveFor(key, items, at, 3)).toEqual({ kind: 'go', index });
  });

  it.each([
    ['ArrowLeft', 'fold'],
    ['Enter', 'fold'],
    [' ', 'fold'],
  ])('%s folds an open group', (key, kind) => {
    expect(moveFor(key, items, 3, 3)).toEqual({ kind, key: 'group:classifier' });
  });

  it.each(['ArrowRight', 'Enter'])('%s unfolds a folded group', (key) => {
    const folded = arranged(['group:features']);
    expect(moveFor(key, folded, 0, 3)).toEqual({ kind: 'unfold', key: 'group:features' });
  });

  it('opens a layer with Enter, and does nothing for keys that mean nothing', () => {
    expect(moveFor('Enter', items, 4, 3)).toEqual({ kind: 'open', index: 4 });
    expect(moveFor('ArrowRight', items, 4, 3)).toBeUndefined();
    expect(moveFor('F5', items, 4, 3)).toBeUndefined();
    expect(moveFor('ArrowDown', [], 0, 3)).toBeUndefined();
  });
});

describe('typeAhead', () => {
  it.each([
    ['c', 0, 1],
    ['c', 1, 2],
    ['c', 2, 3],
    ['c', 3, 1],
    ['cc', 1, 2],
    ['fc2', 0, 5],
    ['conv2', 1, 2],
    ['CLA', 0, 3],
  ])('“%s” from line %i finds %i', (typed, at, found) => {
    expect(typeAhead(items, at, typed)).toBe(found);
  });

  it('finds nothing where nothing starts so', () => {
    expect(typeAhead(items, 0, 'x')).toBeUndefined();
    expect(typeAhead([], 0, 'x')).toBeUndefined();
  });
});

describe('visibleSpan', () => {
  const box = { height: 220, rowHeight: 22, count: 3000, margin: 5 };
  it.each([
    ['at the top', 0, { start: 0, end: 16 }],
    ['in the middle', 22 * 1000, { start: 995, end: 1016 }],
    ['between two rows', 22 * 1000 + 11, { start: 995, end: 1016 }],
    ['at the end', 22 * 2990, { start: 2984, end: 3000 }],
    ['beyond the end of a list that became shorter', 22 * 9000, { start: 2984, end: 3000 }],
    ['when pulled above the top', -50, { start: 0, end: 16 }],
  ])('%s', (_, scroll, span) => {
    expect(visibleSpan({ ...box, scroll })).toEqual(span);
  });

  it('draws nothing of an empty list and all of a short one', () => {
    expect(visibleSpan({ ...box, scroll: 0, count: 0 })).toEqual({ start: 0, end: 0 });
    expect(visibleSpan({ ...box, scroll: 0, count: 3 })).toEqual({ start: 0, end: 3 });
  });
});

it.each([
  ['above', 2, 44],
  ['below', 20, 21 * 22 - 220],
  ['inside', 8, 100],
])('scrollToShow: a row %s', (_, index, scroll) => {
  expect(scrollToShow(index, { scroll: 100, height: 220, rowHeight: 22 })).toBe(scroll);
});

it.each([
  [0, 1, 1],
  [1, 1, 2],
  [3, 1, undefined],
  [0, -1, undefined],
  [2, -1, 1],
] as const)('the neighbour of layer %i by %i is %s', (from, step, to) => {
  expect(neighbour(items, from, step)).toBe(to);
});

it('pages in the order of the table, not of the file', () => {
  const reversed = [...items].reverse();
  expect(neighbour(reversed, 3, 1)).toBe(2);
});
