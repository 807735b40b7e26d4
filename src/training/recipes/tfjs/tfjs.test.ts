import { describe, expect, it } from 'vitest';

import { loadSharingParser } from '../../../../test/training/parsers';
import { checkpointPaths } from '../../checkpointPaths';
import { findLayerDefinitions } from '../../definitions';
import { hazardsFor } from '../../hazardsFor';
import { offersFor } from '../../offers';
import { applyEdits } from '../../textEdit';
import type { RecipeOffer } from '../recipe';
import { scripts } from './testScripts';

const parsers = {
  javascript: await loadSharingParser('javascript'),
  typescript: await loadSharingParser('typescript'),
  tsx: await loadSharingParser('tsx'),
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
      .filter((language) => language === 'javascript' || shape === 'as it is')
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

describe('scripts of other kinds', () => {
  const variants = (text: string): readonly string[] =>
    offersFor(parsers.javascript.parse(text))
      .filter(({ state }) => state === 'offered')
      .map(
        ({ variant, where }) =>
          `${text.slice(0, where.start).split('\n').length} ${variant.slice(5)}`,
      );

  it('leaves the outputs and the sampling of an autoencoder alone', () => {
    const text = `const tf = require('@tensorflow/tfjs');
function encoder({size, hidden, latent}) {
  const inputs = tf.input({shape: [size]});
  const x = tf.layers.dense({units: hidden, activation: 'relu'})
                .apply(inputs);
  const mean = tf.layers.dense({units: latent, name: 'mean'}).apply(x);
  const variance = tf.layers.dense({units: latent, name: 'variance'}).apply(x);
  const z = new Sampling({name: 'z'}).apply([mean, variance]);
  return tf.model({inputs, outputs: [mean, variance, z]});
}
class Sampling extends tf.layers.Layer {
  call(inputs) {
    const [mean, variance] = inputs;
    return mean.add(variance.mul(0.5).exp().mul(tf.randomNormal(mean.shape)));
  }
}
function decoder(x) {
  return tf.layers.dense({units: 3}).apply(x);
}
`;
    const placed = variants(text).filter((name) => /dropout|batch-norm|dropconnect/.test(name));
    expect(placed).toEqual(['4 dropout.layer', '4 batch-norm.layer', '4 dropconnect.dense']);
  });

  it.each<[name: string, text: string]>([
    [
      'another library',
      "import * as tf from './my-tf.js';\ntf.layers.dense({units: 2});\nmodel.fit(xs, ys, {epochs: 2});",
    ],
    ['a parameter', 'export function build(tf) {\n  return tf.layers.dense({units: 2});\n}'],
    ['fit of something else', "import {fit} from 'curves';\nline.fit(xs, ys, {degree: 2});"],
    [
      'strings and comments',
      "// import * as tf from '@tensorflow/tfjs'\nconst s = 'tf.layers.dense({units: 2})';",
    ],
    [
      'configurations from elsewhere',
      "import * as tf from '@tensorflow/tfjs';\ntf.layers.dense(config);\ntf.layers.dense({...config});",
    ],
    [
      'an error around the layer',
      "import * as tf from '@tensorflow/tfjs';\nfunction f() {\n  tf.layers.dense({units: 2});\n  const = ;\n}",
    ],
  ])('is silent: %s', (_name, text) => {
    expect(variants(text).filter((name) => !name.endsWith('orthogonality.initializer'))).toEqual(
      [],
    );
  });

  it.each(Object.entries(scripts))('never throws on half-typed code: %s', (_name, text) => {
    for (let length = 0; length < text.length; length += 37) {
      const source = parsers.typescript.parse(text.slice(0, length));
      for (const offer of offersFor(source)) {
        if (!source.root.hasError) {
          const edited = applyEdits(source.text, offer.edits());
          expect(parsers.typescript.parse(edited).root.hasError, edited).toBe(false);
        }
      }
      hazardsFor(source);
      findLayerDefinitions(source);
      checkpointPaths(source);
    }
  });

  it.each<[name: string, text: string]>([
    [
      'chained names',
      `${Array.from({ length: 2000 }, (_, i) => `const a${i} = a${i + 1};`).join('\n')}\na0.layers.dense({units: 1});`,
    ],
    ['names in a circle', 'const a = b;\nconst b = a;\na.layers.dense({units: b});'],
    ['deep members', `const x = tf${'.layers'.repeat(20_000)};`],
    ['deep brackets', `const x = ${'['.repeat(5_000)}1${']'.repeat(5_000)};`],
    [
      'many layers',
      Array.from(
        { length: 300 },
        (_, i) => `x = tf.layers.dense({units: ${i + 1}, activation: 'relu'}).apply(x);`,
      ).join('\n'),
    ],
  ])('does not hang on %s', (_name, text) => {
    const source = parsers.javascript.parse(`import * as tf from '@tensorflow/tfjs';\n${text}`);
    const started = performance.now();
    offersFor(source);
    hazardsFor(source);
    findLayerDefinitions(source);
    expect(performance.now() - started).toBeLessThan(20_000);
  });
});
