import { property } from '../core/json';
import { blockOf, numberOf, numbersOf, type Facts } from './facts';
import type { Hit, Rule } from './rule';
import { atLeast, atMost, digits, evidence } from './text';

const rankCollapse: Rule = {
  id: 'E5',
  name: 'rank-collapse',
  title: 'Few directions in use',
  class: 'measured',
  severity: 'warn',
  condition:
    'effective rank over that of random weights, and the share of directions that hold 99 % of the energy',
  rationale: 'A layer that uses few of its directions passes little on and could be factorised.',
  caveats: [
    'Strong weight decay on wide layers, which may generalise well',
    'Merged low-rank updates',
    'Layers after a bottleneck',
  ],
  suggestion:
    'Narrow or factorise the layer; if it is unintended and validation is worse than training, try an orthogonality penalty',
  techniques: ['orthogonality'],
  sources: ['Roy & Vetterli, EUSIPCO 2007', 'Galanti et al., arXiv 2206.05794'],
  thresholds: ['rank-collapse.relative', 'rank-collapse.energy'],
  *find(facts) {
    for (const layer of facts.eligible) {
      const values = numbersOf(layer, 'rel.erank_sigma', 'energy(0.99)', 'erank_sigma');
      const count = (blockOf(layer)?.p ?? 0) * layer.blocks;
      const relative = facts.threshold('rank-collapse.relative');
      const energy = facts.threshold('rank-collapse.energy') * count;
      if (!values || values['rel.erank_sigma'] >= relative || values['energy(0.99)'] > energy)
        continue;
      yield {
        layer: layer.name,
        confidence: 'strong',
        strength: 1 - values['rel.erank_sigma'],
        evidence: [
          evidence('rel.erank_sigma', values['rel.erank_sigma'], `< ${digits(relative)}`),
          evidence('energy(0.99)', values['energy(0.99)'], atMost(energy)),
        ],
        message: `${values['energy(0.99)']} of ${count} directions hold 99 % of the energy; the effective rank is ${digits(values.erank_sigma)}, consistent with a layer that uses few directions.`,
      };
    }
  },
};

const illConditioned: Rule = {
  id: 'E6',
  name: 'ill-conditioned',
  title: 'Ill-conditioned',
  class: 'measured',
  severity: 'info',
  condition: 'condition number of a matrix that is not square and has no dead filters or inputs',
  rationale: 'Directions that are all but lost carry neither signal nor gradient.',
  caveats: ['Pruning', 'Square random matrices are ill-conditioned by nature and left out'],
  suggestion:
    'Orthogonal initialisation; if validation is worse than training, try an orthogonality penalty',
  techniques: ['orthogonality'],
  sources: ['Pennington, Schoenholz & Ganguli, NeurIPS 2017'],
  thresholds: ['ill-conditioned.cond', 'ill-conditioned.aspect'],
  *find(facts) {
    for (const layer of facts.eligible) {
      const block = blockOf(layer);
      const cond = numberOf(layer, 'cond');
      const limit = facts.threshold('ill-conditioned.cond');
      if (!block || cond === undefined || cond < limit || layer.bounds['cond'] !== undefined)
        continue;
      if (block.p / Math.max(block.m, block.k) > facts.threshold('ill-conditioned.aspect'))
        continue;
      const dead = ['dead', 'row.zero', 'col.zero'].some((id) => (numberOf(layer, id) ?? 0) > 0);
      if (dead) continue;
      const chance = layer.baselines['cond'];
      yield {
        layer: layer.name,
        confidence: 'strong',
        strength: cond,
        evidence: [evidence('cond', cond, atLeast(limit))],
        message: `the condition number is ${digits(cond, 2)}${chance === undefined ? '' : `, that of random weights ${digits(chance, 2)}`}: consistent with directions that are all but lost.`,
      };
    }
  },
};

/** Mean of the squared activation over that of its input, for independent unit normal inputs. */
const activationGains: Readonly<Record<string, number>> = {
  relu: 0.5,
  leaky_relu: 0.5,
  gelu: 0.43,
  silu: 0.36,
  swish: 0.36,
  linear: 1,
  softmax: 1,
  sigmoid: 1,
  tanh: 0.39,
};

/** Layers through which a signal passes unchanged in size as far as this estimate goes. */
const passing = new Set([
  'InputLayer',
  'Flatten',
  'Dropout',
  'SpatialDropout1D',
  'SpatialDropout2D',
  'Reshape',
  'Permute',
  'Activation',
  'ReLU',
  'LeakyReLU',
  'MaxPooling2D',
  'AveragePooling2D',
  'GlobalAveragePooling2D',
]);

const signalGain: Rule = {
  id: 'E7',
  name: 'signal-gain',
  title: 'Signal grows or fades through the layers',
  class: 'measured',
  severity: 'note',
  condition:
    '|Σ log₁₀ gain| over the layers of a declared Sequential without normalisation, gain = g·‖W‖_F²/m',
  rationale: 'A signal that grows or fades by many powers of ten makes training unstable.',
  caveats: [
    'An estimate for independent inputs of zero mean: correlated inputs differ',
    'Biases are left out',
  ],
  suggestion: 'Initialise to keep the variance, or normalise between layers',
  techniques: ['batch-norm'],
  sources: ['He et al., ICCV 2015', 'Xiao et al., ICML 2018'],
  thresholds: ['signal-gain.decades'],
  *find(facts) {
    const hit = gainOf(facts);
    if (hit) yield hit;
  },
};

function gainOf(facts: Facts): Hit | undefined {
  const [model] = facts.declaredLayers;
  if (model?.type !== 'Sequential') return undefined;
  const byName = new Map(facts.layers.map((layer) => [facts.declaredOf(layer)?.name, layer]));
  let decades = 0;
  let count = 0;
  for (const { name, type, config } of facts.declaredLayers.slice(1)) {
    if (passing.has(type)) continue;
    const layer = byName.get(name);
    const norm = numberOf(layer, 'l2');
    const rows = layer?.view?.[0];
    // Anything else (normalisation, recurrence, a nested model) resets the signal or is not covered by the estimate.
    if (!/^(Dense|Conv[123]D)$/.test(type) || norm === undefined || rows === undefined)
      return undefined;
    const activation = property(config, 'activation');
    const gain =
      typeof activation === 'string' && Object.hasOwn(activationGains, activation)
        ? activationGains[activation]
        : 1;
    if (!(norm > 0)) return undefined;
    decades += Math.log10(((gain ?? 1) * norm ** 2) / rows);
    count += 1;
  }
  const limit = facts.threshold('signal-gain.decades');
  if (count < 2 || Math.abs(decades) <= limit) return undefined;
  return {
    confidence: 'suggestive',
    evidence: [evidence('Σ log₁₀ gain', decades, `|…| > ${digits(limit)}`)],
    message: `Over ${count} layers the variance of the signal ${decades > 0 ? 'grows' : 'fades'} by about ${digits(Math.abs(decades), 2)} powers of ten, consistent with activations that ${decades > 0 ? 'explode' : 'vanish'}.`,
  };
}

/** How evenly a layer, or the model, treats its directions. */
export const conditioning: readonly Rule[] = [rankCollapse, illConditioned, signalGain];
