import type { Hazard } from './hazard';
import { constraints } from './tfjs/constraints';
import { dropoutAtOutput, dropoutBeforeNorm } from './tfjs/dropoutPlace';
import { penaltiesInLoop } from './tfjs/penaltiesInLoop';
import { predictInLoop } from './tfjs/predictInLoop';
import { regularizerArguments } from './tfjs/regularizerArguments';

export const tfjsHazards: readonly Hazard[] = [
  predictInLoop,
  penaltiesInLoop,
  constraints,
  regularizerArguments,
  dropoutBeforeNorm,
  dropoutAtOutput,
];
