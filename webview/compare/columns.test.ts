import { describe, expect, it } from 'vitest';

import type { LayerMatch, WeightChange } from '../../src/core/comparison';
import { bothValues, pairCellText } from './cells';
import {
  barOf,
  deltaText,
  formatCosine,
  formatPoints,
  formatSigned,
  matchText,
  metricDelta,
  pairColumns,
  pairName,
  pairScale,
  pairSortValue,
  relativeChange,
  type PairColumn,
} from './columns';
import { pair, pendingPair, weightChange } from './testing';

const column = (id: string): PairColumn => {
  const found = pairColumns.find((one) => one.id === id);
  if (!found) throw new Error(`no column ${id}`);
  return found;
};

describe('numbers as text', () => {
  it.each([
    [0.5, '+0.5'],
    [-0.5, '−0.5'],
    [0, '0'],
    [-0, '0'],
    [12345.6, '+12\u202f346'],
  ])('formatSigned %d', (value, text) => {
    expect(formatSigned(value)).toBe(text);
  });

  it.each([
    [0.123, '+12.3 pp'],
    [-0.5, '−50 pp'],
    [0, '0 pp'],
  ])('formatPoints %d', (value, text) => {
    expect(formatPoints(value)).toBe(text);
  });

  it.each([
    [1, '1'],
    [0.99999, '1 − 1e−5'],
    [0.99, '0.99'],
    [-1, '−1'],
  ])('formatCosine %d', (value, text) => {
    expect(formatCosine(value)).toBe(text);
  });

  it.each([
    [0.1, 'fraction', '+10 pp'],
    [-2, 'weight', '−2'],
    [0, 'weight', ''],
    [1, 'flag', ''],
    [undefined, 'weight', ''],
  ] as const)('deltaText %s of a %s', (delta, unit, text) => {
    expect(deltaText(delta, unit)).toBe(text);
  });
});

describe('how layers were matched', () => {
  it.each<[LayerMatch, string]>([
    [{ by: 'name', confidence: 1 }, ''],
    [{ by: 'name', confidence: 1, isTransposed: true }, 'transposed'],
    [{ by: 'name', confidence: 0.8 }, 'name, 80 %'],
    [{ by: 'weights', confidence: 0.985 }, 'weights, 98.5 %'],
    [
      { by: 'shape-and-order', confidence: 0.5, isTransposed: true },
      'shape and order, 50 %, transposed',
    ],
  ])('%j', (match, text) => {
    expect(matchText(match)).toBe(text);
  });

  it('names both layers where they differ', () => {
    const one = pair(0, 'fc1');
    expect(pairName(one)).toBe('fc1');
    expect(pairName({ ...one, a: { ...one.a, name: 'head' } })).toBe('head → fc1');
  });
});

describe('relativeChange', () => {
  it.each([
    ['as it was measured', weightChange({ relative: 0.25 }), 0.25],
    ['0 where zeros stayed zeros', withoutRelative(weightChange()), 0],
    ['∞ where it was zero', withoutRelative(weightChange({ changedCount: 3 })), Infinity],
    ['∞ where NaN has come', weightChange({ relative: 0.1, nonFinite: { a: 0, b: 1 } }), Infinity],
    [
      'a number where NaN was there before',
      weightChange({ relative: 0.1, nonFinite: { a: 1, b: 1 } }),
      0.1,
    ],
  ])('%s', (_name, change, value) => {
    expect(relativeChange(pair(0, 'fc', { change }))).toBe(value);
  });

  it('is not there before the weights are compared', () => {
    expect(relativeChange(pendingPair(0, 'fc'))).toBeUndefined();
  });
});

describe('cells', () => {
  const text = (id: string, row = pair(0, 'fc'), running = false): unknown =>
    pairCellText(row, column(id), running);

  it('shows what is there', () => {
    const row = pair(0, 'fc', {
      change: weightChange({ relative: 0.3, cosine: 0.9, newZeros: 12_000, changedCount: 9 }),
      metrics: { l2: { a: 3, b: 2 }, 'zero.frac': { a: 0.1, b: 0.4 } },
    });
    expect(
      ['change.relative', 'change.cosine', 'change.newZeros', 'delta.norm', 'delta.zeros'].map(
        (id) => pairCellText(row, column(id), false).text,
      ),
    ).toEqual(['0.3', '0.9', '12\u202f000', '−1', '+30 pp']);
    expect(bothValues(row, 'l2', String)).toBe('3 → 2');
    expect(bothValues(row, 'sigma1', String)).toBeUndefined();
  });

  it('says why a number is missing, or that it will come', () => {
    const pending = pendingPair(0, 'fc');
    expect(text('change.relative', pending, true)).toEqual({ kind: 'pending', text: '…' });
    expect(text('change.relative', pending)).toMatchObject({ kind: 'missing', reason: /stopped/ });
    const reason = 'left out: about 90 s';
    const large = pair(0, 'fc', {
      change: weightChange({ changedCount: 1 }),
      missing: [{ part: 'spectrum', reason }],
    });
    expect(text('change.rank', large)).toMatchObject({ reason });
    expect(text('change.rank')).toMatchObject({ kind: 'value', text: '0' });
    const oneSided = pair(0, 'fc', { metrics: { sigma1: { a: 1 } } });
    expect(text('delta.sigma1', oneSided)).toMatchObject({ reason: 'B has no such number' });
    expect(text('delta.sigma1')).toMatchObject({ reason: 'Neither has such a number' });
    expect(text('delta.sigma1', oneSided, true)).toMatchObject({ kind: 'pending' });
  });

  it('reads metrics by their own names only', () => {
    expect(metricDelta(pair(0, 'fc'), 'constructor')).toBeUndefined();
    expect(pairSortValue(pair(0, 'fc'), 'toString')).toBeUndefined();
  });
});

describe('bars', () => {
  const norms = [3, -1].map((delta, index) =>
    pair(index, `fc${index}`, { metrics: { l2: { a: 5, b: 5 + delta } } }),
  );

  it('share one scale down the column, signed ones from the middle', () => {
    const scale = pairScale(column('delta.norm'), norms);
    expect(scale).toEqual({ kind: 'linear', low: -3, high: 3 });
    if (!scale) return;
    expect(barOf(scale, 3)).toEqual({ start: 0.5, length: 0.5 });
    const less = barOf(scale, -1.5);
    expect(less.start).toBeCloseTo(0.25, 12);
    expect(less.length).toBeCloseTo(0.25, 12);
  });

  it('are full for the infinite, which does not stretch the scale', () => {
    const rows = [0.5, Infinity].map((relative, index) =>
      pair(index, 'fc', { change: weightChange({ relative }) }),
    );
    const scale = pairScale(column('change.relative'), rows);
    expect(scale).toEqual({ kind: 'linear', low: 0, high: 0.5 });
    if (scale) expect(barOf(scale, Infinity)).toEqual({ start: 0, length: 1 });
  });

  it('are not there for words', () => {
    expect(pairScale(column('match'), norms)).toBeUndefined();
  });
});

function withoutRelative(change: WeightChange): WeightChange {
  const copy = { ...change };
  Reflect.deleteProperty(copy, 'relative');
  return copy;
}
