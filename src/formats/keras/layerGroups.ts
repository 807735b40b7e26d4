import { toSnakeCase } from '../../core/snakeCase';
import { uniqueNames } from './layerNames';
import type { KerasLayer } from './modelConfig';

/** A layer and the names of it and of all that it is in. */
export interface LayerGroup {
  readonly layer: KerasLayer;
  readonly name: string;
}

/**
 * Where Keras 3 puts each layer of a model in its weights file: `layers/<class>_<n>` in order of the list, and the attribute
 * that holds it in a wrapper. Layers are not addressed by name there, as names may differ between two runs.
 */
export function layerGroups(model: KerasLayer): ReadonlyMap<string, LayerGroup> {
  const groups = new Map<string, LayerGroup>();
  addChildren(groups, model, { group: '', name: '' });
  return groups;
}

function addChildren(
  groups: Map<string, LayerGroup>,
  parent: KerasLayer,
  at: { group: string; name: string },
): void {
  const unique = { layers: uniqueNames(), cells: uniqueNames() };
  for (const layer of parent.children) {
    const { attribute } = layer;
    const inList = attribute === 'layers' || attribute === 'cells';
    const step = inList ? `${attribute}/${unique[attribute](toSnakeCase(layer.type))}` : attribute;
    const group = join(at.group, step);
    // The cells of a stack are told by their own names.
    const name = attribute === 'cell' ? at.name : join(at.name, layer.name);
    groups.set(group, { layer, name });
    addChildren(groups, layer, { group, name });
  }
}

function join(path: string, step: string): string {
  return path === '' ? step : `${path}/${step}`;
}
