import { expect, it } from 'vitest';

import type { LayerRow } from '../src/protocol/layers';
import { parseFilter } from './filter';
import { layer } from './testing';

const ids = ['zero.frac', 'l2', 'cond', 'OI_row', 'near.excess(1e-2)', 'constructor'];
const rows: readonly LayerRow[] = [
  { ...layer(0, 'features.conv1', { 'zero.frac': 0, cond: 4 }), role: 'conv', type: 'Conv2d' },
  { ...layer(1, 'features.conv2', { 'zero.frac': 0.5, cond: 2e5 }), role: 'conv', dtype: 'f16' },
  { ...layer(2, 'classifier.fc1', { 'zero.frac': 0.78, OI_row: 3.1 }), parameterCount: 1e6 },
  layer(3, 'classifier.fc2', { 'near.excess(1e-2)': 2 }),
];

it.each([
  ['', [0, 1, 2, 3]],
  ['  ', [0, 1, 2, 3]],
  ['conv', [0, 1]],
  ['CLASSIFIER fc', [2, 3]],
  ['conv fc', []],
  ['zeros>0.5', [2]],
  ['zeros>=50%', [1, 2]],
  ['zeros≥0.5', [1, 2]],
  ['zeros<50%', [0]],
  ['zeros=0', [0]],
  ['-zeros>0.5', [0, 1, 3]],
  ['cond>1e4', [1]],
  ['cond>1E4', [1]],
  ['oi>2', [2]],
  ['oi_row>2', [2]],
  ['near.excess(1e-2)>=2', [3]],
  ['near>1', [3]],
  ['params>=1e6', [2]],
  ['role:conv', [0, 1]],
  ['role:conv zeros>0', [1]],
  ['-role:conv', [2, 3]],
  ['dtype:f16', [1]],
  ['type:conv', [0]],
  ['role:', [0, 1, 2, 3]],
  ['-', [0, 1, 2, 3]],
  ['weight', [0, 1, 2, 3]],
  ['constructor>0', []],
])('“%s” leaves %j', (text, expected) => {
  const { passes, unknown } = parseFilter(text, ids);
  expect(rows.filter(passes).map(({ index }) => index)).toEqual(expected);
  expect(unknown).toEqual([]);
});

it.each([
  ['zeroes>0.5', ['zeroes']],
  ['toString>1 fc', ['toString']],
  ['__proto__<1', ['__proto__']],
])('“%s” names no metric', (text, expected) => {
  const { passes, unknown } = parseFilter(text, ids);
  expect(unknown).toEqual(expected);
  expect(rows.filter(passes)).toEqual([]);
});

it('does not take forever on long text', () => {
  const { passes } = parseFilter(`${'a>'.repeat(20_000)}!`, ids);
  expect(rows.filter(passes)).toEqual([]);
});
