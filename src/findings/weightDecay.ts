import { decayedDeath, dosimeter } from './decayTraces';
import {
  coupledDecay,
  decayOfVectors,
  ineffectiveDecay,
  strongDecay,
  summary,
} from './decayRecords';
import { equilibrium, growth, scaleInvariance } from './decayNorms';
import type { Rule } from './rule';

/** Weight decay and L2, in the order of the documentation. */
export const weightDecay: readonly Rule[] = [
  summary,
  ineffectiveDecay,
  strongDecay,
  coupledDecay,
  decayOfVectors,
  dosimeter,
  growth,
  equilibrium,
  scaleInvariance,
  decayedDeath,
];
