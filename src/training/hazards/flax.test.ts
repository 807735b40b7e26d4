import { describe, expect, it } from 'vitest';

import { loadPythonParser } from '../../../test/training/parsers';
import { readModule } from '../module';
import { applyEdits } from '../textEdit';
import { flaxHazards } from './flax';

const parser = await loadPythonParser();
const head =
  'import jax\nimport jax.numpy as jnp\nimport optax\nfrom flax import linen as nn, nnx\nmask = None\n';

/** `id: place → the line after the fix` of every finding. */
function findings(code: string): readonly string[] {
  const text = head + code;
  const module = readModule(parser.parse(text));
  return flaxHazards.flatMap((hazard) =>
    hazard.language === 'python'
      ? hazard.find(module).map(({ where, fix }) => {
          const place = text.slice(where.start, where.end).replace(/\s+/g, ' ');
          if (!fix) return `${hazard.id}: ${place}`;
          const edited = applyEdits(text, fix.edits());
          expect(parser.parse(edited).root.hasError, edited).toBe(false);
          // A fix leaves nothing that this hazard would find again.
          const again = hazard.find(readModule(parser.parse(edited)));
          expect(again.length).toBeLessThan(hazard.find(module).length);
          const lines = edited.split('\n');
          const before = new Set(text.split('\n'));
          const changed = lines.filter((line) => !before.has(line)).map((line) => line.trim());
          return `${hazard.id}: ${place} → ${changed.join(' ⏎ ')}`;
        })
      : [],
  );
}

const model = (body: string, signature = 'self, x, train: bool = False'): string =>
  `class Net(nn.Module):
    @nn.compact
    def __call__(${signature}):
        x = nn.relu(nn.Dense(8)(x))
        ${body}
        return nn.Dense(2)(x)
`;

const nnxNet = `class Net(nnx.Module):
    def __init__(self, rngs):
        self.fc = nnx.Linear(4, 2, rngs=rngs)
        self.drop = nnx.Dropout(0.5, rngs=rngs)
    def __call__(self, x):
        return self.fc(self.drop(x))
`;
const step = (decorator: string, body: string): string => `${nnxNet}
@${decorator}
def step(model, optimizer, x):
    ${body}
`;

