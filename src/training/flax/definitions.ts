import type { LayerDefinition } from '../definition';
import type { Module } from '../module';
import { visitLinen } from './linenLayers';
import { modelClassesOf } from './modelClasses';
import { visitNnx } from './nnxLayers';
import { SiteCollector } from './siteCollector';

/** Layers of Flax with weights that the file defines, in the order of the text. */
export function flaxDefinitions(module: Module): readonly LayerDefinition[] {
  const classes = modelClassesOf(module);
  const collector = new SiteCollector(module.source);
  visitNnx(
    module,
    classes.filter(({ api }) => api === 'nnx'),
    collector,
  );
  visitLinen(
    module,
    classes.filter(({ api }) => api === 'linen'),
    collector,
  );
  return collector.definitions();
}
