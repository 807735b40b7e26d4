import { describe, expect, it } from 'vitest';

import { loadPythonParser } from '../../../../test/training/parsers';
import { readModule } from '../../module';
import { applyEdits } from '../../textEdit';
import { kerasHazards } from '../keras';

const parser = await loadPythonParser();
const head = 'import tensorflow as tf\nimport keras\nfrom keras import layers\n';

/** `id: code` of every finding. */
function findingsIn(code: string): readonly string[] {
  const text = head + code;
  return kerasHazards.flatMap((hazard) =>
    hazard.language === 'python'
      ? hazard.find(readModule(parser.parse(text))).map(({ where }) => {
          return `${hazard.id.replace('keras/', '')}: ${text.slice(where.start, where.end)}`;
        })
      : [],
  );
}

function fixed(code: string): string {
  const text = head + code;
  const [finding] = kerasHazards.flatMap((hazard) =>
    hazard.language === 'python' ? hazard.find(readModule(parser.parse(text))) : [],
  );
  const edited = applyEdits(text, finding?.fix?.edits() ?? []);
  expect(parser.parse(edited).root.hasError).toBe(false);
  return edited.slice(head.length);
}

const loop = (model: string, extra = ''): string => `model = keras.Sequential([${model}])
def step(x, y):
    with tf.GradientTape() as tape:
        loss = loss_fn(y, model(x, training=True))${extra}
    grads = tape.gradient(loss, model.trainable_variables)
`;
const classifier = (layers: string, loss: string): string =>
  `model = keras.Sequential([keras.Input((8,)), ${layers}])\nmodel.compile(optimizer="adam", loss=${loss})\n`;
const logits = 'keras.losses.CategoricalCrossentropy(from_logits=True)';

describe('hazards of Keras', () => {
  it.each<[code: string, findings: readonly string[]]>([
    [
      loop('layers.Dense(3, kernel_regularizer="l2")'),
      ['penalties-not-in-loss: tape.gradient(loss, model.trainable_variables)'],
    ],
    [loop('layers.Dense(3)'), []],
    [loop('layers.Dense(3, kernel_regularizer=None)'), []],
    [
      loop('layers.Dense(3, kernel_regularizer="l2")', '\n        loss += tf.add_n(model.losses)'),
      [],
    ],
    [
      'for layer in base.layers:\n    layer.kernel_regularizer = keras.regularizers.l2(1e-4)\n',
      ['regularizer-after-build: layer.kernel_regularizer'],
    ],
    [
      'base.layers[0].kernel_regularizer = keras.regularizers.l2(1e-4)\n',
      ['regularizer-after-build: base.layers[0].kernel_regularizer'],
    ],
    [
      'class D(layers.Layer):\n    def __init__(self):\n        self.kernel_regularizer = keras.regularizers.l2()\n',
      [],
    ],
    [
      'for layer in base.layers:\n    layer.kernel_regularizer = r\nbase = keras.models.model_from_json(base.to_json())\n',
      [],
    ],
    [
      'keras.Sequential([layers.Dense(3, "relu"), layers.Dropout(0.5), layers.BatchNormalization()])\n',
      ['dropout-before-batch-norm: layers.Dropout(0.5)'],
    ],
    [
      'keras.Sequential([layers.Dense(3, "relu"), layers.BatchNormalization(), layers.Dropout(0.5)])\n',
      [],
    ],
    [
      'x = layers.Dropout(0.2)(x)\nx = layers.Dense(4)(x)\nx = layers.LayerNormalization()(x)\n',
      [],
    ],
    [
      'keras.Sequential([layers.Conv2D(8, 3), layers.BatchNormalization(), layers.ReLU()])\n',
      ['bias-before-batch-norm: layers.Conv2D(8, 3)'],
    ],
    ['keras.Sequential([layers.Conv2D(8, 3, use_bias=False), layers.BatchNormalization()])\n', []],
    [
      'keras.Sequential([layers.Conv2D(8, 3, activation="relu"), layers.BatchNormalization()])\n',
      [],
    ],
    ['keras.Sequential([layers.Dense(8), layers.BatchNormalization(center=False)])\n', []],
    [
      'class N(keras.Model):\n    def __init__(self):\n        super().__init__()\n        self.conv = layers.Conv2D(8, 3)\n        self.bn = layers.BatchNormalization()\n    def call(self, x):\n        x = self.conv(x)\n        x = self.bn(x)\n        return x\n',
      ['bias-before-batch-norm: layers.Conv2D(8, 3)'],
    ],
    [
      'keras.Sequential([layers.Dense(3, activation="softmax"), layers.Dropout(0.5)])\n',
      ['dropout-after-output: layers.Dropout(0.5)'],
    ],
    ['keras.Sequential([layers.Dense(3, activation="relu"), layers.Dropout(0.5)])\n', []],
    [
      classifier('layers.Dense(3, activation="softmax")', logits),
      ['softmax-from-logits: from_logits=True'],
    ],
    [classifier('layers.Dense(3)', logits), []],
    [classifier('layers.Dense(3, activation="softmax")', '"categorical_crossentropy"'), []],
    [classifier('layers.Dense(3, activation="softmax"), layers.Dense(3)', logits), []],
    [
      'x = layers.Rescaling(1.0 / 255)(inputs)\nx = layers.RandomErasing(0.5)(x)\n',
      ['random-erasing-noise: layers.RandomErasing(0.5)'],
    ],
    [
      'x = layers.Rescaling(1.0 / 255)(inputs)\nx = layers.RandomErasing(0.5, fill_value=0.0)(x)\n',
      [],
    ],
    ['x = layers.RandomErasing(0.5)(inputs)\nx = layers.Rescaling(1.0 / 255)(x)\n', []],
    [
      'x_train = x_train.astype("float32") / 255.0\nmodel = keras.Sequential([layers.RandomErasing()])\n',
      ['random-erasing-noise: layers.RandomErasing()'],
    ],
    ['"""\nkeras.Sequential([layers.Conv2D(8, 3), layers.BatchNormalization()])\n"""\n', []],
    ['keras.Sequential([layers.Conv2D(8, 3), layers.BatchNormalization(\n', []],
  ])('%s', (code, findings) => {
    expect(findingsIn(code)).toEqual(findings);
  });

  it.each([
    [
      loop('layers.Dense(3, kernel_regularizer="l2")'),
      '\n        loss = loss + sum(model.losses)\n',
    ],
    [
      'x = layers.Conv2D(8, 3)(x)\nx = layers.BatchNormalization()(x)\n',
      'Conv2D(8, 3, use_bias=False)(x)',
    ],
    [classifier('layers.Dense(3, activation="softmax")', logits), 'CategoricalCrossentropy()'],
    [
      'x = layers.Rescaling(1.0 / 255)(i)\nx = layers.RandomErasing(0.5)(x)\n',
      'RandomErasing(0.5, fill_value=0.0, value_range=(0, 1))(x)',
    ],
  ])('the fix of %s', (code, expected) => {
    const text = fixed(code);
    expect(text).toContain(expected);
    expect(findingsIn(text)).toEqual([]);
  });
});
