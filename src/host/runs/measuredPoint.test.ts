import type { Uri } from 'vscode';
import { expect, it } from 'vitest';

import type { LayerRow } from '../../protocol/layers';
import type { Overview } from '../../protocol/viewApi';
import { pointOf } from './measuredPoint';

const row: LayerRow = {
  index: 0,
  name: 'fc1',
  role: 'matrix',
  tensor: 'fc1.weight',
  tensors: ['fc1.weight'],
  dtype: 'f32',
  shape: [8, 4],
  parameterCount: 32,
  view: [8, 4],
  blocks: 1,
  orientation: 'known',
  state: 'done',
  metrics: { l2: 3, alpha: 2.5, sigma1: 1 },
  baselines: { sigma1: 0.9, alpha: 2 },
  bounds: {},
  missing: [],
  sparkline: [1, 0.5],
};

it('keeps of a layer what a run follows, and nothing of the rest', () => {
  const overview = { checkpoint: { recorded: { epoch: 3 } } } as unknown as Overview;
  const uri = { path: '/runs/digits/epoch3.pt' } as unknown as Uri;
  const descriptor = (id: string) => ({ id }) as never;
  const catalogue = [descriptor('l2'), descriptor('alpha')];
  expect(pointOf(uri, { overview, rows: [row], findings: [], catalogue })).toEqual({
    name: 'epoch3.pt',
    recorded: { epoch: 3 },
    findings: [],
    catalogue: [{ id: 'l2' }],
    layers: [
      {
        name: 'fc1',
        view: [8, 4],
        metrics: { l2: 3, sigma1: 1 },
        baselines: { sigma1: 0.9 },
        sparkline: [1, 0.5],
      },
    ],
  });
});
