import { dropoutLayers } from './dropout';
import { maxNormOffer, proximalOffer } from './constraints';
import { layerTechnique } from './layerTechnique';
import { builtInOffer, gramOffer, orthogonalInitializerOffer } from './orthogonality';
import { penaltyOffer } from './regularizerRecipe';
import type { Recipe } from '../recipe';

/** How techniques are added to code of Keras 3 and tf.keras. */
export const kerasRecipes: readonly Recipe[] = [
  layerTechnique('l1', [proximalOffer, (module, layer) => penaltyOffer(module, layer, 'l1')]),
  layerTechnique('l2', [(module, layer) => penaltyOffer(module, layer, 'l2')]),
  layerTechnique('orthogonality', [gramOffer, builtInOffer, orthogonalInitializerOffer]),
  dropoutLayers,
  layerTechnique('max-norm', [maxNormOffer]),
];
