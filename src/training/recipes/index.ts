import type { Recipe } from './recipe';
import { torchWeightDecay } from './torchWeightDecay';
import { trainerWeightDecay } from './trainerWeightDecay';

/** All recipes. A new one is a file and a line here. */
export const recipes: readonly Recipe[] = [torchWeightDecay, trainerWeightDecay];
