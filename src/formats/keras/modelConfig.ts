/**
 * The layers of a Keras model configuration, as `model.get_config()` writes it: Keras 1 to 3 and TF.js alike.
 */
import { isJsonObject, property, type Json, type JsonObject } from '../../core/json';
import type { ModuleInfo } from '../../core/tensor';

/** Nested models and wrappers; deeper is no model. */
const maxDepth = 64;

/** One layer; nested models and wrappers have children. */
export interface KerasLayer {
  readonly name: string;
  /** Class without its package. */
  readonly type: string;
  readonly config: JsonObject;
  /** Attribute of the parent that holds it, as Keras 3 names groups: `layers`, `layer`, `forward_layer`, `cell`. */
  readonly attribute: string;
  readonly children: readonly KerasLayer[];
}

/** The model as its outermost layer; undefined if this is no model configuration. */
export function readModelConfig(model: Json | undefined): KerasLayer | undefined {
  const layer = readLayer(model, '', 0);
  return layer && layer.children.length > 0 ? layer : undefined;
}

/** What the tensors of a layer say about their module. */
export function moduleInfo(layer: KerasLayer, name: string): ModuleInfo {
  const config = Object.fromEntries(
    Object.entries(layer.config).filter(([key]) => key !== 'layers'),
  );
  return { name, type: layer.type, config };
}

function readLayer(
  value: Json | undefined,
  attribute: string,
  depth: number,
): KerasLayer | undefined {
  const className = property(value, 'class_name');
  const config = property(value, 'config');
  if (typeof className !== 'string' || depth > maxDepth) return undefined;
  // Sequential models of Keras before 2.2 have their layers as the configuration itself.
  const own: JsonObject = isJsonObject(config)
    ? config
    : Array.isArray(config)
      ? { layers: config as readonly Json[] }
      : {};
  const name = property(own, 'name') ?? property(value, 'name');
  // Registered classes read `package>Class`.
  const type = className.slice(className.lastIndexOf('>') + 1);
  return {
    name: typeof name === 'string' ? name : '',
    type,
    config: own,
    attribute,
    children: readChildren(type, own, depth + 1),
  };
}

function readChildren(type: string, config: JsonObject, depth: number): readonly KerasLayer[] {
  const children: (KerasLayer | undefined)[] = [];
  for (const attribute of ['layers', 'cells']) {
    const list = property(config, attribute);
    if (!Array.isArray(list)) continue;
    for (const item of list) children.push(readLayer(item as Json, attribute, depth));
  }
  children.push(readLayer(property(config, 'cell'), 'cell', depth));
  const inner = readLayer(property(config, 'layer'), 'layer', depth);
  if (inner && type === 'Bidirectional') children.push(...bothDirections(inner, config, depth));
  else children.push(inner);
  return children.filter((child) => child !== undefined);
}

/** Keras names the two copies after the wrapped layer; Keras 2 records only that one. */
function bothDirections(inner: KerasLayer, config: JsonObject, depth: number): KerasLayer[] {
  const base = inner.name.replace(/^forward_/, '');
  const backward = readLayer(property(config, 'backward_layer'), 'backward_layer', depth);
  return [
    { ...inner, name: `forward_${base}`, attribute: 'forward_layer' },
    backward ?? { ...inner, name: `backward_${base}`, attribute: 'backward_layer' },
  ];
}
