import type { Hazard } from './hazard';
import { evalMissing } from './torch/evaluationMode';
import { dropoutWithoutTraining } from './torch/functionalDropout';
import { biasBeforeBatchNorm, dropoutBeforeBatchNorm } from './torch/layerOrder';
import { loadWithoutWeightsOnly } from './torch/loadedWeights';
import { adamWeightDecay, decayOfVectors } from './torch/optimizerDecay';
import { dropoutAfterLastLayer, softmaxBeforeCrossEntropy } from './torch/outputs';
import { l1OnBiases, penaltyAfterAccumulation } from './torch/penalties';

/** What is often got wrong in PyTorch code. */
export const torchHazards: readonly Hazard[] = [
  adamWeightDecay,
  decayOfVectors,
  dropoutBeforeBatchNorm,
  dropoutAfterLastLayer,
  dropoutWithoutTraining,
  evalMissing,
  softmaxBeforeCrossEntropy,
  l1OnBiases,
  biasBeforeBatchNorm,
  loadWithoutWeightsOnly,
  penaltyAfterAccumulation,
];
