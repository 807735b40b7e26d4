import { describe, expect, it } from 'vitest';

import type { CosineMap } from '../../src/protocol/layers';
import {
  cellOf,
  cosinesMatrix,
  cosinesSummary,
  cosinesTable,
  describeCell,
  filtersOf,
  placesOf,
} from './similarity';

const map: CosineMap = {
  size: 3,
  filterCount: 3,
  values: Float32Array.of(1, -0.5, 0.25, -0.5, 1, 0, 0.25, 0, 1),
  norms: Float32Array.of(1, 2, 3),
  order: [2, 0, 1],
};
const pooled = (filterCount: number, size: number): CosineMap => ({
  size,
  filterCount,
  values: new Float32Array(size * size),
  norms: new Float32Array(size),
  order: [],
});

describe('cells that stand for several filters', () => {
  it.each([
    [3, 3],
    [10, 4],
    [1000, 256],
    [257, 256],
  ])('%i filters in %i cells: every filter is in the range of its cell', (count, size) => {
    const blocks = pooled(count, size);
    for (let filter = 0; filter < count; filter++) {
      const [first = 0, last = first] = (/\d+.*/.exec(
        filtersOf(blocks, cellOf(blocks, filter)),
      ) ?? [''])[0]
        .split('–')
        .map(Number);
      expect(first <= filter && filter <= last, `filter ${filter}`).toBe(true);
    }
  });

  it('names one filter, or the first and the last', () => {
    expect(filtersOf(map, 1)).toBe('filter 1');
    expect(filtersOf(pooled(10, 4), 1)).toBe('filters 3–4');
  });
});

it('orders by similarity where the map has an order', () => {
  expect(placesOf(map, 'similarity')).toEqual([2, 0, 1]);
  expect(placesOf(map, 'natural')).toEqual([0, 1, 2]);
  expect(placesOf(pooled(4, 2), 'similarity')).toEqual([0, 1]);
});

it('says what a cell holds, and what the map holds', () => {
  expect(describeCell(map, 0, 1)).toBe('filter 0 and filter 1: cos −0.5, norms 1 and 2');
  expect(cosinesSummary(map)).toBe('3 filters: mean |cos| 0.25, strongest −0.5');
  expect(cosinesSummary(pooled(1, 1))).toContain('mean |cos| 0');
});

it('lists the strongest pairs first and copies the whole matrix', () => {
  expect(cosinesTable(map).rows.map(([i, j, cosine]) => [i, j, cosine])).toEqual([
    ['0', '1', -0.5],
    ['0', '2', 0.25],
    ['1', '2', 0],
  ]);
  expect(cosinesMatrix(map).rows[1]).toEqual(['filter 1', -0.5, 1, 0]);
});
