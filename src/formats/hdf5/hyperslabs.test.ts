import { describe, expect, it } from 'vitest';

import { hyperslabs } from './hyperslabs';

/** Row-major indices of the elements in a box. */
function elementsOf(shape: readonly number[], offset: readonly number[], count: readonly number[]) {
  let indices = [0];
  shape.forEach((size, axis) => {
    indices = indices.flatMap((index) =>
      Array.from({ length: count[axis]! }, (_, i) => index * size + offset[axis]! + i),
    );
  });
  return indices;
}

const upTo = (start: number, end: number): number[] =>
  Array.from({ length: end - start }, (_, i) => start + i);

describe('hyperslabs', () => {
  it.each<[shape: number[], maxElements: number]>([
    [[7], 3],
    [[5, 4], 1],
    [[5, 4], 4],
    [[5, 4], 100],
    [[1, 6, 5], 7],
    [[2, 3, 4], 5],
    [[3, 1, 2, 2], 4],
    [[], 8],
  ])('covers every range of %j in boxes of at most %d', (shape, maxElements) => {
    const total = shape.reduce((product, size) => product * size, 1);
    for (let start = 0; start <= total; start++) {
      for (let end = start; end <= total; end++) {
        const covered: number[] = [];
        for (const box of hyperslabs(shape, start, end, maxElements)) {
          expect(elementsOf(shape, box.offset, box.count)).toEqual(upTo(box.start, box.end));
          expect(box.end - box.start).toBeLessThanOrEqual(maxElements);
          covered.push(...upTo(Math.max(start, box.start), Math.min(end, box.end)));
        }
        expect(covered).toEqual(upTo(start, end));
      }
    }
  });
});
