import { describe, expect, it } from 'vitest';

import type { Framework, OptimizerRecord } from '../../core/checkpoint';
import type { Json, JsonObject } from '../../core/json';
import { reportVersion, type Measurements, type TensorReport } from '../../core/report';
import { factsOf } from '../facts';
import { groupFacts, type GroupFacts } from './optimizers';
import { mapParameters } from './parameterMapping';

interface Given {
  readonly optimizers: readonly OptimizerRecord[];
  readonly recorded?: { readonly [key: string]: Json };
  readonly framework?: Framework;
  readonly tensors?: readonly TensorReport[];
}

const measurements = ({
  optimizers,
  recorded = {},
  framework = 'pytorch',
  tensors = [],
}: Given): Measurements => ({
  version: reportVersion,
  backend: '',
  checkpoint: {
    name: 'x.pt',
    format: 'pytorch-zip',
    description: 'PyTorch zip, training checkpoint',
    framework,
    files: [],
    bytes: 0,
    optimizers,
    recorded,
    notices: [],
  },
  totals: { tensorCount: 0, parameterCount: 0, byteCount: 0, measuredLayerCount: 0 },
  highlights: [],
  tensors,
  layers: [],
  skipped: [],
});

const facts = (given: Given): ReturnType<typeof factsOf> => factsOf(measurements(given));

function groupOf(
  name: string,
  hyperparameters: JsonObject,
  others: Partial<Given> = {},
): GroupFacts {
  const optimizers = [{ name, groups: [{ hyperparameters, parameterCount: 1 }] }];
  const [group] = groupFacts(facts({ optimizers, ...others }));
  if (!group) throw new Error('no group');
  return group;
}

const thousand = { recorded: { 'optimizer.step': 1000 } };

describe('recorded optimizers', () => {
  it.each<[name: string, hyperparameters: JsonObject, framework: Framework, coupling: string]>([
    ['AdamW', { decoupled_weight_decay: true }, 'pytorch', 'decoupled'],
    ['Adam', { decoupled_weight_decay: false }, 'pytorch', 'coupled'],
    ['Adam or AdamW', {}, 'pytorch', 'undecidable'],
    ['SGD', {}, 'pytorch', 'sgd'],
    ['RMSprop', {}, 'pytorch', 'coupled'],
    ['Muon', {}, 'pytorch', 'decoupled'],
    ['NAdam', { decoupled_weight_decay: true }, 'pytorch', 'decoupled'],
    ['SGD', {}, 'keras', 'decoupled'],
    ['Adam', {}, 'keras', 'decoupled'],
  ])('%s %j of %s is %s', (name, hyperparameters, framework, coupling) => {
    expect(groupOf(name, hyperparameters, { framework }).coupling).toBe(coupling);
  });

  it.each<[string, string, JsonObject, readonly [number, number] | undefined, number | undefined]>([
    ['AdamW', 'ηλ a step', { lr: 0.01, weight_decay: 0.1 }, [0.5, 1], 1000],
    ['AdamW', 'the initial rate', { lr: 0, initial_lr: 0.01, weight_decay: 0.1 }, [0.5, 1], 1000],
    ['AdamW', 'the top of a schedule', { lr: 1e-3, max_lr: 0.02, weight_decay: 0.1 }, [1, 2], 500],
    ['SGD', 'momentum', { lr: 0.01, weight_decay: 0.01, momentum: 0.9 }, [0.5, 1], 1000],
    ['Adam', 'coupled', { lr: 0.01, weight_decay: 0.1 }, undefined, undefined],
    ['AdamW', 'no decay', { lr: 0.01, weight_decay: 0 }, undefined, undefined],
    ['AdamW', 'no rate', { weight_decay: 0.1 }, undefined, undefined],
    ['AdamW', 'a rate that is no number', { lr: 'x', weight_decay: 0.1 }, undefined, undefined],
    ['SGD', 'momentum 1', { lr: 0.01, weight_decay: 0.01, momentum: 1 }, [0.05, 0.1], 10_000],
  ])('%s with %s', (name, _, hyperparameters, dose, tau) => {
    const group = groupOf(name, hyperparameters, thousand);
    expect(group.dose).toEqual(dose);
    expect(group.tauSteps).toBe(tau);
  });

  it('takes the highest rate from the arguments of a schedule that was written by hand', () => {
    const recorded = { 'optimizer.step': 1000, args: { learning_rate: 0.1 } };
    expect(groupOf('AdamW', { lr: 0.01, weight_decay: 0.1 }, { recorded }).dose).toEqual([5, 10]);
  });

  it('reads the rate of a Keras schedule', () => {
    const learning_rate = {
      class_name: 'CosineDecay',
      config: { initial_learning_rate: 0.009999999776 },
    };
    expect(
      groupOf('AdamW', { learning_rate, weight_decay: 0.1 }, { framework: 'keras' }).peakLr,
    ).toBe(0.01);
  });
});

