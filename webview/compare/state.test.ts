import { describe, expect, it } from 'vitest';

import { itemsFor, pairDeriver } from './derive';
import { layerPasses, parsePairFilter } from './filter';
import { rowFor } from './keys';
import { drawnSpectrum, spectraSummary, spectraTable } from './points';
import { parseCompareView } from './saved';
import {
  initialCompareState,
  initialCompareView,
  nextPairSort,
  pairNamed,
  withOpen,
  withRows,
} from './state';
import { pair, weightChange } from './testing';

const rows = [
  pair(0, 'features.conv1', { change: weightChange({ relative: 0, cosine: 1 }) }),
  pair(1, 'classifier.fc1', {
    change: weightChange({ relative: 0.4, cosine: 0.9, newZeros: 7 }),
    metrics: { 'zero.frac': { a: 0, b: 0.5 }, hoyer: { a: 0.2, b: 0.6 } },
    match: { by: 'weights', confidence: 0.9 },
  }),
  pair(2, 'classifier.fc10', { state: 'pending', change: weightChange({ relative: 0.1 }) }),
];

describe('the filter', () => {
  it.each([
    ['', ['features.conv1', 'classifier.fc1', 'classifier.fc10']],
    ['fc1', ['classifier.fc1', 'classifier.fc10']],
    ['FC1 -fc10', ['classifier.fc1']],
    ['change>25%', ['classifier.fc1']],
    ['cosine<=0.9', ['classifier.fc1']],
    ['new-zeros>5', ['classifier.fc1']],
    ['zeros>0.4', ['classifier.fc1']],
    ['hoyer>0.3', ['classifier.fc1']],
    ['by:weights', ['classifier.fc1']],
    ['-', []],
  ])('“%s”', (text, expected) => {
    const { passes, unknown } = parsePairFilter(text, ['hoyer']);
    expect(rows.filter(passes).map(({ b }) => b.name)).toEqual(expected);
    expect(unknown).toEqual([]);
  });

  it.each(['nonsense', 'constructor', 'match'])('does not know a number “%s”', (name) => {
    const { passes, unknown } = parsePairFilter(`${name}>1`, []);
    expect(unknown).toEqual([name]);
    expect(rows.filter(passes)).toEqual([]);
  });

  it('finds layers without a partner by name', () => {
    expect(rows.map(({ a }) => layerPasses(a, 'classifier weight'))).toEqual([false, true, true]);
  });
});

describe('the order', () => {
  const sorted = (column: string, descending: boolean): number[] =>
    itemsFor(rows, parsePairFilter('', []), { column, descending }).map(({ row }) => row.index);

  it.each([
    ['change.relative', true, [1, 2, 0]],
    ['change.relative', false, [0, 2, 1]],
    ['name', false, [1, 2, 0]],
    ['delta.zeros', true, [1, 0, 2]],
    ['delta.zeros', false, [1, 0, 2]],
    ['match', false, [1, 0, 2]],
  ] as const)('by %s, descending %s', (column, descending, expected) => {
    expect(sorted(column, descending)).toEqual(expected);
  });

  it('keeps two infinite changes in their order', () => {
    const infinite = [3, 4].map((index) =>
      pair(index, `x${index}`, { change: weightChange({ relative: Infinity }) }),
    );
    const items = itemsFor([...infinite, ...rows], parsePairFilter('', []), {
      column: 'change.relative',
      descending: true,
    });
    expect(items.map(({ row }) => row.index)).toEqual([3, 4, 1, 2, 0]);
  });

  it.each([
    ['change.relative', [true, false, undefined]],
    ['change.cosine', [false, true, undefined]],
    ['name', [false, true, undefined]],
  ] as const)('a click on %s after another', (column, expected) => {
    const first = nextPairSort(undefined, column);
    const second = nextPairSort(first, column);
    const third = nextPairSort(second, column);
    expect([first, second, third].map((sort) => sort?.descending)).toEqual(expected);
    expect(nextPairSort({ column: 'other', descending: true }, column)).toEqual(first);
  });
});

