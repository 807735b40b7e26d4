import { closedBranches, dropoutDeclared, dropoutNotFound } from './declaredDropout';
import {
  augmentation,
  fractionalPooling,
  idleRegularizers,
  stochasticDepth,
} from './declaredOthers';
import { averagedCopy, trainingExport } from './declaredCopies';
import type { Rule } from './rule';

/** Techniques that a file declares or shows by its structure, in the order of the documentation. */
export const declared: readonly Rule[] = [
  dropoutDeclared,
  dropoutNotFound,
  closedBranches,
  stochasticDepth,
  fractionalPooling,
  augmentation,
  averagedCopy,
  trainingExport,
  idleRegularizers,
];
