import type { Recipe } from '../recipe';
import { torchWeightDecay } from './torchWeightDecay';
import { trainerWeightDecay } from './trainerWeightDecay';

/** How techniques are added to PyTorch code, Lightning and the Hugging Face Trainer included. */
export const torchRecipes: readonly Recipe[] = [torchWeightDecay, trainerWeightDecay];
