import type { LayerReport } from '../core/report';
import type { Facts } from './facts';

/**
 * Whether a normalisation of the layer's width comes next in the file. Such a layer's own size says nothing of the function: the
 * normalisation divides it out again.
 */
export function isNormalised(layer: LayerReport, facts: Facts): boolean {
  const at = facts.layers.indexOf(layer);
  const next = facts.layers[at + 1];
  return next?.role === 'norm_scale' && next.shape[0] === layer.view?.[0];
}
