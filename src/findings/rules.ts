import { constraints } from './constraints';
import { integrity } from './integrity';
import { normalization } from './normalization';
import { orthogonality } from './orthogonality';
import { randomMatrix } from './randomMatrix';
import { recurrent } from './recurrent';
import type { Rule } from './rule';
import { sparsity } from './sparsity';

/** Every rule, in the order of the documentation. */
export const rules: readonly Rule[] = [
  ...integrity,
  ...sparsity,
  ...normalization,
  ...orthogonality,
  ...constraints,
  ...randomMatrix,
  ...recurrent,
];
