import type { Hazard } from './hazard';
import { biasBeforeBatchNorm, dropoutBeforeBatchNorm } from './keras/batchNorm';
import { dropoutAfterOutput, softmaxFromLogits } from './keras/output';
import { randomErasingNoise } from './keras/randomErasing';
import { penaltiesNotInLoss, regularizerAfterBuild } from './keras/regularizers';

/** Ways in which regularization is often got wrong in Keras. */
export const kerasHazards: readonly Hazard[] = [
  penaltiesNotInLoss,
  regularizerAfterBuild,
  dropoutBeforeBatchNorm,
  biasBeforeBatchNorm,
  dropoutAfterOutput,
  softmaxFromLogits,
  randomErasingNoise,
];
