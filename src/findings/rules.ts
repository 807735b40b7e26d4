import { constraints } from './constraints';
import { declared } from './declared';
import { integrity } from './integrity';
import { model } from './model';
import { normalization } from './normalization';
import { orthogonality } from './orthogonality';
import { randomMatrix } from './randomMatrix';
import { recurrent } from './recurrent';
import type { Rule } from './rule';
import { sparsity } from './sparsity';
import { weightDecay } from './weightDecay';

/** Every rule, in the order of the documentation. */
export const rules: readonly Rule[] = [
  ...integrity,
  ...sparsity,
  ...weightDecay,
  ...normalization,
  ...orthogonality,
  ...constraints,
  ...randomMatrix,
  ...recurrent,
  ...declared,
  ...model,
];
