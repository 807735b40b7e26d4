import { property } from '../core/json';
import type { LayerReport } from '../core/report';
import { blockOf, nonFiniteCountOf, numberOf, numbersOf, type Facts } from './facts';
import type { Rule } from './rule';
import { digits, evidence } from './text';

const pascanu = 'Pascanu, Mikolov & Bengio, ICML 2013';
const jozefowicz = 'Jozefowicz, Zaremba & Sutskever, ICML 2015';

type Activation = 'tanh' | 'relu' | 'unknown';

/** Recurrent weights large enough to say something of. */
function recurrentLayers(facts: Facts): readonly LayerReport[] {
  return facts
    .layersOf('recurrent')
    .filter(
      (layer) =>
        nonFiniteCountOf(layer) === 0 && (blockOf(layer)?.p ?? 0) >= facts.threshold('any.side'),
    );
}

/** Without gates: the state is a function of W h alone. */
const isPlain = (layer: LayerReport): boolean => layer.blocks === 1;

/** What the configuration says; tanh is the default of all frameworks. */
function activationOf(layer: LayerReport, facts: Facts): Activation {
  const declared = property(facts.declaredOf(layer)?.config, 'activation');
  if (declared === undefined) return 'unknown';
  if (declared === 'relu') return 'relu';
  return declared === 'tanh' ? 'tanh' : 'unknown';
}

const growth: Rule = {
  id: 'H1',
  name: 'recurrent-growth',
  title: 'Recurrence that can explode',
  class: 'measured',
  severity: 'warn',
  condition:
    'spectral radius of a recurrent layer without gates: above the limit for tanh, above 1 for ReLU',
  rationale: 'A spectral radius above 1 is necessary for gradients to explode over time.',
  caveats: ['Saturation of tanh can keep the state in bounds'],
  suggestion: 'Clip the gradient; start from an orthogonal or identity matrix; or a gated cell',
  techniques: ['gradient-clipping', 'orthogonality', 'spectral-norm'],
  sources: [pascanu],
  thresholds: ['recurrent-growth.radius'],
  *find(facts) {
    for (const layer of recurrentLayers(facts).filter(isPlain)) {
      const rho = numberOf(layer, 'recurrent.rho');
      const activation = activationOf(layer, facts);
      const limit = activation === 'relu' ? 1 : facts.threshold('recurrent-growth.radius');
      if (rho === undefined || rho <= limit) continue;
      yield {
        layer: layer.name,
        confidence: 'suggestive',
        strength: rho,
        evidence: [evidence('recurrent.rho', rho, `> ${digits(limit)}`)],
        message: `the spectral radius is ${digits(rho)}, consistent with gradients that explode over long sequences${activation === 'unknown' ? ' (tanh assumed)' : ''}.`,
        ...(activation === 'unknown' ? { caveats: ['The file does not name the activation'] } : {}),
      };
    }
  },
};

const fading: Rule = {
  id: 'H2',
  name: 'recurrent-fading',
  title: 'Recurrence that forgets',
  class: 'measured',
  severity: 'note',
  condition: 'spectral norm of a recurrent layer without gates, tanh',
  rationale: 'Below 1 gradients vanish over time for certain.',
  caveats: [
    'Intended where a short memory is enough',
    'The default initialisation of PyTorch has a spectral norm of about 1.15',
  ],
  suggestion: 'Start from an orthogonal matrix, or use a gated cell',
  techniques: ['orthogonality'],
  sources: [pascanu],
  thresholds: ['recurrent-fading.norm'],
  *find(facts) {
    for (const layer of recurrentLayers(facts).filter(isPlain)) {
      const sigma = numberOf(layer, 'sigma1');
      const limit = facts.threshold('recurrent-fading.norm');
      if (sigma === undefined || sigma >= limit || activationOf(layer, facts) === 'relu') continue;
      yield {
        layer: layer.name,
        confidence: 'strong',
        strength: limit - sigma,
        evidence: [evidence('sigma1', sigma, `< ${digits(limit)}`)],
        message: `the spectral norm is ${digits(sigma)}: after t steps a gradient is at most ${digits(sigma)}ᵗ of what it was, consistent with a short memory.`,
      };
    }
  },
};

