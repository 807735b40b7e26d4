import type { LayerDefinition } from '../definition';
import type { Module } from '../module';

/** Layers of Keras with weights that the file defines, in the order of the text. */
export function kerasDefinitions(_module: Module): readonly LayerDefinition[] {
  return [];
}
