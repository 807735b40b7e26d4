import type { Recipe } from '../recipe';
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
  nnxBatchNorm,
  dropConnect,
  labelSmoothing,
  optaxClipping,
];
