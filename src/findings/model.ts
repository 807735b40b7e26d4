import { capital, counted } from '../core/words';
import { maxNorm } from './constraints';
import { contradictions } from './contradictions';
import { generalizationGap } from './generalizationGap';
import { activeSightings } from './evidence';
import { containerOf } from './evidence/container';
import type { Rule } from './rule';
import { techniqueEvidence } from './techniqueEvidence';

const noRegularization: Rule = {
  id: 'J2',
  name: 'no-regularization',
  title: 'No regularization recorded',
  class: 'recorded',
  severity: 'note',
  condition:
    'The file records an optimizer, arguments or a configuration, and neither these nor the names of tensors nor the weights show any regularization.',
  rationale: 'A model without any regularization fits noise as soon as it has the capacity.',
  caveats: ['Augmentation and early stopping outside of the file cannot be seen'],
  suggestion:
    'If validation is worse than training, try weight decay, dropout or data augmentation.',
  techniques: ['l2', 'dropout', 'augmentation'],
  sources: [],
  thresholds: [],
  *find(facts) {
    const { hasRun, kind, text } = containerOf(facts);
    if (!hasRun && kind !== 'config') return;
    if (techniqueEvidence(facts).some(({ verdict }) => isPresent(verdict))) return;
    const others = activeSightings(
      facts,
      'label-smoothing',
      'max-norm',
      'spectral-norm',
      'weight-norm',
      'average',
      'early-stopping',
      'pruning',
      'noise',
      'activity',
    );
    if (others.length > 0 || [...maxNorm.find(facts)].length > 0) return;
    yield {
      class: hasRun ? 'recorded' : 'declared',
      confidence: 'strong',
      message: `${hasRun ? 'The run is recorded' : `The file is ${text}`}, and neither the record nor the weights show any regularization.`,
      evidence: [{ name: 'format', value: facts.report.checkpoint.description }],
    };
  },
};

const undeterminable: Rule = {
  id: 'J3',
  name: 'cannot-be-determined',
  title: 'Cannot be determined from this file',
  class: 'structural',
  severity: 'info',
  isFirst: true,
  condition: 'A file of this kind cannot show a technique.',
  rationale:
    '"Not visible" is not "not used": most techniques act in training only and leave nothing in weights.',
  caveats: [],
  techniques: [],
  sources: [],
  thresholds: [],
  *find(facts) {
    const unknown = techniqueEvidence(facts).filter(({ verdict }) => verdict === 'undeterminable');
    if (unknown.length === 0) return;
    const { text } = containerOf(facts);
    yield {
      confidence: 'certain',
      message: `${capital(text)} cannot show ${counted(unknown.length, 'technique')}, used or not: ${unknown.map(({ title }) => title).join(', ')}.`,
      evidence: unknown.map(({ technique }) => ({ name: technique, value: 'undeterminable' })),
    };
  },
};

/** What concerns the whole model, in the order of the documentation. */
export const model: readonly Rule[] = [
  generalizationGap,
  noRegularization,
  undeterminable,
  contradictions,
];

function isPresent(verdict: string): boolean {
  return ['declared', 'recorded', 'structural', 'measured'].includes(verdict);
}
