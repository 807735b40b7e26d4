import type { Role, Tensor } from '../../core/tensor';
import type { Layer } from '../layers';
import { splitName } from '../tensorName';

/** Other names of the same parameter: Keras beside PyTorch. */
const synonyms: ReadonlyMap<string, string> = new Map([
  ['moving_mean', 'running_mean'],
  ['moving_variance', 'running_var'],
  ['mean', 'running_mean'],
  ['var', 'running_var'],
  ['beta', 'bias'],
  ['b', 'bias'],
]);

const comparedRoles: ReadonlySet<Role> = new Set<Role>(['bias', 'norm_bias', 'running_stat']);

export interface CompanionPair {
  readonly a: Tensor;
  readonly b: Tensor;
  readonly role: Role;
}

/** Biases and running statistics of two layers that are the same parameter of the same size. */
export function companionPairs(
  a: Layer,
  b: Layer,
  roles: { readonly a: ReadonlyMap<string, Role>; readonly b: ReadonlyMap<string, Role> },
): readonly CompanionPair[] {
  const byKey = new Map<string, Tensor>();
  for (const tensor of a.companions) byKey.set(keyOf(tensor), tensor);
  return b.companions.flatMap((tensor) => {
    const other = byKey.get(keyOf(tensor));
    const role = roles.b.get(tensor.name);
    if (!other || role === undefined || !comparedRoles.has(role)) return [];
    if (roles.a.get(other.name) !== role || String(other.shape) !== String(tensor.shape)) return [];
    return [{ a: other, b: tensor, role }];
  });
}

function keyOf({ name }: Tensor): string {
  const { parameter } = splitName(name);
  return synonyms.get(parameter) ?? parameter;
}
