import { describe, expect, it } from 'vitest';

import type { LayerReport, Report } from '../core/report';
import { manifestOf } from './manifest';

const layer = (name: string, metrics: LayerReport['metrics']): LayerReport => ({
  name,
  role: 'matrix',
  tensor: `${name}.weight`,
  tensors: [`${name}.weight`],
  dtype: 'f32',
  shape: [3, 2],
  parameterCount: 6,
  view: [3, 2],
  blocks: 1,
  orientation: 'known',
  state: 'done',
  metrics,
  baselines: {},
  bounds: { cond: 'lower' },
  missing: [],
});

const report = (...layers: LayerReport[]): Report => ({
  version: 1,
  backend: 'plain TypeScript',
  checkpoint: {
    name: 'model.pt',
    format: 'pytorch',
    description: 'PyTorch zip, state dict',
    framework: 'pytorch',
    files: [],
    bytes: 0,
    optimizers: [],
    recorded: {},
    notices: [{ severity: 'warn', message: 'a class is not known' }],
  },
  totals: { tensorCount: 1, parameterCount: 6, byteCount: 24, measuredLayerCount: 1 },
  highlights: [],
  tensors: [],
  layers,
  skipped: [{ name: 'mask', reason: 'is a buffer' }],
  findings: [],
  techniques: [],
});

describe('the manifest', () => {
  it('has one fact a line, numbers at three digits', () => {
    const metrics = { l2: 1.23456, cond: 1234567.8, 'zero.frac': 0, singular_values: [2, 1] };
    expect(manifestOf(report(layer('fc', metrics)))).toBe(
      [
        'checkpoint model.pt',
        'format: PyTorch zip, state dict',
        'framework: pytorch',
        'tensors: 1',
        'layers: 1',
        'parameters: 6',
        'warn: a class is not known',
        '',
        'layer fc',
        '  role: matrix',
        '  tensor: fc.weight',
        '  stored: 3 by 2, f32',
        '  matrix: 3 by 2',
        '  parameters: 6',
        '  zeros: 0',
        '  l2 norm: 1.23',
        '  condition number: at least 1230000',
        '',
        'without numbers',
        '  mask: is a buffer',
        '',
      ].join('\n'),
    );
  });

  it('keeps a name from breaking a line or turning the text around', () => {
    const text = manifestOf(report(layer('a\nlayer b\u202e\u2028', {})));
    expect(text).toContain('layer a\ufffdlayer b\ufffd\ufffd\n');
    expect(text.split('\n').filter((line) => line.startsWith('layer '))).toHaveLength(1);
  });
});
