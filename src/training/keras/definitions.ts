import type { LayerDefinition, LayerSite } from '../definition';
import { readLayerArguments } from '../layerArguments';
import type { Module } from '../module';
import type { SyntaxNode } from '../source';
import { enclosing, fieldOf, textOf } from '../syntax';
import { layersMade } from './creation';
import type { MadeLayer } from './creation';
import { kerasLayers, shapesOfVariables } from './kerasLayers';

/** Layers of Keras with weights that the file defines, in the order of the text. */
export function kerasDefinitions(module: Module): readonly LayerDefinition[] {
  if (!module.source.text.includes('keras')) return [];
  const byCall = new Map<SyntaxNode, { readonly type: string; sites: Map<string, LayerSite> }>();
  for (const layer of layersMade(module)) {
    const sites = sitesOf(module, layer);
    if (!sites) continue;
    const draft = byCall.get(layer.call) ?? { type: layer.type, sites: new Map() };
    byCall.set(layer.call, draft);
    for (const site of sites) draft.sites.set(JSON.stringify(site), site);
  }
  return [...byCall]
    .map(([call, { type, sites }]) => ({
      callee: `keras.layers.${type}`,
      range: { start: call.start, end: call.end },
      className: classNameOf(module, call),
      sites: [...sites.values()],
    }))
    .sort((a, b) => a.range.start - b.range.start);
}

function sitesOf(module: Module, layer: MadeLayer): readonly LayerSite[] | undefined {
  const variables = kerasLayers.get(layer.type);
  if (!variables) return undefined;
  const shapes = shapesOfVariables(variables(readLayerArguments(module, layer.args)));
  const { byName = '', byAttribute } = layer;
  if (byAttribute === undefined) return [{ path: byName, shapes }];
  return [
    { path: byName, shapes, naming: 'name' },
    { path: byAttribute, shapes, naming: 'attribute' },
  ];
}

function classNameOf({ source }: Module, call: SyntaxNode): string | undefined {
  const definition = enclosing(call, 'class_definition');
  const name = definition && fieldOf(definition, 'name');
  return name && textOf(source, name);
}
