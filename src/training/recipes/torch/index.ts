import type { Recipe } from '../recipe';
import { stochasticDepth } from './stochasticDepth';
import { spectralNorm } from './spectralNorm';
import { recurrentDropout } from './recurrentDropout';
import { torchL2Loss } from './l2Loss';
import { torchL1 } from './l1';
import { trainerL1 } from './trainerL1';
import { torchOrthogonality, trainerOrthogonality } from './orthogonality';
import { torchMaxNorm, trainerMaxNorm } from './maxNorm';
import { labelSmoothing } from './labelSmoothing';
import { gradientClipping, trainerClipping } from './gradientClipping';
import { torchMixup } from './mixup';
import { trainerMixup } from './trainerMixup';
import { orthogonalLayers, orthogonalStart } from './orthogonalLayers';
import { fractionalPooling } from './fractionalPooling';
import { dropout } from './dropout';
import { dropConnect } from './dropConnect';
import { cutout } from './cutout';
import { cutoutBatch } from './cutoutBatch';
import { batchNorm } from './batchNorm';
import { augmentation } from './augmentation';
import { torchWeightDecay } from './torchWeightDecay';
import { trainerWeightDecay } from './trainerWeightDecay';

/** How techniques are added to PyTorch code, Lightning and the Hugging Face Trainer included. */
export const torchRecipes: readonly Recipe[] = [
  torchWeightDecay,
  trainerWeightDecay,
  torchL2Loss,
  torchL1,
  trainerL1,
  torchOrthogonality,
  trainerOrthogonality,
  orthogonalLayers,
  orthogonalStart,
  torchMaxNorm,
  trainerMaxNorm,
  torchMixup,
  trainerMixup,
  labelSmoothing,
  gradientClipping,
  trainerClipping,
  dropout,
  recurrentDropout,
  batchNorm,
  dropConnect,
  spectralNorm,
  fractionalPooling,
  stochasticDepth,
  augmentation,
  cutout,
  cutoutBatch,
];
