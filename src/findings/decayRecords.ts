/** What recorded optimizers and declared penalties say of weight decay. */
import { capital, counted } from '../core/words';
import type { Evidence } from '../core/finding';
import type { TensorReport } from '../core/report';
import { property } from '../core/json';
import { activeSightings } from './evidence';
import { groupFacts, type GroupFacts } from './evidence/optimizers';
import { mapParameters } from './evidence/parameterMapping';
import { placesOf } from './evidence/places';
import type { Facts } from './facts';
import type { Rule } from './rule';
import { digits, evidence } from './text';

const wang = 'Wang & Aitchison, arXiv 2405.13698';
const decoupled = 'Loshchilov & Hutter (AdamW), ICLR 2019';

export const summary: Rule = {
  id: 'C1',
  name: 'weight-decay-summary',
  title: 'Weight decay as recorded',
  class: 'recorded',
  severity: 'info',
  condition: 'An optimizer, a kernel regularizer or an argument says how much weights are decayed.',
  rationale:
    'Weight decay leaves no mark of its own in the weights: the record is the only proof of it.',
  caveats: ['The file has the last value; a schedule may have changed it before'],
  techniques: ['l2'],
  sources: [decoupled],
  thresholds: [],
  *find(facts) {
    const groups = groupFacts(facts).filter(({ weightDecay }) => weightDecay !== undefined);
    if (groups.length > 0) {
      yield {
        confidence: 'certain',
        message: `${groups.map(groupText).join('; ')}.`,
        evidence: groups.flatMap(groupEvidence),
      };
    }
    // The optimizer's own record outweighs the argument that was passed to it.
    const declared = activeSightings(facts, 'l2').filter(
      (one) => one.class === 'declared' && (groups.length === 0 || one.name !== 'weight_decay'),
    );
    if (declared.length > 0) {
      yield {
        class: 'declared',
        confidence: 'certain',
        message: `The configuration sets L2 or weight decay: ${placesOf(declared)}.`,
        evidence: declared.slice(0, 20).map(({ name, value, where }) => ({ name, value, where })),
      };
    }
  },
};

export const ineffectiveDecay: Rule = {
  id: 'C2',
  name: 'ineffective-weight-decay',
  title: 'Weight decay too weak to act',
  class: 'recorded',
  severity: 'warn',
  condition:
    'λ > 0 and Σηλ over the recorded steps is below the limit even with a constant learning rate.',
  rationale:
    'Decay forgets the start with a time constant of 1/(ηλ) steps. Where the run is much shorter, it did nothing.',
  caveats: [
    'Fine-tuning keeps weights near their start on purpose',
    'A schedule written by hand may have used higher learning rates before',
  ],
  suggestion: 'Start with λ ≈ 1/(η·steps), so that the dose is about 1.',
  techniques: ['l2'],
  sources: [wang],
  thresholds: ['ineffective-weight-decay.dose'],
  *find(facts) {
    const limit = facts.threshold('ineffective-weight-decay.dose');
    for (const group of groupFacts(facts)) {
      const { dose, tauSteps, steps, where } = group;
      if (!dose || tauSteps === undefined || steps === undefined || dose[1] >= limit) continue;
      yield {
        confidence: 'strong',
        message: `${capital(where)} decays by ${digits(group.weightDecay ?? 0)} at a learning rate of at most ${digits(group.peakLr ?? 0)}: over ${counted(steps, 'step')} a weight without gradient loses ${digits(100 * -Math.expm1(-dose[1]), 2)} % at most, so the decay hardly acted.`,
        evidence: [
          { ...evidence('wd.dose', dose[1], `< ${digits(limit)}`), where },
          { ...evidence('wd.tau_steps', tauSteps), where },
          { name: 'step', value: steps, where },
        ],
        suggestion: `Start with λ ≈ 1/(η·steps) = ${digits(1 / ((group.peakLr ?? 1) * steps), 2)}, so that the dose is about 1.`,
      };
    }
  },
};

