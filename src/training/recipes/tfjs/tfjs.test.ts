import { describe, expect, it } from 'vitest';

import { loadParser } from '../../../../test/training/parsers';
import { offersFor } from '../../offers';
import { applyEdits } from '../../textEdit';
import type { RecipeOffer } from '../recipe';
import { scripts } from './testScripts';

const parsers = {
  javascript: await loadParser('javascript'),
  typescript: await loadParser('typescript'),
  tsx: await loadParser('tsx'),
};

const languages = ['javascript', 'typescript', 'tsx'] as const;

const keyOf = ({ variant, where }: RecipeOffer, all: readonly RecipeOffer[]): string => {
  const same = all.filter((offer) => offer.variant === variant);
  return `${variant} #${same.findIndex((offer) => offer.where.start === where.start)}`;
};

const shapes: Readonly<Record<string, (text: string) => string>> = {
  'as it is': (text) => text,
  CRLF: (text) => text.replaceAll('\n', '\r\n'),
  tabs: (text) => text.replace(/^(?: {2})+/gm, (spaces) => '\t'.repeat(spaces.length / 2)),
  'no line break at the end': (text) => text.trimEnd(),
  'comments before all': (text) => `// A script.\n/* tf.layers.dense({units: 1}) */\n${text}`,
  'trailing commas': (text) => text.replace(/([\w\])}'"])\n(\s*[}\]]\))/g, '$1,\n$2'),
};

const cases = Object.entries(scripts).flatMap(([name, text]) =>
  Object.entries(shapes).flatMap(([shape, change]) =>
    languages
      .filter((language) => language !== 'tsx' || shape === 'as it is')
      .map((language) => ({ name, shape, language, text: change(text) })),
  ),
);

describe.each(cases)('$name, $shape, $language', ({ text, language }) => {
  const parser = parsers[language];
  const source = parser.parse(text);
  const offers = offersFor(source);

  it('parses', () => {
    expect(source.root.hasError).toBe(false);
  });

  it('gives code without errors, once, that can be taken back to the byte', () => {
    const offered = offers.filter(({ state }) => state === 'offered');
    expect(offered.length).toBeGreaterThan(3);
    for (const offer of offered) {
      const key = keyOf(offer, offers);
      const edits = offer.edits();
      const edited = applyEdits(text, edits);
      const after = parser.parse(edited);
      expect(after.root.hasError, `${key}\n${edited}`).toBe(false);
      for (const { newText, stops } of edits) {
        for (const stop of stops ?? [])
          expect(newText.slice(stop.start, stop.end)).toMatch(/^[\d.e-]+$/);
      }
      const again = offersFor(after).filter(({ variant }) => variant === offer.variant);
      const there = again.filter(
        ({ state, where }) => state === 'present' && edited.length > where.start,
      );
      const before = offers.filter(
        ({ variant, state }) => variant === offer.variant && state === 'present',
      );
      expect(there.length, `${key} is not found again\n${edited}`).toBe(before.length + 1);
      const restored = there.map((found) => {
        const removal = found.removal?.();
        return removal && applyEdits(edited, removal);
      });
      expect(restored, `${key}\n${edited}`).toContain(text);
    }
  });
});