describe('hazards of optax and Flax', () => {
  it.each<[code: string, found: readonly string[]]>([
    [
      'tx = optax.chain(optax.sgd(0.1), optax.add_decayed_weights(1e-4))',
      [
        'optax/decay-after-optimizer: optax.add_decayed_weights(1e-4) → tx = optax.chain(optax.add_decayed_weights(1e-4), optax.sgd(0.1))',
      ],
    ],
    [
      // As in google/flax examples/sst2/train.py.
      'tx = optax.chain(\n    optax.sgd(learning_rate=lr, momentum=0.9),  # step\n    optax.additive_weight_decay(weight_decay=wd),\n)',
      [
        'optax/decay-after-optimizer: optax.additive_weight_decay(weight_decay=wd) → optax.additive_weight_decay(weight_decay=wd),  # step ⏎ optax.sgd(learning_rate=lr, momentum=0.9),',
      ],
    ],
    [
      'tx = optax.chain(optax.scale_by_adam(), optax.scale(-1e-3), optax.add_decayed_weights(1e-4))',
      [
        'optax/decay-after-optimizer: optax.add_decayed_weights(1e-4) → tx = optax.chain(optax.scale_by_adam(), optax.add_decayed_weights(1e-4), optax.scale(-1e-3))',
      ],
    ],
    ['tx = optax.chain(optax.add_decayed_weights(1e-4), optax.sgd(0.1))', []],
    ['tx = optax.chain(optax.sgd(0.1), optax.add_decayed_weights(-1e-4))', []],
    [
      'tx = optax.chain(optax.scale_by_adam(), optax.add_decayed_weights(1e-2), optax.scale(-1e-3))',
      [],
    ],
    ['tx = optax.chain(optax.scale(0.5), optax.add_decayed_weights(1e-2))', []],
    ['tx = optax.chain(*parts, optax.sgd(0.1), optax.add_decayed_weights(1e-4))', []],
    ['s = "optax.chain(optax.sgd(0.1), optax.add_decayed_weights(1e-4))"', []],
    [
      'tx = optax.chain(optax.clip(1.0), optax.add_decayed_weights(1e-4), optax.adam(1e-3))',
      ['optax/coupled-decay: optax.add_decayed_weights(1e-4)'],
    ],
    ['tx = optax.chain(optax.add_decayed_weights(1e-4), optax.rmsprop(1e-3))', []],
    [
      'tx = optax.adamw(1e-3, weight_decay=0.1)',
      [
        'optax/decay-without-mask: optax.adamw(1e-3, weight_decay=0.1) → tx = optax.adamw(1e-3, weight_decay=0.1, mask=lambda params: jax.tree.map(lambda p: p.ndim > 1, params))',
      ],
    ],
    [
      'tx = optax.lion(1e-3)',
      [
        'optax/decay-without-mask: optax.lion(1e-3) → tx = optax.lion(1e-3, mask=lambda params: jax.tree.map(lambda p: p.ndim > 1, params))',
      ],
    ],
    ['tx = optax.adamw(1e-3, weight_decay=0.0)', []],
    ['tx = optax.adamw(1e-3, weight_decay=0.1, mask=mask)', []],
    ['tx = optax.adamw(1e-3, **options)', []],
    ['tx = optax.masked(optax.adamw(1e-3), mask)', []],
    ['tx = optax.multi_transform({"a": optax.adamw(1e-3), "b": optax.sgd(1)}, labels)', []],
    ['tx = optax.lamb(1e-3)', []],
    [
      model('x = nn.Dropout(0.5, deterministic=False)(x)'),
      ['flax/constant-dropout: False → x = nn.Dropout(0.5, deterministic=not train)(x)'],
    ],
    [
      model('x = nn.Dropout(0.5)(x, deterministic=True)', 'self, x, deterministic'),
      ['flax/constant-dropout: True → x = nn.Dropout(0.5)(x, deterministic=deterministic)'],
    ],
    [
      model('x = nn.Dropout(0.5)(x)'),
      ['flax/constant-dropout: nn.Dropout(0.5) → x = nn.Dropout(0.5, deterministic=not train)(x)'],
    ],
    [model('x = nn.Dropout(0.5)(x)', 'self, x'), ['flax/constant-dropout: nn.Dropout(0.5)']],
    [model('x = nn.Dropout(0.5, deterministic=not train)(x)'), []],
    [model('x = nn.Dropout(0.5)(x, deterministic=not train)'), []],
    [model('x = nn.Dropout(0.5)(x, not train)'), []],
    [model('x = nn.Dropout(0.5, **options)(x)'), []],
    [model('x = Dropout(0.5)(x)'), []],
    [
      nnxNet.replace('self.drop(x)', 'self.drop(x, deterministic=False)'),
      ['flax/constant-dropout: False'],
    ],
    [nnxNet, []],
    [
      `${model('x = nn.Dropout(0.5, deterministic=not train)(x)')}
def step(state, x):
    def loss_fn(params):
        loss = state.apply_fn({"params": params}, x, train=False, rngs={"dropout": key}).mean()
        return loss
    return jax.value_and_grad(loss_fn)(state.params)
`,
      [
        'flax/loss-without-training: False → loss = state.apply_fn({"params": params}, x, train=True, rngs={"dropout": key}).mean()',
      ],
    ],
    [
      `${model('x = nn.Dropout(0.5, deterministic=not train)(x)')}
def evaluate(state, x):
    return state.apply_fn({"params": state.params}, x, train=False)
`,
      [],
    ],
    [
      step('jax.jit', 'loss, grads = nnx.value_and_grad(loss_fn)(model, x)'),
      ['flax/jit-without-state: jax.jit → @nnx.jit'],
    ],
    [
      `${nnxNet}model = Net(nnx.Rngs(0))\n@jax.jit\ndef predict(x):\n    return model(x)\n`,
      ['flax/jit-without-state: jax.jit → @nnx.jit'],
    ],
    [step('nnx.jit', 'loss, grads = nnx.value_and_grad(loss_fn)(model, x)'), []],
    [step('jax.jit', 'm = nnx.merge(model, x)\n    g = nnx.value_and_grad(loss_fn)(m, x)'), []],
    [
      step('jax.jit', 'g = nnx.grad(loss_fn)(model, x)').replace(
        'nnx.Dropout(0.5, rngs=rngs)',
        'nnx.LayerNorm(4, rngs=rngs)',
      ),
      [],
    ],
    [step('jax.jit', 'return x + 1'), []],
  ])('%s', (code, found) => {
    expect(findings(code)).toEqual(found);
  });

  it('says nothing, and does not throw, on half-typed code', () => {
    const text = `${head}${nnxNet}${model('x = nn.Dropout(0.5)(x)')}tx = optax.chain(optax.sgd(1), optax.add_decayed_weights(1))`;
    for (let length = 0; length < text.length; length += 23) {
      const module = readModule(parser.parse(text.slice(0, length)));
      for (const hazard of flaxHazards) {
        if (hazard.language === 'python') expect(hazard.find(module)).toBeDefined();
      }
    }
  });
});
