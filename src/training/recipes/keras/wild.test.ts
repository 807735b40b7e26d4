import { describe, expect, it } from 'vitest';

import { loadPythonParser } from '../../../../test/training/parsers';
import { kerasHazards } from '../../hazards/keras';
import { readModule } from '../../module';
import { applyEdits } from '../../textEdit';
import type { RecipeOffer } from '../recipe';
import { kerasRecipes } from './index';

const parser = await loadPythonParser();

const offersIn = (text: string, id: string): readonly RecipeOffer[] => {
  const module = readModule(parser.parse(text));
  return kerasRecipes
    .flatMap((recipe) => (recipe.language === 'python' ? recipe.find(module) : []))
    .filter(({ technique, variant }) => technique === id || variant === `keras.${id}`);
};
const states = (text: string, id: string): readonly string[] =>
  offersIn(text, id).map(({ state }) => state);
/** The text with the first such offer, and the same without it again. */
const thereAndBack = (text: string, variant: string): readonly [string, readonly string[]] => {
  const offer = offersIn(text, variant).find(({ state }) => state === 'offered');
  const edited = applyEdits(text, offer?.edits() ?? []);
  const removals = offersIn(edited, offer?.technique ?? '').flatMap((there) => {
    const edits = there.removal?.();
    return edits ? [applyEdits(edited, edits)] : [];
  });
  return [edited, removals];
};

const dense = 'm = keras.Sequential([layers.Dense(8, "relu"), layers.Dense(3)])\n';
const head = 'import keras\nfrom keras import layers\n';

describe('forms of other people’s code', () => {
  it.each([
    ['an unused import before the helper', `${head}import numpy as np\n\n${dense}`, 'l1.proximal'],
    [
      'two kernels in one layer',
      `${head}x = layers.SeparableConv2D(8, 3, padding="same")(x)\n`,
      'l2.regularizer',
    ],
    [
      'a method whose parameter is called optimizer',
      `${head}class T(keras.Model):\n    def compile(self, optimizer):\n        super().compile(optimizer=optimizer)\n\nm = T()\nm.compile(optimizer="adam")\n`,
      'l2.adamw',
    ],
    [
      'an optimizer by name',
      `${head}${dense}m.compile("rmsprop", loss="mse")\n`,
      'gradient-clipping.compile',
    ],
    [
      'an optimizer by keyword',
      `${head}${dense}m.compile(loss='mse', optimizer='Adam'.lower())\nm.compile(loss='mse', optimizer='adam')\n`,
      'gradient-clipping.compile',
    ],
  ])('there and back: %s', (_name, text, variant) => {
    const [edited, removals] = thereAndBack(text, variant);
    expect(edited).not.toBe(text);
    expect(parser.parse(edited).root.hasError).toBe(false);
    expect(removals).toContain(text);
  });

  it('the name of an optimizer becomes the class that it stands for', () => {
    const [edited] = thereAndBack(
      `${head}${dense}m.compile(optimizer="rmsprop")\n`,
      'gradient-clipping.compile',
    );
    expect(edited).toContain('optimizer=keras.optimizers.RMSprop(global_clipnorm=1.0)');
  });

  it.each([
    [
      'from keras.layers.core import Dense\nfrom keras.models import Sequential\nm = Sequential([Dense(8)])\n',
    ],
    [`${head}${dense}m.compile("adam", "mse")\nm.fit_generator(batches)\n`],
    ['from keras.utils import np_utils\nfrom keras.layers import Dense\nx = Dense(8)(x)\n'],
  ])('nothing of Keras 3 for what only Keras 2 runs: %s', (text) => {
    for (const id of ['l1.proximal', 'orthogonality.gram', 'spectral-norm.wrapper']) {
      expect(states(text, id), id).not.toContain('offered');
    }
    expect(states(text, 'l2.regularizer')).toContain('offered');
  });

  it('the arguments of Keras 1 have other names', () => {
    const text =
      'from keras.layers import Convolution2D\nx = Convolution2D(8, nb_row=3, nb_col=3)(x)\n';
    expect(states(text, 'l2.regularizer')).toEqual(['unavailable']);
    expect(offersIn(text, 'l2.regularizer')[0]?.detail).toContain('Keras 1');
  });

  it.each([
    ['g = keras.preprocessing.image.ImageDataGenerator(zoom_range=0.1)\n', 1],
    [
      'g = keras.preprocessing.image.ImageDataGenerator(rescale=1 / 255, horizontal_flip=False)\n',
      0,
    ],
    ['import tensorflow as tf\ny = tf.image.random_flip_left_right(y)\n', 1],
  ])('augmentation in the pipeline: %s', (code, count) => {
    expect(states(head + code, 'augmentation.pipeline')).toEqual(Array(count).fill('present'));
  });

  it('no DropConnect on the output before its activation', () => {
    const text = `${head}m = keras.Sequential()\nm.add(layers.Dense(8, activation="relu"))\nm.add(layers.Dense(1))\nm.add(layers.Activation("sigmoid"))\n`;
    expect(
      offersIn(text, 'dropconnect').map(({ where }) => text.slice(where.start, where.end)),
    ).toEqual(['layers.Dense(8, activation="relu")']);
  });

  const block = (norm: string): string =>
    `${head}def block(x, norm, first):\n    conv = layers.Conv2D(8, 3)\n    if first:\n        x = conv(x)\n${norm}        x = layers.Activation("relu")(x)\n    else:\n        x = layers.BatchNormalization()(x)\n        x = conv(x)\n    return x\n`;

  it('layers in two branches do not follow each other', () => {
    const optional = block('        if norm:\n            x = layers.BatchNormalization()(x)\n');
    const biases = (text: string): number =>
      kerasHazards
        .flatMap((hazard) =>
          hazard.language === 'python'
            ? [[hazard.id, hazard.find(readModule(parser.parse(text)))] as const]
            : [],
        )
        .filter(([id, found]) => id === 'keras/bias-before-batch-norm' && found.length > 0).length;
    expect(biases(optional)).toBe(0);
    expect(biases(block('        x = layers.BatchNormalization()(x)\n'))).toBe(1);
    const [edited] = thereAndBack(block(''), 'dropout.layer');
    expect(edited).toContain(
      'x = layers.Activation("relu")(x)\n        x = layers.SpatialDropout2D(0.1)(x)\n    else:',
    );
  });
});
