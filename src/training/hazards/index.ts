import { flaxHazards } from './flax';
import type { Hazard } from './hazard';
import { kerasHazards } from './keras';
import { tfjsHazards } from './tfjs';
import { torchHazards } from './torch';

/** All hazards. A new one is a file and a line in its framework's list. */
export const hazards: readonly Hazard[] = [
  ...torchHazards,
  ...kerasHazards,
  ...flaxHazards,
  ...tfjsHazards,
];
