import { describe, expect, it } from 'vitest';

import type { Json } from '../../core/json';
import type { Tensor } from '../../core/tensor';
import { batchNormsOf } from './batchNorms';

const never = { read: () => Promise.reject(new Error('not read here')) };

function tensors(...names: readonly string[]): readonly Tensor[] {
  return names.map((name) => ({ name, dtype: 'f32', shape: [4], data: never }));
}

const norm = ['bn/gamma', 'bn/moving_variance'];
const conv: Json = { name: 'conv', activation: 'linear', data_format: 'channels_last' };
const bn: Json = { name: 'bn', axis: [3], epsilon: 0.001, scale: true };
const pair = {
  weight: 'conv/kernel',
  gamma: 'bn/gamma',
  variance: 'bn/moving_variance',
  epsilon: 0.001,
};

/** A sequential model of a convolution and a normalization. */
function sequential(a: Json, b: Json, type = 'Conv2D'): Json {
  const layers = [
    { class_name: type, config: a },
    { class_name: 'BatchNormalization', config: b },
  ];
  return { class_name: 'Sequential', config: { layers } };
}

/** A functional model with the recorded calls of Keras 2. */
function functional(calls: Json, outputs: Json, more: readonly Json[] = []): Json {
  const layers: Json = [
    { class_name: 'InputLayer', name: 'x', config: { name: 'x' }, inbound_nodes: [] },
    { class_name: 'Conv2D', name: 'conv', config: conv, inbound_nodes: [[['x', 0, 0, {}]]] },
    { class_name: 'BatchNormalization', name: 'bn', config: bn, inbound_nodes: calls },
    ...more,
  ];
  return { class_name: 'Functional', config: { layers, output_layers: outputs } };
}

const act: Json = {
  class_name: 'ReLU',
  name: 'act',
  config: { name: 'act' },
  inbound_nodes: [[['conv', 0, 0, {}]]],
};
const call: Json = [[['conv', 0, 0, {}]]];
const out: Json = [['bn', 0, 0]];
const nested: Json = {
  class_name: 'Sequential',
  config: {
    layers: [sequential(conv, bn), { class_name: 'Dense', config: { ...conv, name: 'conv' } }],
  },
};

describe('batch normalization behind a layer, by a configuration of Keras', () => {
  it.each<[string, Json | undefined, readonly string[], readonly unknown[]]>([
    ['neighbours', sequential(conv, bn), ['conv/kernel', ...norm], [pair]],
    [
      'a list of layers, as Keras before 2.2 wrote it',
      {
        class_name: 'Sequential',
        config: [
          { class_name: 'Conv2D', config: conv },
          { class_name: 'BatchNormalization', config: bn },
        ],
      },
      ['conv/kernel', ...norm],
      [pair],
    ],
    [
      'names below a scope',
      sequential(conv, bn),
      ['m/conv/kernel', 'm/bn/gamma', 'm/bn/moving_variance'],
      [{ ...pair, weight: 'm/conv/kernel', gamma: 'm/bn/gamma', variance: 'm/bn/moving_variance' }],
    ],
    [
      'another epsilon, and no scale',
      sequential(conv, { name: 'bn', axis: -1, epsilon: 0.1, scale: false }),
      ['conv/kernel', 'bn/moving_variance'],
      [{ weight: 'conv/kernel', variance: 'bn/moving_variance', epsilon: 0.1 }],
    ],
    [
      'a scale that is not in the file',
      sequential(conv, bn),
      ['conv/kernel', 'bn/moving_variance'],
      [],
    ],
    [
      'an activation',
      sequential({ ...conv, activation: 'relu' }, bn),
      ['conv/kernel', ...norm],
      [],
    ],
    [
      'rows that are normalized',
      sequential(conv, { ...bn, axis: [1] }),
      ['conv/kernel', ...norm],
      [],
    ],
    [
      'channels first',
      sequential({ ...conv, data_format: 'channels_first' }, { ...bn, axis: [1] }),
      ['conv/kernel', ...norm],
      [pair],
    ],
    ['a layer of another class', sequential(conv, bn, 'LSTM'), ['conv/kernel', ...norm], []],
    ['a recorded call', functional(call, out), ['conv/kernel', ...norm], [pair]],
    [
      'an output that another layer takes too',
      functional(call, out, [act]),
      ['conv/kernel', ...norm],
      [],
    ],
    [
      'an output of the model',
      functional(call, [
        ['bn', 0, 0],
        ['conv', 0, 0],
      ]),
      ['conv/kernel', ...norm],
      [],
    ],
    [
      'a normalization that is called twice',
      functional([[['conv', 0, 0, {}]], [['x', 0, 0, {}]]], out),
      ['conv/kernel', ...norm],
      [],
    ],
    ['a name with two meanings', nested, ['conv/kernel', ...norm], []],
    ['no configuration', undefined, ['conv/kernel', ...norm], []],
    ['texts for layers', { class_name: 'Sequential', config: { layers: ['a', 1, null] } }, [], []],
    ['layers that are none', { class_name: 'Functional', config: { layers: {} } }, [], []],
    [
      'calls that are none',
      functional([[[0, 'conv', 0]], 'conv', null], 3),
      ['conv/kernel', ...norm],
      [],
    ],
    [
      'names of properties',
      sequential({ ...conv, name: '__proto__' }, { ...bn, name: 'constructor' }),
      ['__proto__/kernel', 'constructor/gamma', 'constructor/moving_variance'],
      [
        {
          weight: '__proto__/kernel',
          gamma: 'constructor/gamma',
          variance: 'constructor/moving_variance',
          epsilon: 0.001,
        },
      ],
    ],
  ])('%s', (_, config, names, expected) => {
    expect(batchNormsOf(config, tensors(...names))).toEqual(expected);
  });

  it('ends in configurations of any depth', () => {
    let model: Json = sequential(conv, bn);
    let history: Json = ['conv', 0, 0];
    for (let depth = 0; depth < 3000; depth++) {
      model = { class_name: 'Sequential', config: { layers: [model] } };
      history = [history];
    }
    expect(batchNormsOf(model, tensors('conv/kernel', ...norm))).toEqual([]);
    expect(batchNormsOf(functional(history, out), tensors('conv/kernel', ...norm))).toEqual([]);
  });
});
