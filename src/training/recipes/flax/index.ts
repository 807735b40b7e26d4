import type { Recipe } from '../recipe';
import { batchAugmentation, batchCutout } from './batchImages';
import { batchMixup } from './batchMixup';
import { fractionalPooling } from './fractionalPooling';
import { linenStochasticDepth } from './linenStochasticDepth';
import { nnxStochasticDepth } from './nnxStochasticDepth';
import { notAtHand } from './notAtHand';
import { dropConnect } from './dropConnect';
import { flaxGram } from './flaxGram';
import { flaxL1Loss } from './flaxL1Loss';
import { labelSmoothing } from './labelSmoothing';
import { linenDropout } from './linenDropout';
import { nnxBatchNorm } from './nnxBatchNorm';
import { nnxDropout } from './nnxDropout';
import { optaxClipping } from './optaxClipping';
import { optaxProximal } from './optaxProximal';
import { optaxWeightDecay } from './optaxWeightDecay';
import { otherDropout } from './otherDropout';
import { orthogonalInit } from './orthogonalInit';

/** How techniques are added to code of Flax (nnx and linen) with optax. */
export const flaxRecipes: readonly Recipe[] = [
  optaxProximal,
  flaxL1Loss,
  optaxWeightDecay,
  flaxGram,
  orthogonalInit,
  nnxDropout,
  linenDropout,
  otherDropout,
  nnxBatchNorm,
  dropConnect,
  batchAugmentation,
  batchCutout,
  batchMixup,
  fractionalPooling,
  nnxStochasticDepth,
  linenStochasticDepth,
  labelSmoothing,
  optaxClipping,
  ...notAtHand,
];
