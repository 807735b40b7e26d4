import { describe, expect, it } from 'vitest';

import { loadPythonParser } from '../../../../test/training/parsers';
import { readModule } from '../../module';
import { applyEdits } from '../../textEdit';
import { flaxRecipes } from '.';

const parser = await loadPythonParser();
const head =
  'import jax\nimport jax.numpy as jnp\nimport numpy as np\nimport optax\nfrom flax import linen as nn, nnx\n';

function offersOf(text: string, variant: string) {
  const module = readModule(parser.parse(text));
  return flaxRecipes
    .flatMap((recipe) => (recipe.language === 'python' ? recipe.find(module) : []))
    .filter((offer) => offer.variant === variant);
}

/** The state of the first offer; where it is offered, the lines that are new. */
function outcome(code: string, variant: string): string {
  const text = head + code;
  const [offer] = offersOf(text, variant);
  if (!offer) return 'nothing';
  if (offer.state !== 'offered') return `${offer.state}: ${offer.detail}`;
  const edited = applyEdits(text, offer.edits());
  expect(parser.parse(edited).root.hasError, edited).toBe(false);
  const there = offersOf(edited, variant).find(({ state }) => state === 'present');
  expect(there, edited).toBeDefined();
  const removal = there?.removal?.();
  if (removal) expect(applyEdits(edited, removal)).toBe(text);
  const before = new Set(text.split('\n'));
  return edited
    .split('\n')
    .filter((line) => line !== '' && !before.has(line))
    .map((line) => line.trim())
    .join(' ⏎ ');
}

const mask = 'lambda params: jax.tree.map(lambda p: p.ndim > 1, params)';
const net = `class Net(nn.Module):
    @nn.compact
    def __call__(self, x, *, train):
        x = nn.relu(nn.Dense(8)(x))
        return nn.Dense(2)(x)
`;
const loss = (body: string, call = 'jax.value_and_grad(loss_fn)(state.params)'): string => `
def step(state, x, y):
    def loss_fn(params):
${body
  .split('\n')
  .map((line) => `        ${line}`)
  .join('\n')}
    return ${call}
`;
const applied = 'logits = state.apply_fn({"params": params}, x)';

describe('optimizers', () => {
  it.each<[variant: string, code: string, result: string]>([
    [
      'optax.l2.optimizer',
      'tx = optax.adam(1e-3)',
      `tx = optax.adamw(1e-3, weight_decay=1e-2, mask=${mask})`,
    ],
    [
      'optax.l2.optimizer',
      'tx = optax.nadam(lr, b1=0.9,)',
      `tx = optax.nadamw(lr, b1=0.9, weight_decay=1e-2, mask=${mask},)`,
    ],
    [
      'optax.l2.optimizer',
      'tx = optax.adam(\n    learning_rate=schedule,  # warm-up\n)',
      `tx = optax.adamw( ⏎ weight_decay=1e-2, mask=${mask},`,
    ],
    [
      'optax.l2.optimizer',
      'tx = optax.chain(optax.clip(1.0), optax.sgd(0.1))',
      `tx = optax.chain(optax.clip(1.0), optax.add_decayed_weights(1e-4, mask=${mask}), optax.sgd(0.1))`,
    ],
    [
      'optax.l2.optimizer',
      'tx = optax.adamw(1e-3, weight_decay=0.0, mask=m)',
      'tx = optax.adamw(1e-3, weight_decay=1e-2, mask=m)',
    ],
    [
      'optax.l2.optimizer',
      'tx = optax.adamw(1e-3, weight_decay=0.1)',
      'present: weight_decay is 0.1, decoupled, on biases and norms as well',
    ],
    [
      'optax.l2.optimizer',
      'tx = optax.adam(1e-3, **more)',
      'unavailable: Some arguments come from * or **; whether weight_decay is among them is not known',
    ],
    [
      'optax.l2.optimizer',
      'tx = optax.chain(optax.add_decayed_weights(1e-4), optax.adam(1))',
      'present: optax.add_decayed_weights(1e-4) is added to the gradient (coupled L2)',
    ],
    [
      'optax.l2.optimizer',
      'tx = optax.adamw(1e-3)',
      'present: adamw decays by 1e-4 unless told otherwise, biases and norms as well',
    ],
    [
      'optax.l2.optimizer',
      'tx = optax.lamb(1e-3)',
      `tx = optax.lamb(1e-3, weight_decay=1e-2, mask=${mask})`,
    ],
    ['optax.l2.optimizer', 'from mine import optax\ntx = optax.adam(1)', 'nothing'],
    ['optax.l2.optimizer', '# tx = optax.adam(1)\ns = "optax.adam(1)"', 'nothing'],
    [
      'optax.l2.optimizer',
      'def f():\n    tx = optax.adam(1)\n    x = (',
      'unavailable: The code around this optimizer has a syntax error',
    ],
    [
      'optax.gradient-clipping.norm',
      'tx = optax.adam(1e-3)',
      'tx = optax.chain(optax.clip_by_global_norm(1.0), optax.adam(1e-3))',
    ],
    [
      'optax.gradient-clipping.norm',
      'tx = optax.chain(\n    optax.add_decayed_weights(1e-4),  # first\n    optax.sgd(0.1),\n)',
      'optax.clip_by_global_norm(1.0),',
    ],
    [
      'optax.gradient-clipping.norm',
      'tx = optax.chain(optax.clip(1.0), optax.sgd(0.1))',
      'present: optax.clip(1.0) stands in the chain',
    ],
    [
      'optax.gradient-clipping.norm',
      'clip = optax.clip(1.0)\ntx = optax.chain(clip, optax.sgd(0.1))',
      'nothing',
    ],
    [
      'optax.gradient-clipping.norm',
      'tx = optax.chain(*parts, optax.sgd(0.1))',
      'unavailable: The elements of the chain are not all known',
    ],
    [
      'optax.l1.proximal',
      'tx = optax.MultiSteps(optax.sgd(lr, momentum=0.9), 4)',
      'tx = optax.MultiSteps(optax.chain(optax.sgd(lr, momentum=0.9), proximal_l1(1e-3, lr)), 4)',
    ],
    [
      'optax.l1.proximal',
      'tx = optax.adam(\n    optax.cosine_decay_schedule(\n        1e-3, 100))',
      'unavailable: The learning rate is an expression of several lines: give it a name first',
    ],
    [
      'optax.l1.proximal',
      'tx = optax.adagrad()',
      'unavailable: The threshold needs the learning rate, which this call does not give',
    ],
    [
      'optax.l1.proximal',
      'def proximal_l1(x):\n    pass\ntx = optax.adam(1e-3)',
      'unavailable: The name proximal_l1 means something else in this file',
    ],
  ])('%s: %s', (variant, code, result) => {
    expect(outcome(code, variant)).toContain(result);
  });
});

