import type { Recipe } from '../recipe';
import { batchNormLayers } from './batchNorm';
import { maxNormOffer, proximalOffer } from './constraints';
import { dropConnectLayers, fractionalPoolingLayers } from './replacedLayers';
import { dropoutLayers } from './dropout';
import { forItsKeras } from './forOlderKeras';
import { generatedImages } from './generatedImages';
import { gradientClipping } from './gradientClipping';
import { augmentationLayers, cutoutLayers } from './imageLayers';
import { innerDropoutOffer } from './innerDropout';
import { labelSmoothing } from './labelSmoothing';
import { layerTechnique } from './layerTechnique';
import { mixupBatches } from './mixup';
import { optimizerDecay } from './optimizerDecay';
import { builtInOffer, gramOffer, orthogonalInitializerOffer } from './orthogonality';
import { proximalCallback } from './proximalCallback';
import { penaltyOffer } from './regularizerRecipe';
import { spectralNormOffer } from './spectralNorm';
import { stochasticDepthLayers } from './stochasticDepth';

const recipes: readonly Recipe[] = [
  layerTechnique('l1', [proximalOffer, (module, layer) => penaltyOffer(module, layer, 'l1')]),
  proximalCallback,
  optimizerDecay,
  layerTechnique('l2', [(module, layer) => penaltyOffer(module, layer, 'l2')]),
  layerTechnique('orthogonality', [gramOffer, builtInOffer, orthogonalInitializerOffer]),
  dropoutLayers,
  layerTechnique('dropout', [innerDropoutOffer]),
  batchNormLayers,
  dropConnectLayers,
  fractionalPoolingLayers,
  stochasticDepthLayers,
  augmentationLayers,
  generatedImages,
  cutoutLayers,
  mixupBatches,
  layerTechnique('spectral-norm', [spectralNormOffer]),
  labelSmoothing,
  gradientClipping,
  layerTechnique('max-norm', [maxNormOffer]),
];

/** How techniques are added to code of Keras 3 and tf.keras. */
export const kerasRecipes: readonly Recipe[] = recipes.map(forItsKeras);
