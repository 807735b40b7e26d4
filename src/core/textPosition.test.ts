import { describe, expect, it } from 'vitest';

import { positionAt } from './textPosition';

describe('positionAt', () => {
  it.each<[string, number, number, number]>([
    ['', 0, 0, 0],
    ['ab', 2, 0, 2],
    ['ab\ncd', 2, 0, 2],
    ['ab\ncd', 3, 1, 0],
    ['ab\r\ncd', 5, 1, 1],
    ['\n\n\n', 2, 2, 0],
    ['\n\n\n', 3, 3, 0],
    ['a😀\n😀b', 6, 1, 2],
  ])('%j at %d: line %d, column %d', (text, offset, line, column) => {
    expect(positionAt(text, offset)).toEqual({ line, column });
  });
});
