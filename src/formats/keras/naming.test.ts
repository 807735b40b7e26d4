import { describe, expect, it } from 'vitest';

import type { JsonObject } from '../../core/json';
import { parseConfig } from './configText';
import { layerGroups } from './layerGroups';
import { toSnakeCase } from '../../core/snakeCase';
import { classOfGroupName, uniqueNames } from './layerNames';
import { layerLookup } from './layerLookup';
import { readModelConfig } from './modelConfig';
import { readOptimizer } from './optimizerRecord';
import { variableNames } from './variableNames';

const layer = (type: string, name: string, config: JsonObject = {}): JsonObject => ({
  class_name: type,
  config: { name, ...config },
});

describe('names of groups', () => {
  // The values are what keras.src.utils.naming.to_snake_case gives.
  it.each([
    ['Dense', 'dense'],
    ['Conv2D', 'conv2d'],
    ['Conv2DTranspose', 'conv2d_transpose'],
    ['DepthwiseConv2D', 'depthwise_conv2d'],
    ['LSTM', 'lstm'],
    ['LSTMCell', 'lstm_cell'],
    ['SimpleRNN', 'simple_rnn'],
    ['ConvLSTM2D', 'conv_lstm2d'],
    ['MultiHeadAttention', 'multi_head_attention'],
    ['RMSNormalization', 'rms_normalization'],
    ['PReLU', 'p_re_lu'],
  ])('%s is %s', (type, group) => {
    expect(toSnakeCase(type)).toBe(group);
  });

  it.each([
    ['dense', 'Dense'],
    ['conv2d_12', 'Conv2D'],
    ['my_layer', undefined],
    ['constructor', undefined],
  ])('group %s is of the class %s', (group, type) => {
    expect(classOfGroupName(group)).toBe(type);
  });

  it('counts repeats', () => {
    expect(['a', 'b', 'a', 'a'].map(uniqueNames())).toEqual(['a', 'b', 'a_1', 'a_2']);
  });
});

describe('variableNames', () => {
  const moving = ['moving_mean', 'moving_variance'];
  it.each<[string, JsonObject | undefined, number, readonly string[] | undefined]>([
    ['Dense', {}, 2, ['kernel', 'bias']],
    ['Dense', { use_bias: false }, 1, ['kernel']],
    ['Dense', undefined, 1, ['kernel']],
    ['Dense', {}, 3, ['kernel', 'bias', 'kernel_scale']],
    ['Dense', {}, 7, undefined],
    ['Conv2DTranspose', undefined, 2, ['kernel', 'bias']],
    ['SeparableConv2D', {}, 3, ['depthwise_kernel', 'pointwise_kernel', 'bias']],
    ['BatchNormalization', {}, 4, ['gamma', 'beta', ...moving]],
    ['BatchNormalization', { scale: false }, 3, ['beta', ...moving]],
    ['BatchNormalization', { center: false }, 3, ['gamma', ...moving]],
    ['BatchNormalization', { center: false, scale: false }, 2, moving],
    ['BatchNormalization', undefined, 4, ['gamma', 'beta', ...moving]],
    // Either gamma or beta: nobody can tell.
    ['BatchNormalization', undefined, 3, undefined],
    ['LayerNormalization', { center: false }, 1, ['gamma']],
    ['LayerNormalization', undefined, 1, undefined],
    ['LSTM', { use_bias: false }, 2, ['kernel', 'recurrent_kernel']],
    ['GRUCell', undefined, 3, ['kernel', 'recurrent_kernel', 'bias']],
    ['Embedding', {}, 1, ['embeddings']],
    ['MyLayer', {}, 2, undefined],
  ])('%s %j with %d', (type, config, count, names) => {
    expect(variableNames(type, config, count)).toEqual(names);
  });
});

describe('model configurations', () => {
  it('reads a list of layers as Keras 1 wrote it', () => {
    const model = readModelConfig({ class_name: 'Sequential', config: [layer('Dense', 'd')] });
    expect(model?.children.map(({ name, type }) => [name, type])).toEqual([['d', 'Dense']]);
  });

  it('drops the package of a registered class', () => {
    const config = { layers: [layer('my_package>Gate', 'g')] };
    const model = readModelConfig({ class_name: 'Functional', config });
    expect(model?.children[0]?.type).toBe('Gate');
  });

  it.each([
    undefined,
    null,
    3,
    [],
    {},
    { class_name: 'Sequential' },
    { class_name: 4, config: {} },
  ])('finds no model in %j', (value) => {
    expect(readModelConfig(value)).toBeUndefined();
  });

  it('stops at nesting without end', () => {
    let inner: JsonObject = layer('Dense', 'd');
    for (let i = 0; i < 10_000; i++) inner = layer('TimeDistributed', `t${i}`, { layer: inner });
    const config = { layers: [inner] };
    expect(readModelConfig({ class_name: 'Sequential', config })).toBeDefined();
  });

  it('addresses layers by class and count, nested ones below', () => {
    const inner = layer('Sequential', 'inner', {
      layers: [layer('Dense', 'x'), layer('Dense', 'y')],
    });
    const wrapped = layer('Bidirectional', 'both', { layer: layer('LSTM', 'l') });
    const config = { layers: [layer('Dense', 'a'), inner, layer('Dense', 'b'), wrapped] };
    const model = readModelConfig({ class_name: 'Functional', config });
    const groups = [...layerGroups(model!)].map(([path, { name }]) => [path, name]);
    expect(groups).toEqual([
      ['layers/dense', 'a'],
      ['layers/sequential', 'inner'],
      ['layers/sequential/layers/dense', 'inner/x'],
      ['layers/sequential/layers/dense_1', 'inner/y'],
      ['layers/dense_1', 'b'],
      ['layers/bidirectional', 'both'],
      ['layers/bidirectional/forward_layer', 'both/forward_l'],
      ['layers/bidirectional/backward_layer', 'both/backward_l'],
    ]);
  });

  it('finds owners by name, from the innermost scope', () => {
    const config = { layers: [layer('TimeDistributed', 't', { layer: layer('Dense', 'inner') })] };
    const find = layerLookup(readModelConfig({ class_name: 'Functional', config }));
    expect(find('model/t/kernel')).toMatchObject({ name: 'model/t', type: 'Dense' });
    expect(find('t/inner/kernel')).toMatchObject({ name: 't/inner', type: 'Dense' });
    expect(find('__proto__/kernel')).toBeUndefined();
    expect(find('kernel')).toBeUndefined();
  });
});

describe('parseConfig', () => {
  it('reads what Python writes', () => {
    const text = '{"a": NaN, "b": [-Infinity, Infinity], "c": "NaN \\" Infinity"}';
    expect(parseConfig(text)).toEqual({ a: null, b: [null, null], c: 'NaN " Infinity' });
  });

  it.each(['', '{', '[1]', '3', '{"a": NaNs}'])('gives nothing for %j', (text) => {
    expect(parseConfig(text)).toBeUndefined();
  });
});

describe('readOptimizer', () => {
  it.each<[string, JsonObject, string | undefined]>([
    ['Keras 3', { optimizer: { class_name: 'AdamW', config: {} } }, 'AdamW'],
    ['Keras 2', { optimizer_config: { class_name: 'Addons>AdamW', config: {} } }, 'AdamW'],
    ['by name', { optimizer: 'rmsprop' }, 'rmsprop'],
    ['none', {}, undefined],
  ])('%s', (_name, training, expected) => {
    expect(readOptimizer(training, 1)?.name).toBe(expected);
  });
});
