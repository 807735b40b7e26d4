import type { LayerReport } from '../core/report';
import { activeSightings, sightingsOf } from './evidence';
import { techniqueOfClass } from './evidence/layerClasses';
import { modulesOf } from './evidence/modules';
import { groupFacts } from './evidence/optimizers';
import { maxNormOf, regularizersOf } from './evidence/regularizers';
import { numberOf, type DeclaredLayer, type Facts } from './facts';
import type { Hit, Rule } from './rule';
import { digits, evidence } from './text';

export const contradictions: Rule = {
  id: 'J4',
  name: 'contradiction',
  title: 'Declared, but not so in the weights or the record',
  class: 'declared',
  severity: 'warn',
  isFirst: true,
  condition:
    'L1, orthogonality or max-norm is declared for a layer whose weights show the contrary; or arguments and optimizer, or arguments and modules, disagree.',
  rationale:
    'A regularizer that was meant and did not act is the finding that is easiest to act upon.',
  caveats: ['It may have been applied in an earlier phase of training, or to other layers'],
  suggestion: 'Check that the setting reaches the layer and the optimizer.',
  techniques: [],
  sources: [],
  thresholds: [
    'contradiction.l1',
    'contradiction.near-zero',
    'contradiction.orthogonality',
    'contradiction.max-norm',
  ],
  *find(facts) {
    for (const layer of facts.eligible) {
      const declared = facts.declaredOf(layer);
      if (!declared) continue;
      yield* penaltyHits(facts, layer, declared);
      yield* maxNormHits(facts, layer, declared);
    }
    yield* decayHits(facts);
    yield* dropoutHits(facts);
  },
};

function* penaltyHits(facts: Facts, layer: LayerReport, declared: DeclaredLayer): Iterable<Hit> {
  const near = facts.threshold('contradiction.near-zero');
  const index = facts.threshold('contradiction.orthogonality');
  for (const { key, type, coefficient, isActivity } of regularizersOf(declared)) {
    if (isActivity || !isOfWeight(key, layer)) continue;
    const excess = numberOf(layer, 'near.excess(1e-2)');
    const zeros = numberOf(layer, 'zero.frac') ?? 0;
    if (type === 'l1' && coefficient >= facts.threshold('contradiction.l1')) {
      if (excess === undefined || excess >= near || zeros >= 0.05) continue;
      yield {
        layer: layer.name,
        confidence: 'strong',
        message: `L1 of ${digits(coefficient)} is declared, but weights near zero are no more than chance (${digits(excess)} times).`,
        evidence: [
          { name: key, value: coefficient },
          evidence('near.excess(1e-2)', excess, `< ${digits(near)}`),
        ],
        techniques: ['l1'],
      };
    }
    const oi = numberOf(layer, 'OI_small');
    if (type === 'orthogonality' && coefficient > 0 && oi !== undefined && oi > index) {
      yield {
        layer: layer.name,
        confidence: 'strong',
        message: `an orthogonality penalty of ${digits(coefficient)} is declared, but the rows are no closer to orthogonal than chance (index ${digits(oi)}).`,
        evidence: [
          { name: key, value: coefficient },
          evidence('OI_small', oi, `> ${digits(index)}`),
        ],
        techniques: ['orthogonality'],
      };
    }
  }
}

/** Keras constrains along axis 0 by default: of a dense kernel these are the units, of a convolution they are not. */
function* maxNormHits(facts: Facts, layer: LayerReport, declared: DeclaredLayer): Iterable<Hit> {
  const limit = maxNormOf(declared);
  const largest = numberOf(layer, 'row.l2.max');
  if (limit === undefined || largest === undefined || layer.shape.length !== 2) return;
  if (layer.role !== 'matrix' || largest <= limit * facts.threshold('contradiction.max-norm'))
    return;
  yield {
    layer: layer.name,
    confidence: 'strong',
    message: `a max-norm of ${digits(limit)} is declared, but a unit's weights have the norm ${digits(largest)}.`,
    evidence: [
      { name: 'kernel_constraint', value: limit },
      evidence('row.l2.max', largest, `> ${digits(limit)}`),
    ],
    techniques: ['max-norm'],
  };
}

/** Arguments that set weight decay, and an optimizer that has none. */
function* decayHits(facts: Facts): Iterable<Hit> {
  const groups = groupFacts(facts).filter(({ weightDecay }) => weightDecay !== undefined);
  if (groups.length === 0) return;
  const isDecayed = groups.some(({ weightDecay }) => weightDecay !== 0);
  const said = sightingsOf(facts).find(
    ({ seen, class: kind, name, isDefault }) =>
      seen === 'l2' && kind === 'declared' && /weight_decay$|^wd$/.test(name) && isDefault !== true,
  );
  if (!said) return;
  const isMeant = said.isOff !== true;
  if (isMeant === isDecayed) return;
  const [first] = groups.filter(({ weightDecay }) => weightDecay !== 0);
  yield {
    class: 'recorded',
    confidence: 'strong',
    message: isMeant
      ? `${said.where} = ${said.value}, but every group of the optimizer has weight decay 0.`
      : `${said.where} = ${said.value}, but ${first?.where ?? 'the optimizer'} has weight decay ${digits(first?.weightDecay ?? 0)}.`,
    evidence: [
      { name: said.name, value: said.value, where: said.where },
      { name: 'weight_decay', value: first?.weightDecay ?? 0, where: first?.where ?? 'optimizer' },
    ],
    techniques: ['l2'],
  };
}

/** Hyperparameters that set dropout, and modules of the model whose rates are all zero. */
function* dropoutHits(facts: Facts): Iterable<Hit> {
  const said = activeSightings(facts, 'dropout').find(({ where, name }) => where.endsWith(name));
  const modules = modulesOf(facts.declared).filter(
    ({ type, config }) => techniqueOfClass(type, config)?.seen === 'dropout',
  );
  const [first] = modules;
  if (!said || !first) return;
  if (!modules.every(({ type, config }) => techniqueOfClass(type, config)?.isOff === true)) return;
  yield {
    confidence: 'strong',
    message: `${said.where} = ${said.value}, but all dropout of the model has the rate 0, first ${first.name}.`,
    evidence: [
      { name: said.name, value: said.value, where: said.where },
      { name: first.type, value: 0, where: first.name },
    ],
    techniques: ['dropout'],
  };
}

/** Which weight a penalty is on: a recurrent layer has three. */
function isOfWeight(key: string, { tensor, role }: LayerReport): boolean {
  if (key === 'recurrent_regularizer') return role === 'recurrent';
  if (key === 'depthwise_regularizer') return tensor.includes('depthwise');
  if (key === 'pointwise_regularizer') return tensor.includes('pointwise');
  return key === 'kernel_regularizer' && role !== 'recurrent';
}
