import { flaxRecipes } from './flax';
import { kerasRecipes } from './keras';
import type { Recipe } from './recipe';
import { tfjsRecipes } from './tfjs';
import { torchRecipes } from './torch';

/** All recipes. A new one is a file and a line in its framework's list; a technique's first variant is the one to prefer. */
export const recipes: readonly Recipe[] = [
  ...torchRecipes,
  ...kerasRecipes,
  ...flaxRecipes,
  ...tfjsRecipes,
];
