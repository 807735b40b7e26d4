/**
 * Layers whose output goes to a batch normalization and nowhere else, told by the model's configuration: neighbours in a Sequential
 * model, and the recorded calls of a functional one.
 *
 *     {"class_name": "Sequential", "config": {"layers": [layer, …]}}
 *     {"class_name": "Functional", "config": {"layers": [{…, "inbound_nodes": [node, …]}, …], "output_layers": [["name", 0, 0], …]}}
 *
 *     node of Keras 1 and 2    [["conv", 0, 0, {}], …]
 *     node of Keras 3          {"args": [{"class_name": "__keras_tensor__", "config": {"keras_history": ["conv", 0, 0]}}], "kwargs": {}}
 *
 * @see https://github.com/keras-team/keras/blob/master/keras/src/models/functional.py
 */
import type { NormalizedWeight } from '../../core/checkpoint';
import { isJsonObject, property, type Json } from '../../core/json';
import type { Tensor } from '../../core/tensor';

const maxDepth = 64;
/** What Keras takes where a configuration does not say it. */
const defaultEpsilon = 1e-3;

/** Weights by the classes of their layers: that whose last operation gives the layer's output. */
const weightOf: readonly (readonly [RegExp, string])[] = [
  [/^(Conv\dD(Transpose)?|Dense)$/, 'kernel'],
  [/^DepthwiseConv\dD$/, 'depthwise_kernel'],
  [/^Separable(Conv\dD|Convolution\dD)$/, 'pointwise_kernel'],
];
const normalizations = /^(Sync)?BatchNormalization(V\d)?$/;

/** The pairs of a model whose tensors are named `path/of/layer/kernel`. */
export function batchNormsOf(
  model: Json | undefined,
  tensors: readonly Tensor[],
): readonly NormalizedWeight[] {
  const pairs = new Map<string, Pair | undefined>();
  collect(model, pairs, 0);
  if (![...pairs.values()].some((pair) => pair)) return [];
  const names = new Set(tensors.map(({ name }) => name));
  const found: NormalizedWeight[] = [];
  for (const { name } of tensors) {
    const [, scope = '', layer = '', parameter = ''] = /^(.*\/)?([^/]+)\/([^/]+)$/.exec(name) ?? [];
    const pair = pairs.get(layer);
    if (!pair?.parameters.includes(parameter)) continue;
    const norm = `${scope}${pair.norm}`;
    const variance = `${norm}/moving_variance`;
    const gamma = `${norm}/gamma`;
    if (!names.has(variance) || names.has(gamma) !== pair.hasScale) continue;
    const { epsilon } = pair;
    found.push({ weight: name, ...(pair.hasScale && { gamma }), variance, epsilon });
  }
  return found;
}

interface Pair {
  /** What the weight may be called: Keras 3 calls that of a depthwise convolution `kernel`. */
  readonly parameters: readonly string[];
  readonly norm: string;
  readonly hasScale: boolean;
  readonly epsilon: number;
}

interface Item {
  readonly name: string;
  readonly type: string;
  readonly config: Json;
  readonly nodes: readonly Json[];
}

/** Adds the pairs of a model and of the models inside; a name that means different pairs means none. */
function collect(
  model: Json | undefined,
  pairs: Map<string, Pair | undefined>,
  depth: number,
): void {
  const config = property(model, 'config');
  const list = Array.isArray(config) ? config : property(config, 'layers');
  if (!Array.isArray(list) || depth > maxDepth) return;
  const items = (list as readonly Json[]).map(itemOf);
  const followers =
    property(model, 'class_name') === 'Sequential' ? neighbours(items) : calls(items, config);
  for (const [index, item] of items.entries()) {
    const next = followers.get(item.name);
    const pair = next && pairOf(item, next);
    pairs.set(item.name, pairs.has(item.name) ? undefined : pair);
    collect((list as readonly Json[])[index], pairs, depth + 1);
  }
}