describe('terms of the loss', () => {
  const term = '1e-4 * sum(jnp.abs(p).sum() for p in jax.tree.leaves(params) if p.ndim > 1)';
  it.each<[code: string, result: string]>([
    [loss(`${applied}\nloss = logits.mean()  # mean\nreturn loss`), `loss = loss + ${term}`],
    [loss(`${applied}\nloss = logits.mean()\nreturn loss, (logits, x)`), `loss = loss + ${term}`],
    [loss(`${applied}\nreturn logits.mean()`), `return logits.mean() + ${term}`],
    [
      loss(`${applied}\nloss = logits.mean()\nloss = loss / 4\nreturn loss`),
      `loss = loss + ${term}`,
    ],
    [
      loss(
        `${applied}\nif y:\n    loss = logits.sum()\nelse:\n    loss = logits.mean()\nreturn loss`,
      ),
      `loss = loss + ${term}`,
    ],
    [loss(`${applied}\nreturn loss if y else logits`), 'nothing'],
    [loss(`${applied}\nif y:\n    return x\nreturn logits.mean()`), 'nothing'],
    [loss('return jnp.sum(params * x)'), 'nothing'],
    [
      loss(
        `${applied}\nreturn logits.mean()`,
        'jax.value_and_grad(loss_fn, argnums=1)(x, state.params)',
      ),
      'nothing',
    ],
    [loss(`${applied}\nreturn logits.mean()`, 'loss_fn(state.params)'), 'nothing'],
    [
      loss(
        `${applied}\nl1 = sum(jnp.abs(p).sum() for p in jax.tree_util.tree_leaves(params))\nreturn logits.mean()`,
      ),
      'present: The loss function sums absolute values over parameters',
    ],
  ])('%s', (code, result) => {
    expect(outcome(code, 'linen.l1.loss')).toBe(result);
  });
});

