import { describe, expect, it } from 'vitest';

import type { MetricDescriptor } from '../src/core/metric';
import type { LayerRow } from '../src/protocol/layers';
import { cellText } from './cells';
import { byFamily, chosenColumns, columnsOf, positionOn, scaleOf } from './columns';
import { notesOf } from './notes';
import { toTsv } from './tabular';
import { layer } from './testing';

const metric = (
  id: string,
  family: MetricDescriptor['family'],
  unit: MetricDescriptor['unit'],
): MetricDescriptor => ({
  id,
  title: id,
  family,
  unit,
  meaning: '',
  formula: '',
  reading: '',
  baseline: '',
  source: '',
});
const catalogue = [
  metric('cond', 'spectrum', 'ratio'),
  metric('zero.frac', 'sparsity', 'fraction'),
  metric('OI_row', 'orthogonality', 'ratio'),
  metric('l2', 'norms', 'weight'),
  { ...metric('row.l2', 'norms', 'weight'), array: true },
];

it('offers the fixed columns and one for each scalar metric', () => {
  const ids = columnsOf(catalogue).map(({ id }) => id);
  expect(ids).toContain('zero.frac');
  expect(ids).not.toContain('row.l2');
  expect(chosenColumns(catalogue, ['l2', 'gone', 'view']).map(({ id }) => id)).toEqual([
    'l2',
    'view',
  ]);
  expect(byFamily(catalogue).map(({ family }) => family)).toEqual([
    'sparsity',
    'norms',
    'orthogonality',
    'spectrum',
  ]);
});

describe('scales', () => {
  const scale = (id: string, values: readonly number[]): ReturnType<typeof scaleOf> => {
    const [column] = chosenColumns(catalogue, [id]);
    const rows = values.map((value, index) => layer(index, `l${index}`, { [id]: value }));
    return column && scaleOf(column, rows);
  };

  it.each([
    ['a fraction takes the whole range', 'zero.frac', [0.1, 0.2], 'linear', 0, 1],
    ['a norm starts at zero', 'l2', [2, 8], 'linear', 0, 8],
    ['decades are logarithmic', 'cond', [2, 2e5], 'log', 2, 2e5],
    ['a ratio to chance has 1 in the middle', 'OI_row', [0.5, 8], 'centred', 1 / 8, 8],
    ['and never zooms in on noise', 'OI_row', [0.99, 1.01], 'centred', 1 / 4, 4],
    ['nothing measured', 'l2', [], 'linear', 0, 1],
  ])('%s', (_, id, values, kind, low, high) => {
    const found = scale(id, values);
    expect(found?.kind).toBe(kind);
    expect(found?.low).toBeCloseTo(low, 12);
    expect(found?.high).toBeCloseTo(high, 12);
  });

  it.each([
    [{ kind: 'linear', low: 0, high: 8 }, 4, 0.5],
    [{ kind: 'linear', low: 0, high: 8 }, 99, 1],
    [{ kind: 'centred', low: 0.25, high: 4 }, 1, 0.5],
    [{ kind: 'centred', low: 0.25, high: 4 }, 0, 0],
    [{ kind: 'log', low: 1, high: 100 }, 10, 0.52],
    [{ kind: 'log', low: 1, high: 100 }, NaN, 0],
  ] as const)('on %j, %d stands at %d', (one, value, share) => {
    expect(positionOn(one, value)).toBeCloseTo(share, 10);
  });
});

describe('cellText', () => {
  const [cond = metric('', 'spectrum', 'ratio')] = catalogue;
  const pending: LayerRow = { ...layer(0, 'a'), state: 'streamed' };
  const missing: LayerRow['missing'] = [{ family: 'spectrum', reason: '3 NaN, first at [4, 17]' }];
  it.each([
    ['a value', layer(0, 'a', { cond: 4 }), true, 'value', '4', undefined],
    [
      'a bound',
      { ...layer(0, 'a', { cond: 4 }), bounds: { cond: 'lower' } },
      true,
      'value',
      '≥ 4',
      undefined,
    ],
    ['still to come', pending, true, 'pending', '…', undefined],
    [
      'stopped before',
      pending,
      false,
      'missing',
      '–',
      'Not measured: the analysis was stopped before it',
    ],
    [
      'missing with a reason',
      { ...pending, missing },
      true,
      'missing',
      '–',
      '3 NaN, first at [4, 17]',
    ],
    ['not for this layer', layer(0, 'a'), false, 'missing', '–', 'Does not apply to this layer'],
  ] as const)('%s', (_, row, running, kind, text, reason) => {
    expect(cellText(row, cond, running)).toEqual({
      kind,
      text,
      ...(reason === undefined ? {} : { reason }),
    });
  });
});

it.each([
  ['nothing', {}, {}, []],
  ['one dead row', { 'row.zero': 1 }, {}, ['1 dead row']],
  ['duplicates', { 'redundant(0.95)': 4 }, {}, ['4 duplicate filters']],
  ['low rank', { erank_sigma: 1.5 }, { erank_sigma: 3.8 }, ['rank 1.5 of 4']],
  ['ordinary rank', { erank_sigma: 3 }, { erank_sigma: 3.8 }, []],
  [
    'the worst first',
    { 'row.zero': 2, n_nan: 1, n_ninf: 2 },
    {},
    ['3 non-finite values', '2 dead rows'],
  ],
] as const)('notes: %s', (_, metrics, baselines, texts) => {
  const row = { ...layer(0, 'a', metrics), baselines };
  expect(notesOf(row).map(({ text }) => text)).toEqual(texts);
});

it('keeps tabs and line ends of names out of the table that is copied', () => {
  expect(toTsv({ head: ['a', 'b'], rows: [['x\ty\n', 1.25]] })).toBe('a\tb\nx y \t1.25');
});
