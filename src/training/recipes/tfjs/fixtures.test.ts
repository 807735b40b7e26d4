import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { extname } from 'node:path';
import { fileURLToPath } from 'node:url';

import { describe, expect, it } from 'vitest';

import { loadSharingParser } from '../../../../test/training/parsers';
import { hazardsFor } from '../../hazardsFor';
import { offersFor } from '../../offers';
import { applyEdits } from '../../textEdit';

const parsers = {
  '.js': await loadSharingParser('javascript'),
  '.ts': await loadSharingParser('typescript'),
};
const folder = fileURLToPath(new URL('../../../../test/fixtures/training/tfjs/', import.meta.url));

/** Scripts that test/training/effects/tfjs.mjs runs, with what is added to each. */
const cases: readonly (readonly [script: string, variants: readonly string[]])[] = [
  [
    'mlp.js',
    [
      'l1.regularizer',
      'l1.proximal',
      'l2.regularizer',
      'l2.decoupled',
      'max-norm.batch',
      'orthogonality.gram',
      'orthogonality.initializer',
      'dropout.layer',
      'batch-norm.layer',
      'dropconnect.dense',
      'mixup.epochs',
      'label-smoothing.compile',
      'gradient-clipping.optimizer',
    ],
  ],
  [
    'cnn.ts',
    [
      'l1.proximal',
      'l2.decoupled',
      'max-norm.batch',
      'orthogonality.gram',
      'dropout.layer',
      'batch-norm.layer',
      'dropconnect.dense',
      'augmentation.dataset',
      'cutout.dataset',
      'mixup.dataset',
      'fractional-pooling.layer',
      'label-smoothing.compile',
      'gradient-clipping.optimizer',
    ],
  ],
  ['residual.js', ['stochastic-depth.branch', 'dropout.layer', 'batch-norm.layer', 'mixup.epochs']],
  ['loop.ts', ['fixes', 'l1.proximal', 'label-smoothing.loss', 'gradient-clipping.optimizer']],
];

const parse = (script: string, text: string) =>
  parsers[extname(script) === '.ts' ? '.ts' : '.js'].parse(text);

/** The script after every offer of the variant, or after every fix. */
function edited(script: string, variant: string): string {
  let text = readFileSync(folder + script, 'utf8');
  for (let round = 0; round < 12; round++) {
    const source = parse(script, text);
    const edits =
      variant === 'fixes'
        ? hazardsFor(source).flatMap(({ fix }) => fix?.edits() ?? [])
        : offersFor(source)
            .find((offer) => offer.variant === `tfjs.${variant}` && offer.state === 'offered')
            ?.edits();
    if (!edits || edits.length === 0) return text;
    text = applyEdits(text, edits);
  }
  throw new Error(`offers of ${variant} do not come to an end`);
}

describe.each(
  cases.flatMap(([script, variants]) => variants.map((variant) => ({ script, variant }))),
)('$script, $variant', ({ script, variant }) => {
  it('is what is run by test/training/effects', () => {
    const path = folder + script.replace(/(\.\w+)$/, `.${variant}$1`);
    const text = edited(script, variant);
    if (process.env['UPDATE_EXPECTED']) writeFileSync(path, text);
    expect(text).not.toBe(readFileSync(folder + script, 'utf8'));
    expect(existsSync(path) && readFileSync(path, 'utf8')).toBe(text);
  });
});
