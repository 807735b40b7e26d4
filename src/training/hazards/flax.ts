import { constantDropout } from './flax/constantDropout';
import { coupledDecay } from './flax/coupledDecay';
import { decayAfterOptimizer } from './flax/decayAfterOptimizer';
import { decayWithoutMask } from './flax/decayWithoutMask';
import { jitWithoutState } from './flax/jitWithoutState';
import { lossWithoutTraining } from './flax/lossWithoutTraining';
import type { Hazard } from './hazard';

export const flaxHazards: readonly Hazard[] = [
  decayAfterOptimizer,
  coupledDecay,
  decayWithoutMask,
  constantDropout,
  lossWithoutTraining,
  jitWithoutState,
];
