import { describe, expect, it } from 'vitest';

import { loadPythonParser } from '../../../../test/training/parsers';
import { readModule } from '../../module';
import type { PythonRecipe, RecipeOffer } from '../recipe';
import { applyEdits } from '../../textEdit';
import { scripts, shapes } from './testScripts';
import { kerasRecipes } from './index';

const parser = await loadPythonParser();

const isPython = (recipe: (typeof kerasRecipes)[number]): recipe is PythonRecipe =>
  recipe.language === 'python';
/** Offers of all recipes, or of those of one technique. */
const offersFor = (text: string, technique?: string): readonly RecipeOffer[] => {
  const source = parser.parse(text);
  return kerasRecipes
    .filter(isPython)
    .filter((recipe) => technique === undefined || recipe.technique === technique)
    .flatMap((recipe) => recipe.find(readModule(source)));
};

const nameOf = ({ variant, where }: RecipeOffer): string => `${variant} @ ${where.start}`;

describe('every offer, in every form of text', () => {
  it.each(
    scripts.flatMap(([name, text]) => shapes.map(([shape, change]) => [name, shape, change(text)])),
  )('%s, %s', (_name, _shape, text) => {
    expect(parser.parse(text).root.hasError).toBe(false);
    const before = offersFor(text);
    const offered = before.filter(({ state }) => state === 'offered');
    expect(offered.length).toBeGreaterThan(0);
    for (const offer of offered) {
      const edited = applyEdits(text, offer.edits());
      expect(parser.parse(edited).root.hasError, edited).toBe(false);
      const after = offersFor(edited, offer.technique);
      // The edit stands there now: there is one offer less, and it can be taken back.
      const count = (offers: readonly RecipeOffer[]): number =>
        offers.filter((o) => o.state === 'offered' && o.technique === offer.technique).length;
      expect(count(after), `${nameOf(offer)}\n${edited}`).toBeLessThan(count(before));
      const removals = after
        .filter(({ state, technique }) => state === 'present' && technique === offer.technique)
        .map((there) => applyEdits(edited, there.removal?.() ?? []));
      expect(removals, `${offer.variant}\n${edited}`).toContain(text);
    }
  });
});

describe('half-typed code', () => {
  it.each(scripts)('%s: no exception, no edit inside an error', (_name, text) => {
    for (let length = 0; length < text.length; length += 61) {
      const source = parser.parse(text.slice(0, length));
      for (const offer of offersFor(source.text)) {
        const edited = applyEdits(source.text, offer.edits());
        if (!source.root.hasError) expect(parser.parse(edited).root.hasError, edited).toBe(false);
      }
    }
  });
});
