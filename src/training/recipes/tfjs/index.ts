import type { Recipe } from '../recipe';
import { batchChanges } from './batchChange';
import { batchNorm } from './batchNorm';
import { batchSteps } from './batchStep';
import { dropConnect } from './dropConnect';
import { dropout } from './dropout';
import { fractionalPooling } from './fractionalPooling';
import { gradientClipping } from './gradientClipping';
import { labelSmoothing } from './labelSmoothing';
import { layerPenalties } from './layerPenalties';
import { orthogonality } from './orthogonality';
import { stochasticDepth } from './stochasticDepth';

/** How techniques are added to code of TensorFlow.js. */
export const tfjsRecipes: readonly Recipe[] = [
  ...batchSteps,
  ...layerPenalties,
  orthogonality,
  dropout,
  batchNorm,
  ...batchChanges,
  dropConnect,
  fractionalPooling,
  stochasticDepth,
  labelSmoothing,
  gradientClipping,
];
