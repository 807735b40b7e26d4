import type { LayerReport } from '../../core/report';
import type { Facts } from '../facts';

/** A layer and what normalizes its output or its weight, so that the weight's length has no effect on the function. */
export interface NormPair {
  readonly layer: LayerReport;
  /** Name of the normalization. */
  readonly norm: string;
  readonly by: 'batch norm' | 'weight norm';
}

/**
 * Layers directly before batch normalization: the next layer of the file has running statistics, one for each output unit.
 * Files are in order of definition, which is not always the order of the computation.
 */
export function normPairs(facts: Facts): readonly NormPair[] {
  const pairs: NormPair[] = [];
  const { layers } = facts;
  layers.forEach((layer, index) => {
    if (layer.combined?.startsWith('weight norm')) {
      pairs.push({ layer, norm: layer.name, by: 'weight norm' });
      return;
    }
    const next = layers[index + 1];
    if (!next || !['matrix', 'conv', 'depthwise'].includes(layer.role)) return;
    if (next.role !== 'norm_scale' || !isOfSameBlock(layer.name, next.name)) return;
    const isBatchNorm = facts.companions(next, 'running_stat').length > 0;
    const [units] = layer.view ?? [layer.shape[0]];
    if (isBatchNorm && next.shape.length === 1 && next.shape[0] === units) {
      pairs.push({ layer, norm: next.name, by: 'batch norm' });
    }
  });
  return pairs;
}

/** `block.conv` and `block.bn`; a norm of another block may belong to another branch. */
function isOfSameBlock(layer: string, norm: string): boolean {
  const parent = (name: string): string =>
    name.slice(0, Math.max(name.lastIndexOf('.'), name.lastIndexOf('/'), 0));
  const [a, b] = [parent(layer), parent(norm)];
  return a === b || a.startsWith(b) || b.startsWith(a);
}
