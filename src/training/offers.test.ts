import { readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

import { describe, expect, it } from 'vitest';

import { loadPythonParser } from '../../test/training/parsers';
import { offersAt, offersFor } from './offers';
import { applyEdits } from './textEdit';

const parser = await loadPythonParser();
const folder = fileURLToPath(new URL('../../test/fixtures/training/', import.meta.url));
const scripts = readdirSync(folder).filter((name) => /^\w+\.py$/.test(name));
const read = (name: string): string => readFileSync(folder + name, 'utf8');
/** Weight decay only: other techniques have fixtures of their own. */
const offers = (text: string) =>
  offersFor(parser.parse(text)).filter(({ technique }) => technique === 'l2');

/** Takes every offer, one after the other, as a user would. */
function withAllOffers(text: string): string {
  let result = text;
  for (let round = 0; round < 10; round++) {
    const offer = offers(result).find(({ state }) => state === 'offered');
    if (!offer) return result;
    result = applyEdits(result, offer.edits());
  }
  throw new Error('offers do not come to an end');
}

describe('weight decay in whole scripts', () => {
  // The expected files are run by test/training/run_edited.py.
  it.each(scripts)('%s', (name) => {
    const edited = withAllOffers(read(name));
    const expected = name.replace(/\.py$/, '.expected.py');
    if (process.env['UPDATE_EXPECTED']) writeFileSync(folder + expected, edited);
    expect(edited).toBe(read(expected));
  });

  it.each(scripts)('%s: a second pass changes nothing', (name) => {
    const edited = withAllOffers(read(name));
    expect(offers(edited).filter(({ state }) => state === 'offered')).toEqual([]);
    expect(withAllOffers(edited)).toBe(edited);
  });

  it.each(scripts)('%s: half-typed code gives no exception and no edit inside an error', (name) => {
    const text = read(name);
    for (let length = 0; length < text.length; length += 40) {
      const source = parser.parse(text.slice(0, length));
      for (const offer of offersFor(source)) {
        const edited = applyEdits(source.text, offer.edits());
        const errorsBefore = source.root.hasError;
        if (offer.state === 'offered' && !errorsBefore) {
          expect(parser.parse(edited).root.hasError, edited).toBe(false);
        }
      }
      expect(offersAt(source, length)).toBeDefined();
    }
  });
});
