import type { Recipe } from '../recipe';

/** How techniques are added to code of Flax (nnx and linen) with optax. */
export const flaxRecipes: readonly Recipe[] = [];
