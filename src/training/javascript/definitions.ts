import type { LayerDefinition } from '../definition';
import { enclosing, fieldOf, textOf } from '../syntax';
import { placedLayers } from './graph';
import { isActivation, isDropout, isPooling, layersIn } from './layers';
import type { Layer } from './layers';
import type { JavaScriptModule } from './module';
import { sizesOf } from './numbers';
import { functionTypes, literalText, propertyOf } from './syntax';
import { optionsOf, outputChannels, weightedLayers } from './weights';

/** Layers that one file may have: real files stay far below. */
const maxLayers = 10_000;

/** Layers of TensorFlow.js with weights that the file defines, in the order of the text. */
export function tfjsDefinitions(module: JavaScriptModule): readonly LayerDefinition[] {
  const layers = layersIn(module).slice(0, maxLayers);
  const names = automaticNames(module, layers);
  const channels = inputChannels(module);
  return layers.flatMap((layer) => {
    const found = weightedLayers.get(layer.name);
    const path = names.get(layer);
    if (!found || path === undefined) return [];
    const [className, weights] = found;
    const definition = enclosing(layer.call, 'class_declaration');
    const name = definition && fieldOf(definition, 'name');
    return [
      {
        callee: layer.isOwn ? className : `tf.layers.${layer.name}`,
        range: { start: layer.call.start, end: layer.call.end },
        className: name && textOf(module.source, name),
        sites: pathsOf(module, layer, path, names).map((site) => ({
          path: site,
          shapes: weights(optionsOf(module, layer), channels.get(layer)),
        })),
      },
    ];
  });
}

/** A layer inside of bidirectional is made twice: `both/forward_memory` and `both/backward_memory`. */
function pathsOf(
  module: JavaScriptModule,
  { call }: Layer,
  path: string,
  names: ReadonlyMap<Layer, string>,
): readonly string[] {
  const config = call.parent?.type === 'pair' ? call.parent.parent : undefined;
  const wrapper = config && layersIn(module).find((layer) => layer.config === config);
  if (wrapper?.name !== 'bidirectional') return [path];
  const outer = names.get(wrapper) ?? '*';
  return [`${outer}/forward_${path}`, `${outer}/backward_${path}`];
}

/**
 * Names of layers: the given one, or `dense_Dense1`, `dense_Dense2`, … in the order in which layers of the class without a name
 * are made. That is the order of the text where nothing is repeated or made in several functions; elsewhere the number is open.
 */
function automaticNames(
  module: JavaScriptModule,
  layers: readonly Layer[],
): ReadonlyMap<Layer, string> {
  const names = new Map<Layer, string>();
  const functions = new Set(layers.map(({ call }) => enclosing(call, ...functionTypes)));
  const isOneFlow = functions.size === 1;
  const counts = new Map<string, number>();
  const open = new Set<string>();
  for (const layer of layers) {
    const className =
      layer.name === 'bidirectional' ? 'Bidirectional' : weightedLayers.get(layer.name)?.[0];
    if (className === undefined) continue;
    const property = layer.config && propertyOf(module.source, layer.config, 'name');
    if (property) {
      const name = property.value && literalText(module.source, property.value);
      if (name !== undefined) names.set(layer, name);
      continue;
    }
    const isRepeated =
      enclosing(
        layer.call,
        'for_statement',
        'for_in_statement',
        'while_statement',
        'do_statement',
      ) !== undefined || !isOneFlow;
    // After a loop the number depends on its rounds.
    if (isRepeated) open.add(className);
    const count = (counts.get(className) ?? 0) + 1;
    counts.set(className, count);
    const number = open.has(className) ? '*' : `${count}`;
    names.set(layer, `${snakeCase(className)}_${className}${number}`);
  }
  return names;
}

/** As TensorFlow.js derives the beginning of a name from its class: `SeparableConv2D` → `separable_conv2d`. */
function snakeCase(className: string): string {
  return className
    .replace(/(.)([A-Z][a-z0-9]+)/g, '$1_$2')
    .replace(/([a-z])([A-Z])/g, '$1_$2')
    .toLowerCase();
}

/** Channels of each layer's input: from its own `inputShape`, or from the layers before it. */
function inputChannels(module: JavaScriptModule): ReadonlyMap<Layer, number | undefined> {
  const channels = new Map<Layer, number | undefined>();
  for (const layer of layersIn(module)) {
    const shape = layer.config && propertyOf(module.source, layer.config, 'inputShape')?.value;
    const size = shape && sizesOf(module, shape)?.at(-1);
    if (size !== undefined) channels.set(layer, size);
  }
  for (const { layer, following } of placedLayers(module)) {
    const output = outputChannels(module, layer);
    if (output === undefined) continue;
    for (const { layer: next } of following()) {
      if (!channels.has(next)) channels.set(next, output);
      const keeps =
        isActivation(next) ||
        isDropout(next) ||
        isPooling(next) ||
        /Normalization$/.test(next.name);
      if (!keeps) break;
    }
  }
  return channels;
}
