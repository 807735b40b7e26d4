import { expect, it } from 'vitest';

import type { LayerReport } from '../core/report';
import { highlightsOf } from './highlights';

const layer = (name: string, metrics: Record<string, number>): LayerReport => ({
  name,
  role: 'matrix',
  tensor: `${name}.weight`,
  tensors: [`${name}.weight`],
  dtype: 'f32',
  shape: [8, 8],
  parameterCount: 64,
  view: [8, 8],
  blocks: 1,
  orientation: 'known',
  state: 'done',
  metrics,
  baselines: {},
  bounds: {},
  missing: [],
});

it.each<[string, readonly LayerReport[], readonly string[]]>([
  ['nothing unusual', [layer('a', { 'zero.frac': 0.01, OI_row: 3, 'oi.z': 0 })], []],
  ['NaN and infinity', [layer('a', { n_nan: 2, n_ninf: 1 })], ['a: 3 values not finite']],
  [
    'zeros: the layer with most',
    [layer('a', { 'zero.frac': 0.2 }), layer('b', { 'zero.frac': 0.781 })],
    ['b: 78 % zeros'],
  ],
  ['dead filters', [layer('a', { 'row.zero': 1 })], ['a: 1 filter all zero']],
  ['duplicates', [layer('a', { 'redundant(0.95)': 4 })], ['a: 4 near-duplicate filters']],
  [
    'near zeros',
    [layer('a', { 'near.excess(1e-2)': 31.4 })],
    ['a: 31× as many near-zero weights as chance'],
  ],
  [
    'orthogonal and correlated',
    [layer('a', { OI_small: 0.15, 'oi.z': 80 }), layer('b', { OI_row: 3.1, 'oi.z': -40 })],
    ['most orthogonal: a (0.15× chance)', 'least orthogonal: b (3.1× chance)'],
  ],
])('%s', (_name, layers, texts) => {
  expect(highlightsOf(layers).map(({ text }) => text)).toEqual(texts);
});