const tensor = (
  name: string,
  shape: readonly number[],
  role: TensorReport['role'],
): TensorReport => ({
  name,
  shape,
  role,
  dtype: 'f32',
});
const model = [
  tensor('a.weight', [4, 3], 'matrix'),
  tensor('a.bias', [4], 'bias'),
  tensor('b.weight', [2, 4], 'matrix'),
  tensor('b.bias', [2], 'bias'),
];
const state = (...shapes: readonly (readonly number[])[]): readonly TensorReport[] =>
  shapes.map((shape, index) => tensor(`optimizer.state.${index}.exp_avg`, shape, 'optimizer'));

describe('parameters of a group', () => {
  it.each<
    [string, readonly number[], readonly TensorReport[], readonly (readonly string[])[] | undefined]
  >([
    [
      'all in one',
      [4],
      state([4, 3], [4], [2, 4], [2]),
      [['a.weight', 'a.bias', 'b.weight', 'b.bias']],
    ],
    ['all in one without state', [4], [], [['a.weight', 'a.bias', 'b.weight', 'b.bias']]],
    [
      'by rank',
      [2, 2],
      state([4, 3], [2, 4], [4], [2]),
      [
        ['a.weight', 'b.weight'],
        ['a.bias', 'b.bias'],
      ],
    ],
    [
      'vectors first',
      [2, 2],
      state([4], [2], [4, 3], [2, 4]),
      [
        ['a.bias', 'b.bias'],
        ['a.weight', 'b.weight'],
      ],
    ],
    [
      'by module',
      [2, 2],
      state([4, 3], [4], [2, 4], [2]),
      [
        ['a.weight', 'a.bias'],
        ['b.weight', 'b.bias'],
      ],
    ],
    ['two groups without state', [2, 2], [], undefined],
    ['state of other shapes', [4], state([9]), undefined],
    ['fewer than there are', [3], state([4, 3]), undefined],
  ])('%s', (_, counts, states, expected) => {
    const groups = counts.map((parameterCount, index) => ({
      hyperparameters: { weight_decay: index === 0 ? 0.1 : 0 },
      parameterCount,
    }));
    const given = facts({
      optimizers: [{ name: 'AdamW', groups }],
      tensors: [...model, ...states],
    });
    const mapped = mapParameters(given, groupFacts(given)).map(({ parameters }) =>
      parameters?.map(({ name }) => name),
    );
    expect(mapped).toEqual(expected ?? counts.map(() => undefined));
  });

  it('goes by recorded names, with or without a prefix', () => {
    const groups = [
      { hyperparameters: { param_names: ['module.b.bias', 'a.weight'] }, parameterCount: 2 },
    ];
    const given = facts({ optimizers: [{ name: 'AdamW', groups }], tensors: model });
    const [mapped] = mapParameters(given, groupFacts(given));
    expect(mapped?.by).toBe('names');
    expect(mapped?.parameters?.map(({ name }) => name)).toEqual(['b.bias', 'a.weight']);
  });
});
