import { expect, it } from 'vitest';

import type { LayerRow } from '../protocol/layers';
import { lensText } from './lensText';

const row = (metrics: Record<string, number>, more: Partial<LayerRow> = {}): LayerRow => ({
  index: 0,
  name: 'fc1',
  role: 'matrix',
  tensor: 'fc1.weight',
  tensors: ['fc1.weight'],
  dtype: 'f32',
  shape: [128, 1024],
  parameterCount: 131072,
  view: [128, 1024],
  blocks: 1,
  orientation: 'known',
  state: 'done',
  metrics,
  baselines: {},
  bounds: {},
  missing: [],
  ...more,
});

it.each<[string, LayerRow]>([
  ['fc1  128×1024 · measuring…', row({}, { state: 'pending' })],
  ['fc1  128×1024', row({})],
  ['fc1  128×1024 · ‖W‖ 22.4 · σ₁ 9.81', row({ 'zero.frac': 0, l2: 22.41, sigma1: 9.812 })],
  [
    'fc1  128×1024 · 78 % zeros · 4 near-duplicates · 3.1× correlated · rank 5 of 128',
    row({
      'zero.frac': 0.781,
      'redundant(0.95)': 4,
      OI_row: 3.1,
      erank_sigma: 5.2,
      'rel.erank_sigma': 0.05,
    }),
  ],
  ['bn  64 · ‖W‖ 8', row({ l2: 8 }, { name: 'bn', view: undefined as never, shape: [64] })],
])('%s', (text, layer) => {
  expect(lensText(layer)).toBe(text);
});
