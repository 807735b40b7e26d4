/**
 * Tensors of a Keras HDF5 file in the layout of Keras 1 and 2, which Keras 3 still writes for `.h5`: a group per layer, and
 * attributes that name layers and weights in order.
 */
import type { Skipped } from '../../core/checkpoint';
import type { ModuleInfo, Tensor } from '../../core/tensor';
import type { Hdf5Dataset } from '../hdf5/dataset';
import type { Hdf5File } from '../hdf5/hdf5File';
import type { KerasTensors } from './keras3Tensors';
import { layerLookup } from './layerLookup';
import type { KerasLayer } from './modelConfig';

const maxAttributeChunks = 10_000;

/** Texts of an attribute, also where it was cut into `name0`, `name1`, … since HDF5 allows an attribute 64 KiB. */
export function readTexts(
  file: Hdf5File,
  path: string,
  name: string,
): readonly string[] | undefined {
  const whole = textsOf(file.attribute(path, name));
  if (whole !== undefined) return whole;
  const names = new Set(file.attributeNames(path));
  const texts: string[] = [];
  for (let i = 0; i < maxAttributeChunks && names.has(`${name}${i}`); i++) {
    texts.push(...(textsOf(file.attribute(path, `${name}${i}`)) ?? []));
  }
  return names.has(`${name}0`) ? texts : undefined;
}

/** @param root group that holds the layers: `model_weights`, or '' in a file of weights only */
export function legacyTensors(
  file: Hdf5File,
  root: string,
  model: KerasLayer | undefined,
): KerasTensors {
  const tensors: Tensor[] = [];
  const skipped: Skipped[] = [];
  const used = new Set<string>();
  const moduleOf = layerLookup(model);
  const objects = file.objects(root);
  const paths = new Set(objects.flatMap(({ path, kind }) => (kind === 'dataset' ? [path] : [])));
  const groups = new Set(objects.flatMap(({ path, kind }) => (kind === 'group' ? [path] : [])));
  const layers = [...(readTexts(file, root, 'layer_names') ?? []), 'top_level_model_weights'];
  for (const layer of layers) {
    const group = root === '' ? layer : `${root}/${layer}`;
    if (!groups.has(group)) continue;
    for (const weight of readTexts(file, group, 'weight_names') ?? []) {
      const path = `${group}/${weight}`;
      const { name: short, module } = nameOf(layer, weight, moduleOf);
      const name = used.has(short) ? path : short;
      used.add(name);
      if (paths.has(path)) add({ tensors, skipped }, name, file.dataset(path), module);
      else skipped.push({ name, reason: 'named by its layer, but not in the file' });
    }
  }
  return { tensors, skipped };
}

/** The state of the optimizer: all datasets of its group. */
export function legacyOptimizer(file: Hdf5File, root: string): KerasTensors {
  const tensors: Tensor[] = [];
  const skipped: Skipped[] = [];
  for (const { path, kind } of file.objects(root)) {
    if (kind !== 'dataset') continue;
    const name = `optimizer${path.slice(root.length)}`.replace(/:0$/, '');
    const dataset = file.dataset(path);
    if (dataset.kind === 'unreadable') skipped.push({ name, reason: dataset.reason });
    else {
      const { dtype, shape, data } = dataset;
      tensors.push({ name, dtype, shape, data, role: 'optimizer' });
    }
  }
  return { tensors, skipped };
}

function add(
  { tensors, skipped }: { tensors: Tensor[]; skipped: Skipped[] },
  name: string,
  dataset: Hdf5Dataset,
  module: ModuleInfo | undefined,
): void {
  if (dataset.kind === 'unreadable') {
    skipped.push({ name, reason: dataset.reason });
    return;
  }
  const { dtype, shape, data } = dataset;
  const isSeed = name.endsWith('/seed_generator_state');
  tensors.push({
    name,
    dtype,
    shape,
    data,
    ...(module && { module }),
    ...(isSeed && { role: 'aux' as const }),
  });
}

/** `digits/both/forward_lstm/lstm_cell/kernel:0` of layer `both` is `both/forward_lstm/kernel` to its user. */
function nameOf(
  layer: string,
  weight: string,
  moduleOf: (name: string) => ModuleInfo | undefined,
): { name: string; module: ModuleInfo | undefined } {
  const steps = weight.replace(/:0$/, '').split('/');
  // Keras before 2.1 let TensorFlow number the scope once more: `conv2d_1/conv2d_1_1/kernel`.
  if (steps.length === 2 && /^_\d+$/.test(steps[0]?.slice(layer.length) ?? '')) {
    if (steps[0]?.startsWith(layer)) steps[0] = layer;
  }
  const at = steps.slice(0, -1).lastIndexOf(layer);
  const own = at < 0 ? [layer, ...steps] : steps.slice(at);
  const scopes = own.slice(0, -1).filter((step, i) => i === 0 || !isInner(step));
  const name = [...scopes, own.at(-1) ?? ''].join('/');
  return { name, module: moduleOf(name) };
}

/** Scopes that Keras puts between a recurrent layer and its weights. */
function isInner(step: string): boolean {
  return /^(?:(?:lstm|gru|simple_rnn|conv_lstm\dd)_cell|stacked_rnn_cells)(?:_\d+)?$/.test(step);
}

function textsOf(value: ReturnType<Hdf5File['attribute']>): readonly string[] | undefined {
  if (typeof value === 'string') return [value];
  if (!Array.isArray(value)) return undefined;
  return value.filter((item): item is string => typeof item === 'string');
}