const gatedBlocks: Rule = {
  id: 'H3',
  name: 'gated-recurrence',
  title: 'Recurrent matrices of the gates',
  class: 'measured',
  severity: 'info',
  condition: 'any LSTM or GRU',
  rationale:
    'In gated cells the gates decide how long the state is kept; the spectral radius of a block says little.',
  caveats: ['No judgement: numbers for comparison'],
  techniques: [],
  sources: [pascanu],
  thresholds: [],
  *find(facts) {
    for (const layer of recurrentLayers(facts)) {
      const values = numbersOf(layer, 'recurrent.rho', 'sigma1');
      if (!values || isPlain(layer)) continue;
      yield {
        layer: layer.name,
        confidence: 'strong',
        strength: values['recurrent.rho'],
        evidence: [
          evidence('recurrent.rho', values['recurrent.rho']),
          evidence('sigma1', values.sigma1),
        ],
        message: `the largest spectral radius over ${layer.blocks} gates is ${digits(values['recurrent.rho'])}, the spectral norm ${digits(values.sigma1)}: consistent with any length of memory, which the gates decide.`,
      };
    }
  },
};

const forgetGate: Rule = {
  id: 'H4',
  name: 'forget-gate',
  title: 'Forget gate that starts closed',
  class: 'measured',
  severity: 'note',
  condition: 'mean of σ(b_f)',
  rationale: 'By its bias alone the cell loses most of its state at each step.',
  caveats: ['What inputs and state add to the bias is left out'],
  suggestion: 'Initialise the bias of the forget gate to 1',
  techniques: [],
  sources: [jozefowicz],
  thresholds: ['forget-gate.mean'],
  *find(facts) {
    for (const layer of recurrentLayers(facts)) {
      const mean = numberOf(layer, 'forget.mean');
      const limit = facts.threshold('forget-gate.mean');
      if (mean === undefined || mean >= limit) continue;
      const steps = numberOf(layer, 'forget.time_constant');
      yield {
        layer: layer.name,
        confidence: 'suggestive',
        strength: limit - mean,
        evidence: [
          evidence('forget.mean', mean, `< ${digits(limit)}`),
          ...(steps === undefined ? [] : [evidence('forget.time_constant', steps)]),
        ],
        message: `by its bias the forget gate keeps ${digits(mean, 2)} of the cell from step to step${steps === undefined ? '' : `: a memory of ${digits(steps, 2)} steps`}, consistent with a layer that forgets early.`,
      };
    }
  },
};

const orthogonalRecurrence: Rule = {
  id: 'H5',
  name: 'recurrent-orthogonal',
  title: 'Orthogonal recurrence',
  class: 'measured',
  severity: 'info',
  condition: '‖WWᵀ − I‖_F/√h of every gate',
  rationale: 'An orthogonal recurrent matrix keeps the length of the state.',
  caveats: ['Keras starts recurrent kernels orthogonal: then it says that they have moved little'],
  techniques: ['orthogonality'],
  sources: ['Saxe, McClelland & Ganguli, ICLR 2014', 'Arjovsky, Shah & Bengio, ICML 2016'],
  thresholds: ['recurrent-orthogonal.distance'],
  *find(facts) {
    for (const layer of recurrentLayers(facts)) {
      const distance = numberOf(layer, 'recurrent.orthogonality');
      const limit = facts.threshold('recurrent-orthogonal.distance');
      if (distance === undefined || distance >= limit) continue;
      yield {
        layer: layer.name,
        confidence: 'strong',
        strength: limit - distance,
        evidence: [evidence('recurrent.orthogonality', distance, `< ${digits(limit)}`)],
        message: `the recurrent matrices are close to orthogonal (distance ${digits(distance, 2)}), consistent with an orthogonal start or a penalty that keeps them there.`,
      };
    }
  },
};

/** Matrices that are applied again and again. */
export const recurrent: readonly Rule[] = [
  growth,
  fading,
  gatedBlocks,
  forgetGate,
  orthogonalRecurrence,
];
