import { curvesOf, type Curve } from './evidence/curves';
import type { Rule } from './rule';
import { atLeast, digits, evidence, percent } from './text';

export const generalizationGap: Rule = {
  id: 'J1',
  name: 'generalization-gap',
  title: 'Validation worse than training',
  class: 'recorded',
  severity: 'warn',
  condition:
    'In the log inside the file the validation loss rises several evaluations in a row while the training loss falls, or ends further above it than the limit.',
  rationale: 'The only direct evidence of over-fitting that a checkpoint can hold.',
  caveats: [
    'A training loss with dropout, augmentation or label smoothing is higher than without',
    'Training loss is a mean over an epoch or some steps, validation loss of one moment',
  ],
  suggestion: 'Stop earlier, or regularize more: weight decay, dropout, data augmentation.',
  techniques: ['l2', 'dropout', 'augmentation'],
  sources: [],
  thresholds: ['rising-validation.evaluations', 'rising-validation.gap'],
  *find(facts) {
    const count = facts.threshold('rising-validation.evaluations');
    const limit = facts.threshold('rising-validation.gap');
    for (const curve of curvesOf(facts)) {
      const { where, name } = curve;
      const validation = curve.validation.at(-1);
      const training = curve.training.at(-1);
      if (validation === undefined || training === undefined) continue;
      const rising = risingOf(curve);
      const gap = validation > 0 ? (validation - training) / validation : 0;
      const rises = rising >= count;
      if (!rises && gap <= limit) continue;
      yield {
        confidence: 'strong',
        strength: gap,
        message: rises
          ? `The validation ${name} rose in each of the last ${rising} evaluations while the training ${name} fell, to ${digits(validation)} against ${digits(training)}.`
          : `The training ${name} ${digits(training)} ended ${percent(gap)} below the validation ${name} ${digits(validation)}.`,
        evidence: [
          { ...evidence('evaluations rising', rising, rises ? atLeast(count) : undefined), where },
          { ...evidence('gap', gap, rises ? undefined : `> ${digits(limit)}`), where },
        ],
      };
    }
  },
};

/** Evaluations at the end in which validation rose and training fell. */
function risingOf({ training, validation }: Curve): number {
  const length = Math.min(training.length, validation.length);
  if (training.length !== validation.length) return 0;
  let count = 0;
  for (let i = length - 1; i > 0; i--) {
    const [before, after] = [validation[i - 1], validation[i]];
    const [trainedBefore, trainedAfter] = [training[i - 1], training[i]];
    if (before === undefined || after === undefined) break;
    if (trainedBefore === undefined || trainedAfter === undefined) break;
    if (after <= before || trainedAfter >= trainedBefore) break;
    count += 1;
  }
  return count;
}
