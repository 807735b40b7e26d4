/**
 * Tensors of a Keras 3 weights file (`.weights.h5`, or `model.weights.h5` in a `.keras` archive).
 *
 * @see https://github.com/keras-team/keras/blob/master/keras/src/saving/saving_lib.py
 */
import type { Skipped } from '../../core/checkpoint';
import type { ModuleInfo, Role, Tensor } from '../../core/tensor';
import { layerGroups, type LayerGroup } from './layerGroups';
import { classOfGroupName } from './layerNames';
import { moduleInfo, type KerasLayer } from './modelConfig';
import { variableNames } from './variableNames';
import type { VarsGroup } from './varsGroups';

/** Attributes that hold other objects and say nothing themselves. */
const containers = new Set(['layers', 'layer', 'cell', 'cells', '_layer_checkpoint_dependencies']);

/** Sublayers of attention, as Keras names them; groups carry the attribute, with or without an underscore. */
const attentionNames = new Map([
  ['query_dense', 'query'],
  ['key_dense', 'key'],
  ['value_dense', 'value'],
  ['output_dense', 'attention_output'],
]);

export interface KerasTensors {
  readonly tensors: readonly Tensor[];
  readonly skipped: readonly Skipped[];
}

/** Names every variable after its layer, by the model's configuration where there is one. */
export function keras3Tensors(
  groups: readonly VarsGroup[],
  model: KerasLayer | undefined,
): KerasTensors {
  const known = model ? layerGroups(model) : new Map<string, LayerGroup>();
  const order = new Map([...known.keys()].map((path, i) => [path, i]));
  const owners = groups.map((group) => ({ group, owner: ownerOf(group, groups, known) }));
  const rank = ({ owner }: { owner: Owner }): number => order.get(owner.path) ?? order.size;
  owners.sort((a, b) => rank(a) - rank(b));

  const tensors: Tensor[] = [];
  const skipped: Skipped[] = [];
  const names = new Set<string>();
  for (const { group, owner } of owners) {
    const variables =
      owner.role === 'optimizer' ? optimizerNames(group) : layerVariables(group, owner);
    for (const [i, { index, dataset }] of group.variables.entries()) {
      const short = variables?.[i] ?? `vars/${index}`;
      let name = owner.name === '' ? short : `${owner.name}/${short}`;
      if (names.has(name)) name = `${group.path}/vars/${index}`;
      names.add(name);
      if (short === 'kernel' && owner.module?.type === 'SpectralNormalization') {
        skipped.push({ name, reason: 'the kernel of the wrapped layer, stored a second time' });
        continue;
      }
      if (dataset.kind === 'unreadable') {
        skipped.push({ name, reason: dataset.reason });
        continue;
      }
      const role = owner.role ?? (short.endsWith('_scale') ? 'aux' : undefined);
      const { dtype, shape, data } = dataset;
      tensors.push({
        name,
        dtype,
        shape,
        data,
        ...(role && { role }),
        ...(owner.module && { module: owner.module }),
      });
    }
  }
  return { tensors, skipped };
}

interface Owner {
  /** Group of the layer in the configuration. */
  readonly path: string;
  readonly name: string;
  readonly module?: ModuleInfo;
  readonly role?: Role;
  /** Its class is not told, but it has a kernel: that is what its wrapper normalizes. */
  readonly hasKernel?: boolean;
}

function ownerOf(
  group: VarsGroup,
  groups: readonly VarsGroup[],
  known: ReadonlyMap<string, LayerGroup>,
): Owner {
  // Keras 2.12 to 2.15 wrote the layers under another name.
  const path = group.path.replaceAll('_layer_checkpoint_dependencies', 'layers');
  const steps = path.split('/');
  if (steps[0] === 'optimizer') return { path, name: path, role: 'optimizer' };
  let length = steps.length;
  while (length > 0 && !known.has(steps.slice(0, length).join('/'))) length--;
  const found = known.get(steps.slice(0, length).join('/'));
  if (!found) return unknownOwner(path, steps, groups);
  const below = steps.slice(length);
  const role = below.includes('seed_generator') ? 'aux' : undefined;
  const inside = below
    .filter((step) => !containers.has(step))
    .map((step) => attentionNames.get(step.replace(/^_/, '')) ?? step.replace(/^_/, ''));
  const name = [found.name, ...inside].join('/');
  const module = moduleInfo(found.layer, name);
  return { path: steps.slice(0, length).join('/'), name, module, ...(role && { role }) };
}

/** Without a configuration the class is told by the group's name, the layer's name by the attribute if it is there. */
function unknownOwner(path: string, steps: readonly string[], groups: readonly VarsGroup[]): Owner {
  const names: string[] = [];
  let type: string | undefined;
  for (const [i, step] of steps.entries()) {
    const prefix = steps.slice(0, i + 1).join('/');
    const own = groups.find((group) => group.path === prefix)?.name;
    // A recurrent layer in a wrapper is told by the name of its cell.
    if (step === 'cell' && own !== undefined) type ??= classOfGroupName(own)?.replace(/Cell$/, '');
    if (containers.has(step) && step !== 'layer') continue;
    const attention = attentionNames.get(step.replace(/^_/, ''));
    // What is wrapped has a group named after the attribute: its class is not told.
    type = /(?:^|_)layer$/.test(step) ? undefined : (classOfGroupName(step) ?? type);
    if (step !== 'layer' || own !== undefined) names.push(attention ?? own ?? step);
  }
  const name = names.join('/');
  const role: Role | undefined = steps.includes('seed_generator') ? 'aux' : undefined;
  const wrapper = steps.at(-1) === 'layer' ? classOfGroupName(steps.at(-2) ?? '') : undefined;
  return {
    path,
    name,
    ...(type && { module: { name, type } }),
    ...(role && { role }),
    hasKernel: wrapper === 'SpectralNormalization',
  };
}

function layerVariables(group: VarsGroup, owner: Owner): readonly string[] | undefined {
  if (owner.role === 'aux') return ['state'];
  const { module } = owner;
  if (owner.hasKernel && group.variables.length <= 2) return ['kernel', 'bias'];
  return module && variableNames(module.type, module.config, group.variables.length);
}

/** The first two are the step and the learning rate, both scalars; what follows differs between optimizers. */
function optimizerNames(group: VarsGroup): readonly string[] {
  const names: string[] = [];
  for (const { dataset } of group.variables.slice(0, 2)) {
    if (dataset.kind === 'unreadable' || dataset.shape.length > 0) break;
    names.push(names.length === 0 ? 'iteration' : 'learning_rate');
  }
  return names;
}
