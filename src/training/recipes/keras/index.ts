import type { Recipe } from '../recipe';

/** How techniques are added to code of Keras 3 and tf.keras. */
export const kerasRecipes: readonly Recipe[] = [];
