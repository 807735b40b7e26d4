import type { LayerDefinition } from './definition';
import { flaxDefinitions } from './flax/definitions';
import { tfjsDefinitions } from './javascript/definitions';
import { readJavaScriptModule } from './javascript/module';
import { kerasDefinitions } from './keras/definitions';
import { torchDefinitions } from './models';
import { readModule } from './module';
import type { Source } from './source';

/** Layers with weights that the file defines, in whatever framework, in the order of the text. */
export function findLayerDefinitions(source: Source): readonly LayerDefinition[] {
  if (source.language !== 'python') return tfjsDefinitions(readJavaScriptModule(source));
  return [torchDefinitions, kerasDefinitions, flaxDefinitions]
    .flatMap((find) => find(readModule(source)))
    .sort((a, b) => a.range.start - b.range.start);
}
