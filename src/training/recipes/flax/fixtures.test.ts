import { readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

import { describe, expect, it } from 'vitest';

import { loadPythonParser } from '../../../../test/training/parsers';
import { readModule } from '../../module';
import { applyEdits } from '../../textEdit';
import type { RecipeOffer } from '../recipe';
import { flaxRecipes } from '.';

const parser = await loadPythonParser();
const folder = fileURLToPath(new URL('../../../../test/fixtures/training/flax/', import.meta.url));
const scripts = readdirSync(folder).filter((name) => /^\w+\.py$/.test(name));
const read = (name: string): string => readFileSync(folder + name, 'utf8');

function offersOf(text: string): readonly RecipeOffer[] {
  const module = readModule(parser.parse(text));
  return flaxRecipes.flatMap((recipe) => (recipe.language === 'python' ? recipe.find(module) : []));
}

/** Variants that a script is offered, each at the first place. */
const cases = scripts.flatMap((script) => {
  const offered = offersOf(read(script)).filter(({ state }) => state === 'offered');
  return [...new Set(offered.map(({ variant }) => variant))].map((variant) => ({
    script,
    variant,
  }));
});

/** Each variant once, in the first script that has it. */
const variants = cases.filter(
  ({ variant }, index) => cases.findIndex((one) => one.variant === variant) === index,
);

/** Other shapes of the same script: what is true of one must be true of all. */
const shapes: Readonly<Record<string, (text: string) => string>> = {
  'as it is': (text) => text,
  'with CRLF': (text) => text.replaceAll('\n', '\r\n'),
  'with tabs': (text) =>
    text.replace(/^(?: {4})+|^(?: {2})+/gm, (spaces) =>
      '\t'.repeat(spaces.length / (/^ {2}\S/m.test(text) ? 2 : 4)),
    ),
  'with other names': (text) =>
    text
      .replace('from flax import nnx', 'import flax.nnx as fx')
      .replace('from flax import linen as nn', 'import flax.linen as fnn')
      .replace('import optax\n', 'import optax as ox\n')
      .replace(/\bnnx\./g, (name) => (text.includes('from flax import nnx') ? 'fx.' : name))
      .replace(/\bnn\./g, 'fnn.')
      .replace(/\boptax\./g, 'ox.'),
  'with comments': (text) => text.replace(/(?<=[\w)\]])$/gm, '  # why'),
};

function offered(text: string, variant: string): RecipeOffer {
  const offer = offersOf(text).find((one) => one.variant === variant && one.state === 'offered');
  if (!offer) throw new Error(`${variant} is not offered in\n${text}`);
  return offer;
}

/** What is written out and run: every variant, and those again that another script tries in another way. */
const shown: Readonly<Record<string, readonly string[]>> = {
  'mlp_nnx.py': [
    'nnx.l1.loss',
    'optax.l1.proximal',
    'optax.l2.optimizer',
    'nnx.orthogonality.gram',
    'nnx.orthogonality.init',
    'nnx.dropout.module',
    'nnx.batch-norm.module',
    'nnx.dropconnect.layer',
    'flax.mixup.batch',
    'optax.label-smoothing.loss',
    'optax.gradient-clipping.norm',
  ],
  'sgd_nnx.py': ['optax.l1.proximal', 'optax.l2.optimizer'],
  'cnn_nnx.py': [
    'nnx.dropout.module',
    'nnx.fractional-pooling.function',
    'flax.augmentation.batch',
    'flax.cutout.batch',
  ],
  'residual_nnx.py': ['nnx.stochastic-depth.block'],
  'mlp_linen.py': [
    'linen.l1.loss',
    'linen.orthogonality.gram',
    'linen.orthogonality.init',
    'linen.dropout.module',
    'linen.dropconnect.layer',
    'optax.l2.optimizer',
    'flax.mixup.batch',
  ],
  'cnn_linen.py': ['linen.dropout.module', 'linen.fractional-pooling.function'],
  'residual_linen.py': ['linen.stochastic-depth.loop'],
};
const written = Object.entries(shown).flatMap(([script, names]) =>
  names.map((variant) => ({ script, variant })),
);

describe('what a change makes of a script', () => {
  // The edited scripts are run by test/training/effects/flax.py.
  it.each(written)('$script $variant', ({ script, variant }) => {
    const text = read(script);
    const edited = applyEdits(text, offered(text, variant).edits());
    const expected = script.replace(/\.py$/, `.${variant}.py`);
    if (process.env['UPDATE_EXPECTED']) writeFileSync(folder + expected, edited);
    expect(edited).toBe(read(expected));
  });

  it('writes every variant, and nothing that is made no more', () => {
    const made = written.map(({ script, variant }) => script.replace(/py$/, `${variant}.py`));
    const files = readdirSync(folder).filter((name) => /^\w+\..+\.py$/.test(name));
    expect(files.sort()).toEqual(made.sort());
    const names = new Set(written.map(({ variant }) => variant));
    expect(variants.filter(({ variant }) => !names.has(variant))).toEqual([]);
  });
});

describe.each(Object.keys(shapes))('%s', (shape) => {
  it.each(shape === 'as it is' ? written : variants)(
    '$script $variant: valid, once, and back again',
    ({ script, variant }) => {
      const text = shapes[shape]!(read(script));
      expect(parser.parse(text).root.hasError).toBe(false);
      const before = offersOf(text).filter((one) => one.variant === variant);
      const offer = offered(text, variant);
      const edits = offer.edits();
      const edited = applyEdits(text, edits);
      expect(parser.parse(edited).root.hasError, edited).toBe(false);
      for (const { newText, stops } of edits) {
        for (const { start, end } of stops ?? []) expect(newText.slice(start, end)).not.toBe('');
      }

      const after = offersOf(edited).filter((one) => one.variant === variant);
      const count = (offers: readonly RecipeOffer[]): number =>
        offers.filter(({ state }) => state === 'offered').length;
      expect(count(after), edited).toBeLessThan(count(before));
      const there = after.find(({ state }) => state === 'present');
      expect(there, edited).toBeDefined();
      const removal = there?.removal?.();
      expect(removal, edited).toBeDefined();
      expect(applyEdits(edited, removal ?? [])).toBe(text);
    },
  );
});

describe('half-typed code', () => {
  it.each(variants)('$script $variant: no exception and no error', ({ script, variant }) => {
    const text = applyEdits(read(script), offered(read(script), variant).edits());
    for (let length = 0; length < text.length; length += 509) {
      const part = text.slice(0, length);
      const source = parser.parse(part);
      for (const offer of offersOf(part)) {
        const edits = [offer.edits(), offer.removal?.() ?? []];
        for (const edited of edits.map((list) => applyEdits(part, list))) {
          if (!source.root.hasError) expect(parser.parse(edited).root.hasError, edited).toBe(false);
        }
      }
    }
  });
});
