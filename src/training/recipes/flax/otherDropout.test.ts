import { describe, expect, it } from 'vitest';

import { loadPythonParser } from '../../../../test/training/parsers';
import { readModule } from '../../module';
import { flaxRecipes } from './index';

const parser = await loadPythonParser();
const rates = (text: string): readonly (string | undefined)[] => {
  const module = readModule(parser.parse(text));
  return flaxRecipes
    .flatMap((recipe) => (recipe.language === 'python' ? recipe.find(module) : []))
    .filter(({ technique, state }) => technique === 'dropout' && state === 'present')
    .map(({ strength }) => strength && text.slice(strength.start, strength.end));
};

const linen = (body: string): string =>
  `from flax import linen as nn\n\n\nclass Net(nn.Module):\n  rate: float = 0.1\n${body}`;

describe('dropout that is in a Flax module already', () => {
  it.each([
    [
      linen(
        '\n  def setup(self):\n    self.drop = nn.Dropout(rate=self.rate)\n\n  def __call__(self, x, train):\n    return self.drop(x, deterministic=not train)\n',
      ),
      ['self.rate'],
    ],
    [
      linen(
        '\n  @nn.compact\n  def __call__(self, x, train):\n    x = nn.Dense(8)(x)\n    x = nn.relu(x)\n    x = nn.Dropout(0.3, deterministic=not train)(x)\n    return nn.Dense(2)(x)\n',
      ),
      ['0.3'],
    ],
    [
      'from flax import nnx\n\n\nclass Net(nnx.Module):\n  def __init__(self, rngs: nnx.Rngs):\n    self.fc = nnx.Linear(8, 8, rngs=rngs)\n    self.drop = nnx.Dropout(rate=0.2, rngs=rngs)\n\n  def __call__(self, x):\n    return nnx.relu(self.drop(self.fc(x)))\n',
      ['0.2'],
    ],
  ])('once each: %#', (text, expected) => {
    expect(rates(text)).toEqual(expected);
  });
});
