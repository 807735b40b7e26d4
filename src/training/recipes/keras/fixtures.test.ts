import { existsSync, readFileSync, writeFileSync } from 'node:fs';

import { describe, expect, it } from 'vitest';

import { loadPythonParser } from '../../../../test/training/parsers';
import { readModule } from '../../module';
import { applyEdits } from '../../textEdit';
import { kerasRecipes } from './index';

const parser = await loadPythonParser();
const folder = new URL('../../../../test/fixtures/training/keras/', import.meta.url);
const read = (name: string): string => readFileSync(new URL(name, folder), 'utf8');

/** Every place of a script where the variant is offered, one after the other. */
function withAll(text: string, variant: string): string {
  let result = text;
  for (let round = 0; round < 20; round++) {
    const source = parser.parse(result);
    const offer = kerasRecipes
      .filter(({ technique }) => variant.startsWith(`keras.${technique}.`))
      .flatMap((recipe) => (recipe.language === 'python' ? recipe.find(readModule(source)) : []))
      .find((candidate) => candidate.variant === variant && candidate.state === 'offered');
    if (!offer) return result;
    result = applyEdits(result, offer.edits());
  }
  throw new Error(`${variant} does not come to an end`);
}

const cases: readonly (readonly [script: string, ...variants: string[]])[] = [
  [
    'sequential',
    'l1.proximal',
    'l1.regularizer',
    'l1.callback',
    'l2.regularizer',
    'l2.adamw',
    'orthogonality.gram',
    'orthogonality.built-in',
    'orthogonality.initializer',
    'dropout.layer',
    'batch-norm.layer',
    'dropconnect.dense',
    'spectral-norm.wrapper',
    'max-norm.constraint',
    'label-smoothing.loss',
    'mixup.arrays',
  ],
  [
    'images',
    'l2.optimizer',
    'orthogonality.gram',
    'dropout.layer',
    'batch-norm.layer',
    'fractional-pooling.layer',
    'augmentation.translation',
    'augmentation.flip',
    'cutout.random-erasing',
    'gradient-clipping.clipnorm',
  ],
  ['residual', 'stochastic-depth.layer', 'dropout.layer'],
  ['dataset', 'mixup.dataset', 'augmentation.dataset', 'l1.regularizer', 'batch-norm.layer'],
  ['loop', 'l2.regularizer', 'l1.proximal', 'dropout.layer'],
];

describe('scripts after every variant', () => {
  // test/training/effects/keras.py runs them and looks at the effect.
  it.each(cases.flatMap(([script, ...variants]) => variants.map((variant) => [script, variant])))(
    '%s, %s',
    (script, variant) => {
      const edited = withAll(read(`${script}.py`), `keras.${variant}`);
      expect(parser.parse(edited).root.hasError).toBe(false);
      const name = `${script}.${variant}.py`;
      if (process.env['UPDATE_EXPECTED']) writeFileSync(new URL(name, folder), edited);
      expect(existsSync(new URL(name, folder))).toBe(true);
      expect(edited).toBe(read(name));
    },
  );
});