export const strongDecay: Rule = {
  id: 'C3',
  name: 'strong-weight-decay',
  title: 'Weight decay forgets within an epoch',
  class: 'recorded',
  severity: 'note',
  condition:
    'Σηλ is above the limit even if the learning rate fell to zero, or 1/(ηλ) is below the steps of an epoch.',
  rationale: 'A time constant below an epoch averages over less than the data.',
  caveats: ['Runs of one epoch over very large data are meant so'],
  suggestion: 'If training stalls, try a smaller λ.',
  techniques: ['l2'],
  sources: [wang],
  thresholds: ['strong-weight-decay.dose'],
  *find(facts) {
    const limit = facts.threshold('strong-weight-decay.dose');
    const epoch = stepsPerEpoch(facts);
    for (const { dose, tauSteps, where } of groupFacts(facts)) {
      if (tauSteps === undefined) continue;
      const isShort = epoch !== undefined && tauSteps < epoch;
      const isLarge = dose !== undefined && dose[0] > limit;
      if (!isShort && !isLarge) continue;
      yield {
        confidence: 'suggestive',
        message: isShort
          ? `${capital(where)} forgets with a time constant of ${digits(tauSteps)} steps, less than the ${digits(epoch)} of an epoch.`
          : `${capital(where)} has decayed by a dose of ${digits(dose?.[0] ?? 0)} at least: of a weight without gradient nothing is left many times over.`,
        evidence: [
          {
            ...evidence('wd.tau_steps', tauSteps, isShort ? `< ${digits(epoch)}` : undefined),
            where,
          },
          ...(dose
            ? [
                {
                  ...evidence('wd.dose', dose[0], isLarge ? `> ${digits(limit)}` : undefined),
                  where,
                },
              ]
            : []),
        ],
      };
    }
  },
};

export const coupledDecay: Rule = {
  id: 'C4',
  name: 'coupled-weight-decay',
  title: 'L2 through Adam',
  class: 'recorded',
  severity: 'note',
  condition: 'Adam with λ > 0 that is not decoupled.',
  rationale:
    'Adam divides the gradient of L2 by its own scale, so weights with large gradients are decayed least, and filters may die.',
  caveats: [],
  suggestion: 'Use AdamW, which decays the weight itself.',
  techniques: ['l2'],
  sources: [decoupled, 'Mehta, Kim & Theobalt, CVPR 2019'],
  thresholds: [],
  *find(facts) {
    for (const { optimizer, coupling, weightDecay, where } of groupFacts(facts)) {
      if (weightDecay === undefined || weightDecay === 0 || !optimizer.includes('Adam')) continue;
      if (coupling === 'coupled') {
        yield {
          confidence: 'certain',
          message: `${capital(where)} is ${optimizer} with weight decay ${digits(weightDecay)} as L2 in the gradient.`,
          evidence: [{ name: 'weight_decay', value: weightDecay, where }],
        };
      } else if (coupling === 'undecidable') {
        yield {
          severity: 'info',
          confidence: 'suggestive',
          message:
            `${capital(where)} is ${optimizer} with weight decay ${digits(weightDecay)}; the file does not record whether it is decoupled. ${weightDecay === 0.01 ? 'The value is the default of AdamW.' : ''}`.trim(),
          evidence: [{ name: 'weight_decay', value: weightDecay, where }],
        };
      }
    }
  },
};

