import { olderKeras } from '../../keras/olderKeras';
import type { PythonRecipe, Recipe, RecipeOffer } from '../recipe';

/** What Keras 2 has had for long, written as it is today. */
const inKeras2 =
  /^keras\.(?:l[12]\.regularizer|dropout\.\w+|batch-norm\.\w+|orthogonality\.initializer|max-norm\.\w+|gradient-clipping\.clipnorm|label-smoothing\.\w+)$/;

/** What Keras 1 has had as well: its layers name their other arguments differently. */
const inKeras1 = /^keras\.(?:dropout\.layer|batch-norm\.\w+|gradient-clipping\.clipnorm)$/;

/** A recipe that offers nothing of Keras 3 to a file that only an older Keras can run. */
export function forItsKeras(recipe: Recipe): Recipe {
  if (recipe.language !== 'python') return recipe;
  const find: PythonRecipe['find'] = (module) => {
    const offers = recipe.find(module);
    const isOffered = offers.some(({ state }) => state === 'offered');
    const version = isOffered ? olderKeras(module) : undefined;
    if (version === undefined) return offers;
    const known = version === 1 ? inKeras1 : inKeras2;
    return offers.map((offer) =>
      offer.state === 'offered' && !known.test(offer.variant) ? tooNew(offer, version) : offer,
    );
  };
  return { ...recipe, find };
}

function tooNew(offer: RecipeOffer, version: number): RecipeOffer {
  return {
    ...offer,
    state: 'unavailable',
    detail: `This file is written for Keras ${version}, which does not have what this needs; it is offered once the file imports from keras.layers and calls fit as Keras 3 does`,
    edits: () => [],
  };
}
