import type { Recipe } from '../recipe';

/** How techniques are added to code of TensorFlow.js. */
export const tfjsRecipes: readonly Recipe[] = [];