export const decayOfVectors: Rule = {
  id: 'C5',
  name: 'decayed-norms-and-biases',
  title: 'Weight decay on norms and biases',
  class: 'recorded',
  severity: 'note',
  condition:
    'A group with λ > 0 holds scales of norms, biases, layer scales or position embeddings.',
  rationale: 'These are usually exempt: decay of a scale shrinks what the layer lets through.',
  caveats: [
    'Reference scripts of torchvision decay everything and train well',
    'Norms that store scale − 1 may be decayed',
  ],
  suggestion: 'Two parameter groups: decay for matrices and kernels, none for vectors.',
  techniques: ['l2'],
  sources: ['Zhang et al. (Three mechanisms of weight decay), ICLR 2019'],
  thresholds: [],
  *find(facts) {
    // Masks of optax are functions and in no file.
    if (facts.framework === 'jax') return;
    const isKeras = facts.framework === 'keras';
    for (const { group, parameters, by } of mapParameters(facts, groupFacts(facts))) {
      const { weightDecay, where } = group;
      if (weightDecay === undefined || weightDecay === 0 || !parameters) continue;
      const exempt = parameters.filter(isUsuallyExempt);
      const first = exempt[0];
      if (!first) continue;
      yield {
        confidence: isKeras ? 'suggestive' : by === 'shapes' ? 'strong' : 'certain',
        ...(isKeras && {
          severity: 'info' as const,
          caveats: ['Keras does not save what exclude_from_weight_decay() excludes'],
        }),
        message: `${capital(where)} decays ${counted(exempt.length, 'bias, norm or position parameter')} by ${digits(weightDecay)}, first ${first.name}.`,
        evidence: [
          { name: 'weight_decay', value: weightDecay, where },
          ...exempt.slice(0, 10).map(({ name, role }) => ({ name: role, value: name, where })),
        ],
      };
    }
  },
};

function isUsuallyExempt({ role, shape }: TensorReport): boolean {
  if (role === 'norm_scale') return shape.length < 2;
  return ['norm_bias', 'bias', 'layer_scale', 'pos_embed'].includes(role);
}

function groupText(group: GroupFacts): string {
  const { optimizer, where, parameterCount, weightDecay, lr, peakLr, coupling } = group;
  const rate = lr ?? peakLr;
  const how: Readonly<Record<GroupFacts['coupling'], string>> = {
    decoupled: ', decoupled',
    sgd: '',
    coupled: ', as L2 in the gradient',
    undecidable: ', coupled or not cannot be told',
  };
  const decay =
    weightDecay === 0
      ? 'no weight decay'
      : `weight decay ${digits(weightDecay ?? 0)}${how[coupling]}`;
  const place = where === 'optimizer' ? optimizer : `${optimizer}, ${where}`;
  return `${place}: ${decay}${rate === undefined ? '' : `, learning rate ${digits(rate)}`}, ${counted(parameterCount, 'tensor')}`;
}

function groupEvidence({
  weightDecay,
  where,
  tauSteps,
  dose,
  equilibriumRms,
}: GroupFacts): readonly Evidence[] {
  return [
    { name: 'weight_decay', value: weightDecay ?? 0, where },
    ...(tauSteps === undefined ? [] : [{ name: 'wd.tau_steps', value: tauSteps, where }]),
    ...(dose
      ? [{ name: 'wd.dose', value: `${digits(dose[0])} to ${digits(dose[1])}`, where }]
      : []),
    ...(equilibriumRms ? [{ name: 'wd.eq_rms', value: equilibriumRms[1], where }] : []),
  ];
}

/** Steps of an epoch where the run recorded both. */
export function stepsPerEpoch({ recorded }: Facts): number | undefined {
  const trainer = recorded['trainer_state.json'];
  const pairs = [
    [property(trainer, 'global_step'), property(trainer, 'epoch')],
    // Lightning counts finished steps from 1 and the current epoch from 0.
    [recorded['global_step'], nextOf(recorded['epoch'])],
  ];
  for (const [steps, epochs] of pairs) {
    if (typeof steps !== 'number' || typeof epochs !== 'number') continue;
    if (steps > 0 && epochs > 0) return steps / epochs;
  }
  return undefined;
}

function nextOf(value: unknown): number | undefined {
  return typeof value === 'number' ? value + 1 : undefined;
}
