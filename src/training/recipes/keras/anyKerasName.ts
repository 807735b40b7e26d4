import { kerasNameOf } from '../../keras/kerasName';
import { layerCallsIn } from '../../keras/layerCalls';
import type { Module } from '../../module';
import type { SyntaxNode } from '../../source';
import { callsIn, fieldOf, nodesIn, partsOf } from '../../syntax';

/** Something of Keras that the file names, so that others can be written like it. */
export function anyKerasName(module: Module): SyntaxNode | undefined {
  const layer = layerCallsIn(module, module.source.root)[0]?.callee;
  if (layer) return layer;
  const called = callsIn(module.source.root)
    .flatMap((call) => fieldOf(call, 'function') ?? [])
    .find((callee) => partsOf(callee).length > 0 && kerasNameOf(module, callee) !== undefined);
  // A subclass of keras.Model may name nothing else.
  return (
    called ??
    nodesIn(module.source.root).find(
      (node) => node.type === 'attribute' && kerasNameOf(module, node) !== undefined,
    )
  );
}
