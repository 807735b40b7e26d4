import { describe, expect, it } from 'vitest';

import { loadSharingParser } from '../../../../test/training/parsers';
import { hazardsFor } from '../../hazardsFor';
import { applyEdits } from '../../textEdit';

const parser = await loadSharingParser('javascript');
const head = "import * as tf from '@tensorflow/tfjs';\n";
const find = (code: string) => hazardsFor(parser.parse(head + code));

const model = (layers: string): string => `const model = tf.sequential({layers: [
  tf.layers.dense({inputShape: [4], units: 8, activation: 'relu'}),
${layers}  tf.layers.dense({units: 2}),
]});
model.compile({optimizer: 'sgd', loss: 'meanSquaredError'});
`;
const dropout = '  tf.layers.dropout({rate: 0.5}),\n';
const regularized = model('').replace(
  'units: 2',
  'units: 2, kernelRegularizer: tf.regularizers.l2({l2: 1e-3})',
);
const minimize = (body: string): string => `tf.train.adam(0.01).minimize(() => ${body});\n`;
const loss = 'tf.losses.meanSquaredError(ys, model.predict(xs))';
const trained = 'tf.losses.meanSquaredError(ys, model.apply(xs, {training: true}))';

describe('hazards of TensorFlow.js', () => {
  it.each<[name: string, code: string, ids: readonly string[], fixed?: string]>([
    [
      'predict in a loop with dropout',
      model(dropout) + minimize(loss),
      ['tfjs/predict-in-training'],
      model(dropout) + minimize(trained),
    ],
    [
      'apply without training, loss in a function of its own',
      `${model(dropout)}const f = () => { return tf.losses.meanSquaredError(ys, model.apply(xs)); };\ntf.variableGrads(f);\n`,
      ['tfjs/predict-in-training'],
      `${model(dropout)}const f = () => { return tf.losses.meanSquaredError(ys, model.apply(xs, {training: true})); };\ntf.variableGrads(f);\n`,
    ],
    [
      'penalties in a loop',
      regularized + minimize(loss),
      ['tfjs/loop-without-penalties'],
      regularized + minimize(`model.calculateLosses().reduce((a, b) => a.add(b), ${loss})`),
    ],
    [
      'penalties in a loop, returned',
      `${regularized}optimizer.minimize(() => {\n  const l = ${loss};\n  return l;\n}, true);\n`,
      ['tfjs/loop-without-penalties'],
      `${regularized}optimizer.minimize(() => {\n  const l = ${loss};\n  return model.calculateLosses().reduce((a, b) => a.add(b), l);\n}, true);\n`,
    ],
    [
      'a constraint',
      'tf.layers.dense({units: 2, kernelConstraint: tf.constraints.maxNorm({maxValue: 2})});',
      ['tfjs/constraint-not-applied'],
    ],
    [
      'a string of Keras',
      "tf.layers.dense({units: 2, kernelRegularizer: 'l2'});",
      ['tfjs/regularizer-arguments'],
      'tf.layers.dense({units: 2, kernelRegularizer: tf.regularizers.l2({l2: 0.01})});',
    ],
    [
      'a number',
      'tf.layers.dense({units: 2, kernelRegularizer: tf.regularizers.l1(1e-3)});',
      ['tfjs/regularizer-arguments'],
      'tf.layers.dense({units: 2, kernelRegularizer: tf.regularizers.l1({l1: 1e-3})});',
    ],
    [
      'dropout before batch normalization',
      model(`${dropout}  tf.layers.batchNormalization(),\n`),
      ['tfjs/dropout-before-batch-norm'],
    ],
    [
      'dropout after the last layer',
      `${model('')}model.add(tf.layers.dropout({rate: 0.5}));\n`,
      ['tfjs/dropout-after-output'],
      model(''),
    ],
    [
      'dropout at the end of the list',
      model('').replace('units: 2}),\n', 'units: 2}),\n  tf.layers.dropout({rate: 0.5}),\n'),
      ['tfjs/dropout-after-output'],
      model(''),
    ],
  ])('%s', (_name, code, ids, fixed) => {
    const found = find(code);
    expect(found.map(({ hazard }) => hazard.id)).toEqual(ids);
    const edits = found.flatMap(({ fix }) => fix?.edits() ?? []);
    if (fixed !== undefined) expect(applyEdits(head + code, edits)).toBe(head + fixed);
    const after = applyEdits(head + code, edits);
    expect(parser.parse(after).root.hasError).toBe(false);
    if (fixed !== undefined) expect(hazardsFor(parser.parse(after))).toEqual([]);
  });

  it.each<[name: string, code: string]>([
    ['predict in a loop without dropout', model('') + minimize(loss)],
    ['apply in training', model(dropout) + minimize(trained)],
    [
      'options from elsewhere',
      model(dropout) + minimize(loss.replace('predict(xs)', 'apply(xs, options)')),
    ],
    ['predict outside of the loss', `${model(dropout)}const y = model.predict(xs);\n`],
    ['penalties in fit', `${regularized}await model.fit(xs, ys, {epochs: 2});\n`],
    ['penalties that are added', regularized + minimize(`model.calculateLosses()[0].add(${loss})`)],
    [
      'constraints that a callback applies',
      "tf.layers.dense({units: 2, kernelConstraint: 'nonNeg'});\nw.write(w.read().clone());",
    ],
    ['no constraint', 'tf.layers.dense({units: 2, kernelConstraint: null});'],
    ["'l1l2'", "tf.layers.dense({units: 2, kernelRegularizer: 'l1l2'});"],
    ['dropout after batch normalization', model(`  tf.layers.batchNormalization(),\n${dropout}`)],
    ['dropout between layers', model(dropout)],
    [
      'a part of a model',
      'const part = tf.sequential({layers: [tf.layers.dense({units: 2}), tf.layers.dropout({rate: 0.5})]});',
    ],
    [
      'in comments and strings',
      '// tf.regularizers.l2(0.01)\nconst s = `tf.regularizers.l2(0.01)`;',
    ],
    [
      'another library',
      "import * as k from 'keras-js';\nk.layers.dense({kernelConstraint: 'nonNeg', kernelRegularizer: 'l2'});",
    ],
    [
      'a name of the file',
      'function f(tf) {\n  tf.layers.dense({units: 2, kernelRegularizer: tf.regularizers.l2(1)});\n}',
    ],
    ['half-typed code', "tf.layers.dense({units: 2, kernelRegularizer: 'l2'"],
  ])('is silent: %s', (_name, code) => {
    expect(find(code)).toEqual([]);
  });
});