describe('dropout in Linen', () => {
  const forward = '        x = nn.relu(nn.Dense(8)(x))\n';
  const dropped = 'x = nn.Dropout(0.5, deterministic=not train)(x)';
  const key = 'rngs={"dropout": jax.random.fold_in(jax.random.key(0), state.step)}';
  it.each<[what: string, code: string, result: string]>([
    [
      'takes the flag that is there',
      `${net}model = Net()${loss(`${applied}\nreturn logits.mean()`)}`,
      `${dropped} ⏎ logits = state.apply_fn({"params": params}, x, train=True, ${key})`,
    ],
    [
      'takes a flag of the other sign',
      `${net.replace('*, train', 'deterministic')}model = Net()${loss(`${applied}\nreturn logits.mean()`)}`,
      `x = nn.Dropout(0.5, deterministic=deterministic)(x) ⏎ logits = state.apply_fn({"params": params}, x, deterministic=False, ${key})`,
    ],
    [
      'leaves streams that are there',
      `${net}model = Net()${loss(`logits = state.apply_fn({"params": params}, x, train=True, rngs={"dropout": k})\nreturn logits.mean()`)}`,
      dropped,
    ],
    [
      'is not possible where the step is in another file',
      net,
      'unavailable: The call of apply in a loss function is not in this file: it has to hand over train=True and a random key',
    ],
    [
      'is not possible in a part of a model',
      `${net}class Model(nn.Module):\n    @nn.compact\n    def __call__(self, x):\n        return Net()(x, train=True)\nmodel = Model()${loss(`${applied}\nreturn logits.mean()`)}`,
      'unavailable: Net is a part of another module, which would have to hand on whether it is being trained',
    ],
    [
      'is not possible without a step that counts',
      `${net}model = Net()\ndef step(params, x):\n    def loss_fn(params):\n        return model.apply({"params": params}, x).mean()\n    return jax.grad(loss_fn)(params)\n`,
      'unavailable: There is no train state at hand whose step would make the masks differ from step to step',
    ],
    [
      'leaves a flag that others use, and the streams go with the dropout',
      `${net.replace('return', 'x = nn.BatchNorm(use_running_average=not train)(x)\n        return')}model = Net()${loss(`logits = state.apply_fn({"params": params}, x, train=True)\nreturn logits.mean()`)}`,
      `${dropped} ⏎ logits = state.apply_fn({"params": params}, x, train=True, ${key})`,
    ],
    [
      'is there',
      `${net.replace(forward, `${forward}        x = nn.Dropout(0.3)(x, deterministic=not train)\n`)}model = Net()`,
      'present: The activations go through nn.Dropout(0.3)',
    ],
  ])('%s', (_, code, result) => {
    expect(outcome(code, 'linen.dropout.module')).toBe(result);
  });
});

/** Written as the examples of Flax are. */
const mnist = `
class CNN(nn.Module):
  """A simple CNN model."""

  @nn.compact
  def __call__(self, x):
    x = nn.Conv(features=32, kernel_size=(3, 3))(x)
    x = nn.relu(x)
    x = nn.avg_pool(x, window_shape=(2, 2), strides=(2, 2))
    x = x.reshape((x.shape[0], -1))  # flatten
    x = nn.Dense(features=256)(x)
    x = nn.relu(x)
    x = nn.Dense(features=10)(x)
    return x


@jax.jit
def apply_model(state, images, labels):
  """Computes gradients, loss and accuracy for a single batch."""

  def loss_fn(params):
    logits = state.apply_fn({'params': params}, images)
    one_hot = jax.nn.one_hot(labels, 10)
    loss = jnp.mean(optax.softmax_cross_entropy(logits=logits, labels=one_hot))
    return loss, logits

  grad_fn = jax.value_and_grad(loss_fn, has_aux=True)
  (loss, logits), grads = grad_fn(state.params)
  accuracy = jnp.mean(jnp.argmax(logits, -1) == labels)
  return grads, loss, accuracy


def train_epoch(state, train_ds, batch_size, rng):
  perms = jax.random.permutation(rng, len(train_ds['image']))
  for perm in perms:
    batch_images = train_ds['image'][perm, ...]
    batch_labels = train_ds['label'][perm, ...]
    grads, loss, accuracy = apply_model(state, batch_images, batch_labels)
    state = state.apply_gradients(grads=grads)
  return state


def create_train_state(rng, config):
  cnn = CNN()
  params = cnn.init(rng, jnp.ones([1, 28, 28, 1]))['params']
  tx = optax.sgd(config.learning_rate, config.momentum)
  return train_state.TrainState.create(apply_fn=cnn.apply, params=params, tx=tx)
`;

describe('a script of the kind that Flax shows', () => {
  it.each<[variant: string, result: string]>([
    [
      'optax.l2.optimizer',
      `tx = optax.chain(optax.add_decayed_weights(1e-4, mask=${mask}), optax.sgd(config.learning_rate, config.momentum))`,
    ],
    ['linen.dropout.module', 'x = nn.Dropout(0.1, deterministic=not train)(x)'],
    [
      'optax.label-smoothing.loss',
      'loss = jnp.mean(optax.softmax_cross_entropy(logits=logits, labels=optax.smooth_labels(one_hot, 0.1)))',
    ],
    [
      'flax.cutout.batch',
      "batch_rng = np.random.default_rng(0) ⏎ batch_images = cutout(batch_rng, train_ds['image'][perm, ...], size=4)",
    ],
    ['flax.mixup.batch', 'nothing'],
    ['linen.fractional-pooling.function', 'nothing'],
    ['linen.stochastic-depth.loop', 'nothing'],
    ['nnx.dropout.module', 'nothing'],
  ])('%s', (variant, result) => {
    expect(outcome(mnist, variant)).toContain(result);
  });
});
