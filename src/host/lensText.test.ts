import { expect, it } from 'vitest';

import type { Series } from '../core/series';
import type { LayerRow } from '../protocol/layers';
import { beforeAfter, lensText, trendOf } from './lensText';

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

const seriesWith = (values: Record<string, readonly (number | null)[]>): Series => ({
  version: 1,
  axis: 'epoch',
  points: [],
  layers: [{ name: 'fc1', values }],
  changes: [],
});

it.each<[string, Record<string, number>, Series | undefined]>([
  ['zeros ▁▅█ ↑', { 'zero.frac': 0.6, l2: 9 }, seriesWith({ 'zero.frac': [0, 0.3, 0.6] })],
  ['‖W‖ █▅▁ ↓', { 'zero.frac': 0, l2: 1 }, seriesWith({ l2: [3, 2, 1] })],
  ['', { l2: 1 }, seriesWith({ l2: [1] })],
  ['', { l2: 1 }, { ...seriesWith({}), layers: [] }],
  ['', { l2: 1 }, undefined],
])('the trend "%s" of %o', (text, metrics, series) => {
  expect(trendOf(row(metrics), series)).toBe(text);
});

it.each<[string, Record<string, number>, Record<string, number> | undefined]>([
  ['since the edit: zeros 2 % → 78 %', { 'zero.frac': 0.78, l2: 1 }, { 'zero.frac': 0.02, l2: 9 }],
  ['since the edit: zeros 78 % → 0 %', { 'zero.frac': 0, l2: 9 }, { 'zero.frac': 0.78, l2: 1 }],
  ['since the edit: ‖W‖ 22.4 → 8', { l2: 8 }, { l2: 22.41 }],
  ['', { l2: 8 }, { 'zero.frac': 0 }],
  ['', {}, { l2: 8 }],
  ['', { l2: 8 }, undefined],
])('"%s" for %o', (text, metrics, before) => {
  expect(beforeAfter(row(metrics), before)).toBe(text);
});