function itemOf(layer: Json): Item {
  const config = property(layer, 'config') ?? null;
  const name = property(config, 'name') ?? property(layer, 'name');
  const type = property(layer, 'class_name');
  const nodes = property(layer, 'inbound_nodes');
  return {
    name: typeof name === 'string' ? name : '',
    type: typeof type === 'string' ? type.slice(type.lastIndexOf('>') + 1) : '',
    config,
    nodes: Array.isArray(nodes) ? (nodes as readonly Json[]) : [],
  };
}

function neighbours(items: readonly Item[]): ReadonlyMap<string, Item> {
  const next = new Map<string, Item>();
  for (const [index, { name }] of items.entries()) {
    const following = items[index + 1];
    if (following) next.set(name, following);
  }
  return next;
}

/** Layers that are called once, whose output one other call takes, with nothing else. */
function calls(items: readonly Item[], config: Json | undefined): ReadonlyMap<string, Item> {
  const takers = new Map<string, (Item | undefined)[]>();
  const add = (name: string, item: Item | undefined): void => {
    const known = takers.get(name);
    if (known) known.push(item);
    else takers.set(name, [item]);
  };
  for (const name of sourcesIn(property(config, 'output_layers'), 0)) add(name, undefined);
  for (const item of items) {
    for (const node of item.nodes) {
      const sources = sourcesIn(node, 0);
      for (const name of sources) add(name, sources.length === 1 ? item : undefined);
    }
  }
  const next = new Map<string, Item>();
  for (const { name, nodes } of items) {
    const [taker, ...others] = takers.get(name) ?? [];
    if (taker && others.length === 0 && nodes.length === 1 && taker.nodes.length === 1) {
      next.set(name, taker);
    }
  }
  return next;
}

/** Names of the layers whose outputs a recorded call takes: texts that two whole numbers follow. */
function sourcesIn(value: Json | undefined, depth: number): readonly string[] {
  if (depth > maxDepth) return [];
  if (Array.isArray(value)) {
    const [name, node, tensor] = value as readonly Json[];
    if (typeof name === 'string' && Number.isInteger(node) && Number.isInteger(tensor)) {
      // Keras 2 has further tensors of a call in the fourth place.
      return [name, ...sourcesIn((value as readonly Json[])[3], depth + 1)];
    }
    return (value as readonly Json[]).flatMap((item) => sourcesIn(item, depth + 1));
  }
  if (!isJsonObject(value)) return [];
  return Object.values(value).flatMap((item) => sourcesIn(item, depth + 1));
}

function pairOf({ type, config }: Item, norm: Item): Pair | undefined {
  const [, parameter] = weightOf.find(([pattern]) => pattern.test(type)) ?? [];
  if (parameter === undefined || !normalizations.test(norm.type)) return undefined;
  const activation = property(config, 'activation');
  if (activation !== 'linear' && activation !== null && activation !== undefined) return undefined;
  if (!isChannelAxis(property(norm.config, 'axis'), type, property(config, 'data_format'))) {
    return undefined;
  }
  const epsilon = property(norm.config, 'epsilon');
  return {
    parameters: parameter === 'depthwise_kernel' ? [parameter, 'kernel'] : [parameter],
    norm: norm.name,
    hasScale: property(norm.config, 'scale') !== false,
    epsilon: typeof epsilon === 'number' && epsilon >= 0 ? epsilon : defaultEpsilon,
  };
}

/** Whether the axis that is normalized is that of the output units; Keras 2 records it as a list. */
function isChannelAxis(
  recorded: Json | undefined,
  type: string,
  dataFormat: Json | undefined,
): boolean {
  const axis = Array.isArray(recorded) && recorded.length === 1 ? (recorded[0] as Json) : recorded;
  const dimensions = /(\d)D/.exec(type)?.[1];
  if (dimensions === undefined) return axis === undefined || axis === -1 || axis === 1;
  if (dataFormat === 'channels_first') return axis === 1;
  return axis === undefined || axis === -1 || axis === Number(dimensions) + 1;
}
