import type { Helper } from '../../javascript/edits/helper';
import { fitsIn, learningRateAt } from '../../javascript/fits';
import type { JavaScriptRecipe } from '../recipe';
import type { Variant } from './offer';
import { framework } from './offer';
import { decayWeights, limitNorms, softThreshold } from './helpers/batchSteps';
import { fitOffer } from './fitStep';
import { loopOffers } from './loopStep';

/** Something that is done to the weights after each step of the optimizer. */
export interface BatchStep {
  readonly variant: Variant;
  readonly helper: Helper;
  /** `a proximal L1 step`, after "Add". */
  readonly words: string;
  readonly detail: string;
  /** The second argument, with its stop, for a learning rate that may not be known. */
  strength(rate: string | undefined): string;
}

const steps: readonly BatchStep[] = [
  {
    variant: { technique: 'l1', variant: 'tfjs.l1.proximal' },
    helper: softThreshold,
    words: 'a proximal L1 step after each batch',
    detail:
      'After each batch every kernel entry shrinks by learning rate × 0.1, and what is smaller becomes exactly 0; biases and norms are left out. Adam moves each weight by about the learning rate whatever its gradient, so that 0.01…1 of it is a sensible range; with SGD begin at 1e-3. A kernelConstraint would do nothing here: fit does not apply it.',
    strength: (rate) => (rate === undefined ? '${1:1e-4}' : `${rate} * \${1:0.1}`),
  },
  {
    variant: { technique: 'l2', variant: 'tfjs.l2.decoupled' },
    helper: decayWeights,
    words: 'weight decay after each batch',
    detail:
      'No optimizer of TensorFlow.js has weight decay. After each batch the kernels shrink by learning rate × 0.01, apart from the gradient as in AdamW, whose default that is; biases and norms are left out.',
    strength: (rate) => (rate === undefined ? '${1:1e-5}' : `${rate} * \${1:1e-2}`),
  },
  {
    variant: { technique: 'max-norm', variant: 'tfjs.max-norm.batch' },
    helper: limitNorms,
    words: 'a max-norm limit after each batch',
    detail:
      'After each batch every unit whose incoming weights are longer than 3 is scaled back to that length; 2…4 are common. tf.constraints.maxNorm would do nothing: fit does not apply constraints.',
    strength: () => '${1:3}',
  },
];

/** Steps on the weights after each batch: as a callback of fit, or behind the step of a training loop. */
export const batchSteps: readonly JavaScriptRecipe[] = steps.map((step) => ({
  technique: step.variant.technique,
  framework,
  language: 'javascript',
  find: (module) => [
    ...fitsIn(module).flatMap((fit) => {
      const rate = learningRateAt(module, fit.model, fit.call);
      const offer = fitOffer(module, fit, step, rate);
      return offer ? [offer] : [];
    }),
    ...loopOffers(module, step),
  ],
}));
