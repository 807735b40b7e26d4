import type { Recipe } from '../recipe';
import { batchNormLayers } from './batchNorm';
import { maxNormOffer, proximalOffer } from './constraints';
import { dropConnectLayers, fractionalPoolingLayers } from './replacedLayers';
import { dropoutLayers } from './dropout';
import { innerDropoutOffer } from './innerDropout';
import { layerTechnique } from './layerTechnique';
import { builtInOffer, gramOffer, orthogonalInitializerOffer } from './orthogonality';
import { penaltyOffer } from './regularizerRecipe';
import { spectralNormOffer } from './spectralNorm';
import { stochasticDepthLayers } from './stochasticDepth';

/** How techniques are added to code of Keras 3 and tf.keras. */
export const kerasRecipes: readonly Recipe[] = [
  layerTechnique('l1', [proximalOffer, (module, layer) => penaltyOffer(module, layer, 'l1')]),
  layerTechnique('l2', [(module, layer) => penaltyOffer(module, layer, 'l2')]),
  layerTechnique('orthogonality', [gramOffer, builtInOffer, orthogonalInitializerOffer]),
  dropoutLayers,
  layerTechnique('dropout', [innerDropoutOffer]),
  batchNormLayers,
  dropConnectLayers,
  fractionalPoolingLayers,
  stochasticDepthLayers,
  layerTechnique('spectral-norm', [spectralNormOffer]),
  layerTechnique('max-norm', [maxNormOffer]),
];
