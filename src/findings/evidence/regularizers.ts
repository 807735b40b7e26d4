import { isJsonObject, property } from '../../core/json';
import type { DeclaredLayer } from '../facts';
import { tidy } from './sighting';

/** One penalty that a Keras layer declares. */
export interface DeclaredRegularizer {
  /** `kernel_regularizer`. */
  readonly key: string;
  readonly type: 'l1' | 'l2' | 'orthogonality';
  readonly coefficient: number;
  /** Whether it is on the output instead of on a weight. */
  readonly isActivity: boolean;
}

/** Penalties of a layer: `{ class_name: 'L1L2', config: { l1, l2 } }` under a key that ends in `_regularizer`. */
export function regularizersOf({ config }: DeclaredLayer): readonly DeclaredRegularizer[] {
  const found: DeclaredRegularizer[] = [];
  for (const [key, value] of Object.entries(config)) {
    if (!key.endsWith('_regularizer') || !isJsonObject(value)) continue;
    const isActivity = key.startsWith('activity');
    const own = property(value, 'config');
    const className = property(value, 'class_name');
    const isOrthogonal = typeof className === 'string' && /Orthogonal/.test(className);
    const coefficients = isOrthogonal
      ? ([['orthogonality', property(own, 'factor')]] as const)
      : ([
          ['l1', property(own, 'l1')],
          ['l2', property(own, 'l2')],
        ] as const);
    for (const [type, coefficient] of coefficients) {
      if (typeof coefficient !== 'number') continue;
      found.push({ key, type, coefficient: tidy(coefficient), isActivity });
    }
  }
  return found;
}

/** The limit of a `kernel_constraint` MaxNorm. */
export function maxNormOf({ config }: DeclaredLayer): number | undefined {
  const constraint = property(config, 'kernel_constraint');
  const className = property(constraint, 'class_name');
  if (typeof className !== 'string' || !/^(.*>)?Max_?[Nn]orm$/.test(className)) return undefined;
  const limit = property(property(constraint, 'config'), 'max_value');
  return typeof limit === 'number' ? tidy(limit) : undefined;
}
