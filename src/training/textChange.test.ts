import { describe, expect, it } from 'vitest';

import { changeBetween, pointAt } from './textChange';

describe('the stretch in which two texts differ', () => {
  it.each<[before: string, after: string, start: number, oldEnd: number, newEnd: number]>([
    ['', 'a', 0, 0, 1],
    ['a', '', 0, 1, 0],
    ['abc', 'abxc', 2, 2, 3],
    ['abxc', 'abc', 2, 3, 2],
    ['aaa', 'aaaa', 3, 3, 4],
    ['aaaa', 'aaa', 3, 4, 3],
    ['one', 'two', 0, 3, 3],
    ['a\r\nb', 'a\nb', 1, 2, 1],
    // The two share their first or their second half.
    ['a😀b', 'a😁b', 1, 3, 3],
    ['a😀b', 'a🈀b', 1, 3, 3],
    ['😀', '😀😀', 2, 2, 4],
  ])('%j → %j', (before, after, start, oldEnd, newEnd) => {
    expect(changeBetween(before, after)).toEqual({ start, oldEnd, newEnd });
    expect(before.slice(0, start) + after.slice(start, newEnd) + before.slice(oldEnd)).toBe(after);
  });

  it('is none between equal texts', () => {
    expect(changeBetween('a', 'a')).toBeUndefined();
  });
});

describe('line and column', () => {
  it.each<[text: string, offset: number, row: number, column: number]>([
    ['', 0, 0, 0],
    ['ab', 2, 0, 2],
    ['a\nb', 1, 0, 1],
    ['a\nb', 2, 1, 0],
    ['a\r\n\nb', 4, 2, 0],
    ['a\n', 2, 1, 0],
  ])('%j at %i', (text, offset, row, column) => {
    expect(pointAt(text, offset)).toEqual({ row, column });
  });
});