describe('what follows from the state', () => {
  it('is worked out again only where something changed', () => {
    const derive = pairDeriver(() => 0);
    const state = withRows(initialCompareState(initialCompareView), rows);
    const before = derive(state);
    expect(derive({ ...state, trouble: 'x' }).items).toBe(before.items);
    const after = derive(withRows(state, [pair(0, 'other')]));
    expect(after.items.map(({ label }) => label)[0]).toBe('other');
  });

  it('finds a pair by its name in B before that in A', () => {
    const swapped = [
      { ...pair(0, 'b0'), a: { ...pair(0, 'b0').a, name: 'b1' } },
      { ...pair(1, 'b1'), a: { ...pair(1, 'b1').a, name: 'a1' } },
    ];
    expect(pairNamed(swapped, 'b1')?.index).toBe(1);
    expect(pairNamed(swapped, 'a1')?.index).toBe(1);
    expect(pairNamed([undefined], 'a1')).toBeUndefined();
  });

  it('keeps the charts of the pair before until the next ones come', () => {
    const detail = { index: 0, spectra: {}, cosines: {}, absent: {} };
    const open = { index: 0, detail: { kind: 'ready', value: detail } } as const;
    const next = withOpen({ ...initialCompareState(initialCompareView), open }, 1);
    expect(next.open).toEqual({ index: 1, detail: { kind: 'loading', previous: detail } });
    expect(withOpen(next, 2).open?.detail).toEqual({ kind: 'loading', previous: detail });
  });
});

describe('the keyboard', () => {
  it.each([
    ['ArrowDown', 3, 4],
    ['ArrowDown', 9, 9],
    ['ArrowUp', 0, 0],
    ['PageDown', 3, 8],
    ['PageUp', 3, 0],
    ['Home', 5, 0],
    ['End', 5, 9],
    ['x', 5, undefined],
    ['toString', 5, undefined],
  ])('%s from %d of 10', (key, at, expected) => {
    expect(rowFor(key, 10, at, 5)).toBe(expected);
  });

  it('goes nowhere in an empty list', () => {
    expect(rowFor('End', 0, 0, 5)).toBeUndefined();
  });
});

describe('what was saved', () => {
  const saved = {
    ...initialCompareView,
    tab: 'findings',
    filter: 'fc',
    sort: { column: 'name', descending: true },
    selected: 'fc1',
    split: 0.6,
    scroll: 44,
    filterOrder: 'similarity',
    tables: ['spectra'],
    openFindings: ['B1:fc1'],
  };

  it('comes back', () => {
    expect(parseCompareView(JSON.parse(JSON.stringify({ ...saved, uris: {} })))).toEqual(saved);
  });

  it.each([
    ['nothing', undefined],
    ['a text', 'x'],
    [
      'fields of other types',
      { tab: 7, filter: 1, sort: 'x', split: 'x', tables: [1], scroll: null },
    ],
    ['values out of range', { tab: 'toString', scroll: -5, sort: { column: 3 }, filterOrder: 'x' }],
  ])('is dropped where it does not fit: %s', (_name, state) => {
    expect(parseCompareView(state)).toEqual(initialCompareView);
  });
});

describe('spectra', () => {
  it('ranks points that were taken evenly from more', () => {
    const singularValues = Array.from({ length: 5 }, (_, i) => 10 - 2.5 * i);
    const drawn = drawnSpectrum('A', { count: 1001, singularValues });
    expect(drawn.points.map(({ rank }) => rank)).toEqual([1, 251, 501, 751]);
    expect(drawn.zeroCount).toBe(1);
    expect(spectraSummary([drawn])).toBe(
      'A: 1001 singular values, from 10 down to 2.5; exact zeros not drawn',
    );
  });

  it('is one where there is one, and none where there is none', () => {
    expect(drawnSpectrum('A', { count: 1, singularValues: [3] }).points).toEqual([
      { rank: 1, sigma: 3 },
    ]);
    expect(drawnSpectrum('A', { count: 0, singularValues: [] }).points).toEqual([]);
  });

  it('puts those of other lengths side by side by rank', () => {
    const a = drawnSpectrum('A', { count: 3, singularValues: [3, 2, 1] });
    const b = drawnSpectrum('B', { count: 2, singularValues: [5, 4] });
    expect(spectraTable([a, b])).toEqual({
      head: ['i', 'A', 'B'],
      rows: [
        [1, 3, 5],
        [2, 2, 4],
        [3, 1, ''],
      ],
    });
  });
});
