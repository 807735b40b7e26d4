/** Normalizations that stand between a linear layer and a ReLU, as far as the file has the order of the computation. */
import { isJsonObject, property, type Json } from '../../core/json';
import type { DeclaredLayer, Facts } from '../facts';
import { modulesOf } from './modules';

const maxDepth = 24;

const linear =
  /^(Conv\d?D?|Conv[123]d|ConvTranspose[123]d|Conv[123]DTranspose|Dense|Linear|(Depthwise|Separable)Conv[12]D)$/;

/**
 * Names of batch normalizations after a convolution or dense layer whose output a ReLU takes and nothing else: in a Keras or TensorFlow.js
 * configuration, or in a Sequential of a pickled model. What forward() does with other modules is in no file.
 */
export function rectifiedNorms(facts: Facts): ReadonlySet<string> {
  const found = new Set<string>();
  for (const layers of chainsOf(facts)) {
    for (const { name, inputs, outputs } of layers) {
      if (
        inputs.length === 1 &&
        inputs.every(isLinear) &&
        outputs.length > 0 &&
        outputs.every(isRelu)
      ) {
        found.add(name);
      }
    }
  }
  return found;
}

interface Place {
  readonly name: string;
  readonly inputs: readonly DeclaredLayer[];
  readonly outputs: readonly DeclaredLayer[];
}

function chainsOf({ declared, framework }: Facts): readonly (readonly Place[])[] {
  return framework === 'keras' || framework === 'tfjs'
    ? kerasModels(declared)
    : sequentials(modulesOf(declared));
}

/** Members of each Sequential, which runs them in their order. */
function sequentials(modules: readonly DeclaredLayer[]): readonly (readonly Place[])[] {
  const members = new Map<string, DeclaredLayer[]>();
  for (const module of modules) {
    if (module.type === 'Sequential') members.set(module.name, []);
  }
  for (const module of modules) {
    const parent = module.name.slice(0, Math.max(module.name.lastIndexOf('.'), 0));
    if (module.name !== '') members.get(parent)?.push(module);
  }
  return [...members.values()].map(inOrder);
}

function inOrder(layers: readonly DeclaredLayer[]): readonly Place[] {
  return layers.map(({ name }, index) => ({
    name,
    inputs: layers.slice(Math.max(index - 1, 0), index),
    outputs: layers.slice(index + 1, index + 2),
  }));
}

/** Every model in the configuration, models in models included. */
function kerasModels(declared: Json | undefined): readonly (readonly Place[])[] {
  const models: (readonly Place[])[] = [];
  const visit = (value: Json | undefined, depth: number): void => {
    if (depth > maxDepth || value === null || typeof value !== 'object') return;
    if (!isJsonObject(value)) {
      for (const item of value) visit(item, depth + 1);
      return;
    }
    const layers = property(property(value, 'config'), 'layers');
    if (Array.isArray(layers)) {
      const isSequential = property(value, 'class_name') === 'Sequential';
      models.push(isSequential ? inOrder(layers.flatMap(layerOf)) : byInputs(layers));
    }
    for (const item of Object.values(value)) visit(item, depth + 1);
  };
  visit(declared, 0);
  return models;
}

function layerOf(value: Json): readonly DeclaredLayer[] {
  const type = property(value, 'class_name');
  const config = property(value, 'config');
  const name = property(config, 'name') ?? property(value, 'name');
  if (typeof type !== 'string' || typeof name !== 'string') return [];
  return [{ name, type: type.replace(/^.*[.>]/, ''), config: isJsonObject(config) ? config : {} }];
}

/** Layers of a functional model, each with the names of those whose output it takes. */
function byInputs(layers: readonly Json[]): readonly Place[] {
  const known = new Map<string, DeclaredLayer>();
  const edges: (readonly [from: string, to: string])[] = [];
  for (const value of layers) {
    for (const layer of layerOf(value)) {
      known.set(layer.name, layer);
      const from = new Set<string>();
      gatherInputs(property(value, 'inbound_nodes'), from, 0);
      for (const name of from) edges.push([name, layer.name]);
    }
  }
  const layersAt = (names: readonly string[]): DeclaredLayer[] =>
    names.flatMap((name) => known.get(name) ?? []);
  const inputs = grouped(edges.map(([from, to]) => [to, from]));
  const outputs = grouped(edges);
  return [...known.keys()].map((name) => ({
    name,
    inputs: layersAt(inputs.get(name) ?? []),
    outputs: layersAt(outputs.get(name) ?? []),
  }));
}

/** Keras 3 names an input as `keras_history: [layer, node, tensor]`, Keras 2 as `[layer, node, tensor, {…}]`. */
function gatherInputs(value: Json | undefined, into: Set<string>, depth: number): void {
  if (depth > maxDepth || value === undefined || value === null || typeof value !== 'object')
    return;
  if (isJsonObject(value)) {
    for (const item of Object.values(value)) gatherInputs(item, into, depth + 1);
    return;
  }
  const [name, node, tensor] = value;
  if (typeof name === 'string' && typeof node === 'number' && typeof tensor === 'number') {
    into.add(name);
    return;
  }
  for (const item of value) gatherInputs(item, into, depth + 1);
}

function grouped(
  pairs: readonly (readonly [string, string])[],
): ReadonlyMap<string, readonly string[]> {
  const groups = new Map<string, string[]>();
  for (const [key, value] of pairs) {
    const group = groups.get(key);
    if (group) group.push(value);
    else groups.set(key, [value]);
  }
  return groups;
}

function isLinear({ type, config }: DeclaredLayer): boolean {
  const activation = property(config, 'activation');
  return (
    linear.test(type) &&
    (activation === undefined || activation === null || activation === 'linear')
  );
}

function isRelu({ type, config }: DeclaredLayer): boolean {
  if (type === 'Activation') {
    const activation = property(config, 'activation');
    return activation === 'relu' || activation === 'relu6';
  }
  const slope = property(config, 'negative_slope') ?? 0;
  return /^ReLU6?$/.test(type) && slope === 0;
}
