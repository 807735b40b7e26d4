/** What the names of TensorFlow 1 tell, where variables stand side by side and optimizers append to the names of theirs. */
import type { Role } from '../../core/tensor';

/** Slots by the class that makes them. `_1` and so on are TensorFlow's way to make names unique. */
const slotPatterns: readonly (readonly [RegExp, string])[] = [
  [/^Adam(?:_\d+)?$/, 'Adam'],
  [/^(?:adam|lamb|lars)_[mv]$/, 'AdamW or LAMB'],
  [/^AdamW?eight_?decay(?:_\d+)?$/i, 'AdamW'],
  [/^AdamWOptimizer(?:_\d+)?$/, 'AdamW'],
  [/^Momentum(?:_\d+)?$/, 'Momentum'],
  [/^RMSProp(?:_\d+)?$/, 'RMSProp'],
  [/^Adagrad(?:_\d+)?$/, 'Adagrad'],
  [/^Adadelta(?:_\d+)?$/, 'Adadelta'],
  [/^Ftrl(?:_\d+)?$/, 'Ftrl'],
  [/^(?:m|v|vhat)$/, 'Adam'],
  [/^(?:vr|vc)$/, 'Adafactor'],
  [/^(?:rms|mg|momentum)$/, 'RMSProp or SGD'],
];
const movingAverage = /^ExponentialMovingAverage$/;
const powers = /(?:^|\/)beta[12]_power(?:_\d+)?$/;

/** What a name says of a variable. */
export interface Naming {
  readonly role?: Role;
  /** Class of the optimizer that keeps it. */
  readonly optimizer?: string;
  /** The variable it is kept for. */
  readonly base?: string;
}

/** @param has whether the checkpoint has a variable of a name */
export function namingOf(name: string, has: (name: string) => boolean): Naming {
  if (powers.test(name)) return { role: 'optimizer' };
  const at = name.lastIndexOf('/');
  const last = name.slice(at + 1);
  const base = at > 0 ? baseOf(name.slice(0, at), has) : undefined;
  if (base !== undefined) {
    if (movingAverage.test(last)) return { role: 'ema_copy', base };
    const slot = slotPatterns.find(([pattern]) => pattern.test(last));
    if (slot) return { role: 'optimizer', optimizer: slot[1], base };
  }
  const role = layerRole(last);
  return role ? { role } : {};
}

/** Scopes that an optimizer puts before the name of a variable. */
const maxScopes = 8;

/** The optimizer's own scope may stand before the name of the variable. */
function baseOf(path: string, has: (name: string) => boolean): string | undefined {
  let rest = path;
  for (let i = 0; i < maxScopes; i++) {
    if (has(rest)) return rest;
    const slash = rest.indexOf('/');
    if (slash < 0) return undefined;
    rest = rest.slice(slash + 1);
  }
  return undefined;
}

/** Names that TF-Slim and its contemporaries gave, where others write `bias` and `depthwise_kernel`. */
function layerRole(last: string): Role | undefined {
  if (/^(?:biases|alphas)(?:_\d+)?$/.test(last)) return 'bias';
  if (last === 'depthwise_weights') return 'depthwise';
  return undefined;
}
