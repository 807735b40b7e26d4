import { describe, expect, it } from 'vitest';

import { loadPythonParser } from '../../../../test/training/parsers';
import { readModule } from '../../module';
import { scripts } from './testScripts';
import { kerasRecipes } from './index';

const parser = await loadPythonParser();

/** `variant: line` of every offer, with its state where it is not offered. */
function offersIn(text: string): readonly string[] {
  const source = parser.parse(text);
  return kerasRecipes.flatMap((recipe) =>
    recipe.language === 'python'
      ? recipe.find(readModule(source)).map(({ variant, state, where }) => {
          const line = text.slice(0, where.start).split('\n').length;
          return `${line} ${variant.replace('keras.', '')}${state === 'offered' ? '' : ` (${state})`}`;
        })
      : [],
  );
}

describe('residual branches', () => {
  const head = 'import keras\nfrom keras import layers\n';
  it.each<[code: string, offers: number]>([
    ['def f(x):\n    y = layers.Dense(8)(x)\n    return layers.add([x, y])\n', 1],
    ['def f(x):\n    y = layers.Dense(8)(x)\n    return x + y\n', 1],
    ['def f(x):\n    a = layers.MultiHeadAttention(2, 4)(x, x)\n    x = layers.Add()([a, x])\n', 1],
    // Two branches, positions added to an embedding, a sum of different inputs.
    ['def f(x):\n    a = layers.Dense(8)(x)\n    b = layers.Dense(8)(x)\n    return a + b\n', 0],
    ['def f(t, p):\n    e = layers.Embedding(9, 8)(t)\n    return e + p\n', 0],
    ['def f(x, z):\n    y = layers.Dense(8)(x)\n    return layers.add([z, y])\n', 0],
    ['def f(x):\n    y = layers.Dense(8)(x)\n    return layers.multiply([x, y])\n', 0],
  ])('%s', (code, count) => {
    const found = offersIn(head + code).filter((offer) => offer.includes('stochastic-depth'));
    expect(found).toHaveLength(count);
  });
});

describe('what is offered where', () => {
  it.each(scripts)('%s', (name, text) => {
    const offers = [...offersIn(text)].sort((a, b) => parseInt(a) - parseInt(b));
    expect(offers).toMatchSnapshot(name);
  });
});
