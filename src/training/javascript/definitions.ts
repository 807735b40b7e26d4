import type { LayerDefinition } from '../definition';
import type { JavaScriptModule } from './module';

/** Layers of TensorFlow.js with weights that the file defines, in the order of the text. */
export function tfjsDefinitions(_module: JavaScriptModule): readonly LayerDefinition[] {
  return [];
}
