import type { LayerDefinition } from '../definition';
import type { Module } from '../module';

/** Layers of Flax with weights that the file defines, in the order of the text. */
export function flaxDefinitions(_module: Module): readonly LayerDefinition[] {
  return [];
}
