import { describe, expect, it } from 'vitest';

import type { SeriesStart } from '../../src/protocol/seriesApi';
import { parseSeriesView } from './saved';
import {
  courseOf,
  followedLayer,
  initialSeriesState,
  initialSeriesView,
  pointIndex,
  scrubbedTo,
  type SeriesState,
} from './state';

const start: SeriesStart = {
  runId: 'r',
  name: 'run',
  folder: '/run',
  axis: 'epoch',
  catalogue: [],
  points: [1, 2, 5].map((x) => ({ name: `${x}.pt`, label: `epoch ${x}`, mark: { epoch: x }, x })),
  layers: ['a', 'b'],
  changes: [],
  progress: { done: 3, total: 3, isRunning: false, failed: [] },
};
const stateWith = (change: Partial<SeriesState['view']>): SeriesState => ({
  ...initialSeriesState({ ...initialSeriesView, ...change }),
  start,
  values: new Map([['l2', Float64Array.from([1, 2, 3, NaN, 5, 6])]]),
});

describe('the scrub bar', () => {
  it.each([
    ['follows the newest', undefined, 2],
    ['stays at its epoch', 2, 1],
    ['goes to the nearest of an epoch that is gone', 4.5, 2],
    ['goes to the first', -10, 0],
  ])('%s', (_, x, index) => {
    expect(pointIndex(stateWith({ x }))).toBe(index);
  });

  it.each([
    [0, 1],
    [1, 2],
    [2, undefined],
    [99, undefined],
    [-1, 1],
  ])('moved to %d stands at %s', (index, x) => {
    expect(scrubbedTo(stateWith({}), index).x).toBe(x);
  });

  it('stands nowhere without points', () => {
    expect(pointIndex(initialSeriesState(initialSeriesView))).toBe(-1);
  });
});

describe('courseOf', () => {
  it('has null for what is not there', () => {
    expect(courseOf(stateWith({}), 'l2', 1)).toEqual([null, 5, 6]);
  });

  it.each([
    ['of another metric', 'sigma1', start],
    ['of before the last point came', 'l2', { ...start, points: start.points.slice(1) }],
  ])('is empty %s', (_, metric, changed) => {
    expect(courseOf({ ...stateWith({}), start: changed }, metric, 0)).toEqual([]);
  });
});

describe('followedLayer', () => {
  it.each([
    ['a', 'a'],
    ['gone', undefined],
    [undefined, undefined],
  ])('%s: %s', (layer, expected) => {
    expect(followedLayer(stateWith({ layer }))).toBe(expected);
  });
});

describe('parseSeriesView', () => {
  it.each<[unknown, object]>([
    [null, initialSeriesView],
    ['x', initialSeriesView],
    [
      { layer: 'fc1', x: 3, tables: ['l2', 4] },
      { layer: 'fc1', x: 3, tables: ['l2'] },
    ],
    [{ layer: 7, x: 'a', tables: 'l2' }, initialSeriesView],
    [{ x: Infinity }, initialSeriesView],
  ])('%j', (saved, expected) => {
    expect(parseSeriesView(saved)).toEqual(expected);
  });
});
