import { readFileSync } from 'node:fs';

import { describe, expect, it } from 'vitest';

import { loadParser } from '../../../test/training/parsers';
import { checkpointPaths } from '../checkpointPaths';
import { findLayerDefinitions } from '../definitions';
import { matchLayers } from '../matching';
import type { CheckpointLayer } from '../matching';

const parsers = {
  javascript: await loadParser('javascript'),
  typescript: await loadParser('typescript'),
};
const folder = new URL('../../../test/fixtures/training/tfjs/', import.meta.url);
const head = "import * as tf from '@tensorflow/tfjs-node';\nimport path from 'node:path';\n";
const read = (name: string): string => readFileSync(new URL(name, folder), 'utf8');

/** Names and shapes as TensorFlow.js saved them. */
const weights: unknown = JSON.parse(read('saved.json'));

function layersOf(saved: unknown): readonly CheckpointLayer[] {
  if (!Array.isArray(saved)) throw new Error('saved.json holds no list');
  return saved.flatMap((entry: unknown) => {
    if (typeof entry !== 'object' || entry === null) return [];
    const { name, shape } = Object.fromEntries(Object.entries(entry));
    if (typeof name !== 'string' || !Array.isArray(shape)) return [];
    const sizes = shape.map(Number);
    const isKernel = sizes.length > 1 || name.endsWith('/gamma');
    return isKernel
      ? [{ name: name.replace(/\/\w+$/, ''), tensor: name, shape: sizes, role: 'matrix' }]
      : [];
  });
}

describe('layers of TensorFlow.js', () => {
  it.each(Object.entries(parsers))('finds the layers of a saved model, %s', (_, parser) => {
    const text = read('saved.js');
    const layers = layersOf(weights);
    const found = matchLayers(findLayerDefinitions(parser.parse(text)), layers);
    const lines = found.map(({ definition, layers: matches }) => {
      const line = text.slice(0, definition.range.start).split('\n').length;
      return `${line}: ${matches.map(({ layer }) => layers[layer]?.tensor).join(' ')}`;
    });
    expect(lines).toEqual([
      '8: conv2d_Conv2D1/kernel',
      '9: batch_normalization_BatchNormalization1/gamma',
      '10: conv2d_Conv2D2/kernel',
      '11: separable_conv2d_SeparableConv2D1/depthwise_kernel separable_conv2d_SeparableConv2D1/pointwise_kernel',
      '13: bidirectional_Bidirectional1/forward_lstm_LSTM1/kernel bidirectional_Bidirectional1/forward_lstm_LSTM1/recurrent_kernel bidirectional_Bidirectional1/backward_lstm_LSTM1/kernel bidirectional_Bidirectional1/backward_lstm_LSTM1/recurrent_kernel',
      '14: hidden/kernel',
      '16: dense_Dense1/kernel',
      '17: dense_Dense2/kernel',
    ]);
  });

  it('knows the sizes that the code says', () => {
    const shapes = findLayerDefinitions(parsers.javascript.parse(read('saved.js'))).map(
      ({ sites }) => Object.entries(sites[0]?.shapes ?? {})[0],
    );
    expect(shapes).toEqual([
      ['kernel', [3, 3, 2, 3]],
      ['gamma', [3]],
      ['kernel', [2, 3, 3, 4]],
      ['depthwise_kernel', [2, 2, 4, 1]],
      ['kernel', [undefined, 12]],
      ['kernel', [undefined, 7]],
      ['kernel', [7, 7]],
      ['kernel', [7, 5]],
    ]);
  });

  it.each<[code: string, paths: readonly string[]]>([
    ["tf.layers.dense({units: 2, name: 'a'}); tf.layers.dense({units: 3});", ['a', 'dense_Dense1']],
    ['for (const n of sizes) model.add(tf.layers.dense({units: n}));', ['dense_Dense*']],
    [
      'function a() { return tf.layers.gru({units: 2}); }\nconst b = () => tf.layers.gru({units: 3});',
      ['gru_GRU*', 'gru_GRU*'],
    ],
    ['tf.layers.dense({units: 2, name: makeName()});', []],
    ['const {layers: {conv1d: c}} = tf; c({filters: 2, kernelSize: 3});', ['conv1d_Conv1D1']],
    ['tf.layers.depthwiseConv2d({kernelSize: 2});', ['depthwise_conv2d_DepthwiseConv2D1']],
    ['tf.layers.simpleRNN({units: 2});', ['simple_rnn_SimpleRNN1']],
    ["// tf.layers.dense({units: 1})\nconst s = 'tf.layers.dense({units: 1})';", []],
  ])('%s', (code, paths) => {
    const found = findLayerDefinitions(parsers.javascript.parse(head + code));
    expect(found.flatMap(({ sites }) => sites.map(({ path }) => path))).toEqual(paths);
  });
});

describe('paths of saved models', () => {
  it.each<[code: string, patterns: readonly string[]]>([
    ["await model.save('file://./out/model');", ['out/model/model.json']],
    ["await model.save('file:///tmp/model/');", ['/tmp/model/model.json']],
    ['await model.save(`file://runs/${epoch}`);', ['runs/*/model.json']],
    ["const OUT = 'out';\nawait model.save(`file://${OUT}/best`);", ['out/best/model.json']],
    ["await model.save('file://' + path.join('a', name));", ['a/*/model.json']],
    ["await model.save('localstorage://model');", []],
    ["await model.save('downloads://model');", []],
    ["await model.save('https://example.org/model');", []],
    ['await model.save(url);', []],
    ['await model.save(`file://${dir}`);', []],
    ["// model.save('file://no')", []],
    ["await model.save('file://half", []],
    [`let u = 'file://a';\n${'u = u + u;\n'.repeat(40)}await model.save(u);`, []],
    [
      `${Array.from({ length: 40 }, (_, i) => `const s${i} = s${i + 1} + s${i + 1};`).join('\n')}\nconst s40 = 'x';\nmodel.save('file://' + s0);`,
      [],
    ],
  ])('%s', (code, patterns) => {
    const found = checkpointPaths(parsers.javascript.parse(head + code));
    expect(found.map(({ pattern }) => pattern)).toEqual(patterns);
  });
});
