import { describe, expect, it } from 'vitest';

import type { Finding } from '../../core/finding';
import type { Json } from '../../core/json';
import { alarmsOf } from './alarms';
import { recordedMark } from './recordedMark';
import { seriesOf, type SeriesInput } from './seriesOf';
import { trendText } from './trend';

const finding = (rule: string): Finding => ({
  rule,
  name: rule.toLowerCase(),
  title: rule,
  layers: [],
  severity: 'warn',
  confidence: 'strong',
  class: 'measured',
  evidence: [],
  message: rule,
  caveats: [],
  techniques: [],
  sources: [],
});
const point = (
  epoch: number,
  layers: Readonly<Record<string, Readonly<Record<string, number>>>>,
  rest: Partial<SeriesInput> = {},
): SeriesInput => ({
  name: `epoch${epoch}.pt`,
  mark: { epoch },
  recorded: {},
  layers: Object.entries(layers).map(([name, metrics]) => ({ name, metrics })),
  findings: [],
  ...rest,
});

describe('seriesOf', () => {
  it('has a value of every layer for every point, null where there is none', () => {
    const { points, layers, axis } = seriesOf(
      [
        point(1, { a: { l2: 1, 'zero.frac': 0 }, old: { l2: 3 } }),
        point(2, { a: { l2: 2, 'zero.frac': 0.5 }, b: { l2: NaN } }),
        point(4, { a: { l2: 4 }, b: { l2: 5 } }),
      ],
      { metrics: ['l2', 'zero.frac'] },
    );
    expect(axis).toBe('epoch');
    expect(points.map(({ x, label }) => [x, label])).toEqual([
      [1, 'epoch 1'],
      [2, 'epoch 2'],
      [4, 'epoch 4'],
    ]);
    expect(layers).toEqual([
      { name: 'a', values: { l2: [1, 2, 4], 'zero.frac': [0, 0.5, null] } },
      { name: 'b', values: { l2: [null, null, 5], 'zero.frac': [null, null, null] } },
      { name: 'old', values: { l2: [3, null, null], 'zero.frac': [null, null, null] } },
    ]);
  });

  it('says what changed, the largest first, and which findings came and went', () => {
    const { changes } = seriesOf(
      [
        point(
          1,
          { a: { l2: 10, sigma1: 1 }, b: { l2: 1 } },
          { findings: [finding('A1'), finding('C1')] },
        ),
        point(
          2,
          { a: { l2: 10.1, sigma1: 2 }, b: { l2: 0.1 }, c: {} },
          { findings: [finding('B1'), finding('C1')] },
        ),
      ],
      { metrics: ['l2', 'sigma1'] },
    );
    expect(changes).toHaveLength(1);
    expect(changes[0]).toMatchObject({
      point: 1,
      changes: [
        { layer: 'b', metric: 'l2', before: 1, after: 0.1, relative: -0.9 },
        { layer: 'a', metric: 'sigma1', before: 1, after: 2, relative: 0.5 },
      ],
      newLayers: ['c'],
      lostLayers: [],
    });
    expect(changes[0]?.appeared.map(({ rule }) => rule)).toEqual(['B1']);
    expect(changes[0]?.gone.map(({ rule }) => rule)).toEqual(['A1']);
  });

  it('takes what the files record where their names are silent', () => {
    const { points, axis } = seriesOf(
      [3, 7].map((step) =>
        point(0, {}, { mark: {}, recorded: { global_step: step, val_acc: 90 } }),
      ),
    );
    expect(axis).toBe('step');
    expect(points.map(({ mark, x }) => [mark, x])).toEqual([
      [{ step: 3, accuracy: 0.9 }, 3],
      [{ step: 7, accuracy: 0.9 }, 7],
    ]);
  });

  it('is empty of nothing', () => {
    expect(seriesOf([])).toMatchObject({ points: [], layers: [], changes: [] });
  });
});

describe('recordedMark', () => {
  it.each<[string, { readonly [key: string]: Json }, object]>([
    [
      'PyTorch by hand',
      { epoch: 3, best_acc1: 75, arch: 'resnet18' },
      { epoch: 3, accuracy: 0.75 },
    ],
    ['Lightning', { epoch: 2, global_step: 120 }, { epoch: 2, step: 120 }],
    [
      'the Trainer',
      {
        'trainer_state.json': {
          epoch: 1.5,
          global_step: 500,
          log_history: [
            { step: 250, eval_loss: 0.9 },
            { step: 500, eval_loss: 0.4, eval_accuracy: 0.8 },
          ],
        },
      },
      { epoch: 1.5, step: 500, loss: 0.4, accuracy: 0.8 },
    ],
    ['Ultralytics after training', { epoch: -1, train_metrics: { val_loss: 0.2 } }, { loss: 0.2 }],
    ['text', { epoch: '12', step: 'twelve' }, { epoch: 12 }],
    ['names of prototypes', { constructor: 1 }, {}],
    ['nothing', {}, {}],
  ])('%s', (_, recorded, expected) => {
    expect(recordedMark(recorded)).toEqual(expected);
  });
});

describe('alarmsOf', () => {
  const usual = [1, 2, 3].map((epoch) => point(epoch, { a: { l2: 2, 'zero.frac': 0, n_nan: 0 } }));
  it.each<[string, readonly SeriesInput[], readonly string[]]>([
    ['nothing of a calm run', usual, []],
    ['NaN', [point(1, { a: { n_nan: 3 } })], ['non-finite: a has 3 NaN weights']],
    [
      'infinities',
      [point(1, { a: { n_nan: 1, n_pinf: 2 } })],
      ['non-finite: a has 1 NaN and 2 infinite weights'],
    ],
    [
      'a layer that died',
      [...usual, point(4, { a: { 'zero.frac': 1, l2: 0 } })],
      ['dead-layer: All weights of a are zero'],
    ],
    ['no layer that was zero from the start', [point(1, { a: { 'zero.frac': 1 } })], []],
    [
      'a norm that explodes',
      [...usual, point(4, { a: { l2: 25 } })],
      ['exploding-norm: ‖W‖ of a is 25, 13 times its median of 2 before'],
    ],
    ['no norm that grows', [...usual, point(4, { a: { l2: 19 } })], []],
    ['no norm without a past', [point(1, { a: { l2: 1 } }), point(2, { a: { l2: 100 } })], []],
    ['nothing of nothing', [], []],
  ])('%s', (_, points, expected) => {
    expect(alarmsOf(points).map(({ kind, message }) => `${kind}: ${message}`)).toEqual(expected);
  });
});

describe('trendText', () => {
  it.each<[string, readonly (number | null)[], string]>([
    ['rises', [0, 0.1, 0.5, 0.8], '▁▂▅█ ↑'],
    ['falls', [8, 4, 1], '█▄▁ ↓'],
    ['stands still', [5, 5.01, 5], '▁▁▁ →'],
    ['comes back', [1, 9, 1.2], '▁█▁ →'],
    ['skips holes', [0, null, 1], '▁█ ↑'],
    ['shows at most ten', Array.from({ length: 100 }, (_, i) => i), '▁▂▃▃▄▅▆▆▇█ ↑'],
    ['needs two', [1, null], ''],
    ['needs any', [], ''],
  ])('%s', (_, values, expected) => {
    expect(trendText(values)).toBe(expected);
  });
});
