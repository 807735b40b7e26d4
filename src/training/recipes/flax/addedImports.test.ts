import { describe, expect, it } from 'vitest';

import { loadPythonParser } from '../../../../test/training/parsers';
import { offersFor } from '../../offers';
import { applyEdits } from '../../textEdit';

const parser = await loadPythonParser();
const offersIn = (text: string, variant: string) =>
  offersFor(parser.parse(text)).filter((offer) => offer.variant === variant);

const loss = `import optax


def loss_fn(logits, y):
    return optax.softmax_cross_entropy_with_integer_labels(logits, y).mean()
`;

describe('imports that came with a change go with it', () => {
  it.each<[name: string, variant: string, text: string]>([
    ['adam', 'optax.l2.optimizer', 'import optax\n\ntx = optax.adam(1e-3)\n'],
    ['adam, CRLF', 'optax.l2.optimizer', 'import optax\r\n\r\ntx = optax.adam(1e-3)\r\n'],
    ['a chain', 'optax.l2.optimizer', 'import optax\n\ntx = optax.sgd(1e-3, momentum=0.9)\n'],
    [
      'nothing but a name',
      'optax.gradient-clipping.norm',
      'from optax import sgd\n\ntx = sgd(1e-3)\n',
    ],
    ['a helper', 'optax.l1.proximal', 'import optax\n\ntx = optax.adam(1e-3)\n'],
    ['labels', 'optax.label-smoothing.loss', loss],
  ])('%s', (_name, variant, text) => {
    const offer = offersIn(text, variant).find(({ state }) => state === 'offered');
    const edited = applyEdits(text, offer?.edits() ?? []);
    expect(edited.match(/^import \w+/gm)?.length).toBeGreaterThan(
      text.match(/^import \w+/gm)?.length ?? 0,
    );
    const there = offersIn(edited, variant).find(({ state }) => state === 'present');
    expect(applyEdits(edited, there?.removal?.() ?? [])).toBe(text);
  });

  it('stay where something else uses them', () => {
    const text = 'import optax\nimport jax\n\ntx = optax.adam(1e-3)\nkey = jax.random.key(0)\n';
    const [offer] = offersIn(text, 'optax.l2.optimizer');
    const edited = applyEdits(text, offer?.edits() ?? []);
    const [there] = offersIn(edited, 'optax.l2.optimizer');
    expect(applyEdits(edited, there?.removal?.() ?? [])).toBe(text);
  });
});
