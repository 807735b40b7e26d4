import type { Checkpoint } from '../core/checkpoint';
import { elementCountOf, type Role, type Tensor } from '../core/tensor';
import { declaredExperts } from './experts';
import { declaredAttention } from './fusedAttention';
import { roleOf } from './roles';
import { splitName } from './tensorName';
import { orientedView, type OrientedView } from './views';

/** Tensors that belong together: one weight that is measured, and what goes with it. */
export interface Layer {
  readonly name: string;
  readonly role: Role;
  readonly type?: string;
  readonly weight: Tensor;
  /** Bias, running statistics and the like, in file order. */
  readonly companions: readonly Tensor[];
  readonly oriented?: OrientedView;
}

/** A checkpoint's tensors sorted by what they are for. */
export interface LayerSet {
  readonly layers: readonly Layer[];
  readonly roles: ReadonlyMap<string, Role>;
}

const layerRoles: ReadonlySet<Role> = new Set<Role>([
  'matrix',
  'conv',
  'depthwise',
  'embedding',
  'recurrent',
  'norm_scale',
  'layer_scale',
  'pos_embed',
]);

/** Parameters that name their module: `fc1.weight` is the layer `fc1`. */
const namingParameters = /^(weight|kernel|embeddings?|gamma|scale|w|weight_g?)$/;

/** Groups tensors into layers, in file order, each weight with its role and canonical matrix view. */
export function findLayers(checkpoint: Checkpoint): LayerSet {
  const { framework, tensors } = checkpoint;
  const byName = new Map(tensors.map((tensor) => [tensor.name.replace(/:\d+$/, ''), tensor]));
  const roles = new Map<string, Role>();
  let previousWidth = 0;
  for (const tensor of tensors) {
    const role = roleOf(tensor, { framework, has: (name) => byName.has(name), previousWidth });
    roles.set(tensor.name, role);
    if (layerRoles.has(role)) previousWidth = tensor.shape[0] ?? 0;
  }

  const usesConv1D = tensors.some(
    ({ name, shape }) => /(^|\.)c_attn\.weight$/.test(name) && shape[1] === 3 * (shape[0] ?? 0),
  );
  const attention = declaredAttention(checkpoint.recorded);
  const experts = declaredExperts(checkpoint.recorded);
  const modules = groupByModule(tensors, roles);
  const layers: Layer[] = [];
  for (const tensor of tensors) {
    const role = roles.get(tensor.name);
    if (role === undefined || !layerRoles.has(role)) continue;
    if (tensor.sameAs !== undefined || elementCountOf(tensor.shape) === 0) continue;
    const { module, parameter, separator } = splitName(tensor.name);
    const members = modules.get(module) ?? [];
    const weights = members.filter(({ name }) => layerRoles.has(roles.get(name) ?? 'aux'));
    const isFirst = weights[0] === tensor;
    const named = module !== '' && namingParameters.test(parameter) && namedOnce(weights);
    const oriented = orientedView(tensor, role, {
      framework,
      usesConv1D,
      ...(attention && { attention }),
      experts,
      siblingShape: (name) => byName.get(module === '' ? name : module + separator + name)?.shape,
    });
    layers.push({
      name: named ? module : tensor.name,
      role,
      ...(tensor.module ? { type: tensor.module.type } : {}),
      weight: tensor,
      companions:
        isFirst && module !== '' ? members.filter((member) => !weights.includes(member)) : [],
      ...(oriented ? { oriented } : {}),
    });
  }
  return { layers: uniquelyNamed(layers), roles };
}

/** Number of parameters of a layer: the weight and its trainable companions. */
export function parameterCountOf(layer: Layer, roles: ReadonlyMap<string, Role>): number {
  const trainable = layer.companions.filter(({ name }) => {
    const role = roles.get(name);
    return role === 'bias' || role === 'norm_bias';
  });
  return [layer.weight, ...trainable].reduce(
    (sum, { shape, combined }) => sum + (combined?.parameterCount ?? elementCountOf(shape)),
    0,
  );
}

function groupByModule(
  tensors: readonly Tensor[],
  roles: ReadonlyMap<string, Role>,
): ReadonlyMap<string, Tensor[]> {
  const modules = new Map<string, Tensor[]>();
  for (const tensor of tensors) {
    const role = roles.get(tensor.name);
    if (role === 'optimizer' || role === 'ema_copy') continue;
    const { module } = splitName(tensor.name);
    const members = modules.get(module);
    if (members) members.push(tensor);
    else modules.set(module, [tensor]);
  }
  return modules;
}

/** Whether only one of a module's weights would take the module's name. */
function namedOnce(weights: readonly Tensor[]): boolean {
  return (
    weights.filter(({ name }) => namingParameters.test(splitName(name).parameter)).length === 1
  );
}

/** A module's name that is also a tensor's own gives way to the full tensor name. */
function uniquelyNamed(layers: readonly Layer[]): readonly Layer[] {
  const counts = new Map<string, number>();
  for (const { name } of layers) counts.set(name, (counts.get(name) ?? 0) + 1);
  return layers.map((layer) =>
    (counts.get(layer.name) ?? 0) > 1 ? { ...layer, name: layer.weight.name } : layer,
  );
}
