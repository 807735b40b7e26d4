import { activeSightings } from './evidence';
import { evidenceOf, placesOf } from './evidence/places';
import { regularizersOf } from './evidence/regularizers';
import type { Seen } from './evidence/sighting';
import type { Facts } from './facts';
import type { Hit, Rule } from './rule';
import { digits, evidence } from './text';

const notRecorded = 'What a training script did outside of the model is not in the file';

export const stochasticDepth: Rule = {
  id: 'I4',
  name: 'declared-stochastic-depth',
  title: 'Stochastic depth declared',
  class: 'declared',
  severity: 'info',
  condition: 'A layer or a key sets drop path, stochastic depth or layer drop above 0.',
  rationale: 'Skipping blocks leaves no mark in weights; only a configuration shows it.',
  caveats: [],
  techniques: ['stochastic-depth'],
  sources: ['Huang et al. (Stochastic Depth), ECCV 2016'],
  thresholds: [],
  find: (facts) => hitsOf(facts, [['stochastic-depth', 'Blocks are skipped at random']]),
};

export const fractionalPooling: Rule = {
  id: 'I5',
  name: 'fractional-pooling',
  title: 'Fractional pooling in the graph',
  class: 'declared',
  severity: 'info',
  condition: 'A layer or a node pools over regions of random size.',
  rationale: 'Pooling has no weights: only a graph or a program shows it.',
  caveats: [],
  techniques: ['fractional-pooling'],
  sources: ['Graham (Fractional max-pooling), 2014'],
  thresholds: [],
  find: (facts) => hitsOf(facts, [['fractional-pooling', 'Fractional pooling']]),
};

export const augmentation: Rule = {
  id: 'I6',
  name: 'declared-augmentation',
  title: 'Data augmentation declared',
  class: 'declared',
  severity: 'info',
  condition: 'A layer or a key sets augmentation, erasing, mixup or label smoothing.',
  rationale: 'What was done to the data leaves no mark in weights; only a configuration shows it.',
  caveats: [notRecorded],
  techniques: ['augmentation', 'cutout', 'mixup'],
  sources: [],
  thresholds: [],
  find: (facts) =>
    hitsOf(facts, [
      ['augmentation', 'Data augmentation'],
      ['cutout', 'Random erasing'],
      ['mixup', 'Mixup or CutMix'],
      ['label-smoothing', 'Label smoothing'],
    ]),
};

export const idleRegularizers: Rule = {
  id: 'I9',
  name: 'idle-regularizer',
  title: 'Penalty without effect',
  class: 'declared',
  severity: 'note',
  condition: 'A declared penalty has a coefficient below the limit.',
  rationale: 'Such a penalty changes nothing and reads as if there were one.',
  caveats: [],
  suggestion: 'Remove the penalty or give it a coefficient that acts, such as 1e-4.',
  techniques: ['l1', 'l2', 'orthogonality'],
  sources: [],
  thresholds: ['idle-regularizer.coefficient'],
  *find(facts) {
    const limit = facts.threshold('idle-regularizer.coefficient');
    for (const layer of facts.declaredLayers) {
      const penalties = regularizersOf(layer);
      // L1L2 writes a zero for the half that is not asked for.
      const byKey = new Set(
        penalties.filter((one) => one.coefficient >= limit).map(({ key }) => key),
      );
      const idle = penalties.filter(({ key }) => !byKey.has(key));
      const first = idle.find(({ coefficient }) => coefficient > 0) ?? idle[0];
      if (!first) continue;
      yield {
        layer: layer.name,
        confidence: 'certain',
        message: `${first.key} (${first.type}) has the coefficient ${digits(first.coefficient)}, which does nothing.`,
        evidence: [evidence(first.key, first.coefficient, `< ${digits(limit)}`)],
      };
    }
  },
};

/** One hit for each of the techniques that is found. */
function* hitsOf(facts: Facts, kinds: readonly (readonly [Seen, string])[]): Iterable<Hit> {
  for (const [seen, text] of kinds) {
    const found = activeSightings(facts, seen);
    if (found.length === 0) continue;
    yield {
      class: found[0]?.class ?? 'declared',
      confidence: 'certain',
      message: `${text}: ${placesOf(found)}.`,
      evidence: evidenceOf(found),
      ...(seen !== 'label-smoothing' && kinds.length > 1 && { techniques: [seen] }),
    };
  }
}
