import type { ModuleInfo } from '../../core/tensor';
import { moduleInfo, type KerasLayer } from './modelConfig';

/**
 * Finds the layer of a weight named by path (`bidirectional/forward_lstm/lstm_cell/kernel`), as Keras 2 and TF.js name them:
 * the last part that is a layer's name, looked for from the end, since scopes of models may stand before it.
 */
export function layerLookup(
  model: KerasLayer | undefined,
): (weightName: string) => ModuleInfo | undefined {
  const layers = new Map<string, KerasLayer>();
  if (model) collect(model.children, layers);
  return (weightName) => {
    const scopes = weightName.split('/').slice(0, -1);
    for (let last = scopes.length; last > 0; last--) {
      const layer = layers.get(scopes[last - 1] ?? '');
      if (!layer) continue;
      // Wrappers own nothing: the weight belongs to what they wrap.
      const owner = innermost(layer);
      // Attention owns four projections, each a layer of its own.
      const end = owner.type.endsWith('Attention') ? scopes.length : last;
      return moduleInfo(owner, scopes.slice(0, end).join('/'));
    }
    return undefined;
  };
}

/** Names are unique in a model, so the outer layer keeps a name that a nested one repeats. */
function collect(children: readonly KerasLayer[], layers: Map<string, KerasLayer>): void {
  for (const layer of children) {
    if (layer.name !== '' && !layers.has(layer.name)) layers.set(layer.name, layer);
  }
  for (const layer of children) {
    // A cell is the inside of its recurrent layer: `LSTM` says more than `LSTMCell`.
    collect(
      layer.children.filter(
        ({ attribute, children }) => attribute !== 'cell' || children.length > 0,
      ),
      layers,
    );
  }
}

function innermost(layer: KerasLayer): KerasLayer {
  const [inner] = layer.children;
  if (layer.children.length !== 1 || inner?.attribute !== 'layer') return layer;
  return innermost(inner);
}
