import type { Module } from '../../module';
import { isWeighted } from '../../torch/modelChains';
import type { Chain, Operation } from '../../torch/modelChains';

/** A place after an activation where dropout fits. */
export interface DropoutPlace {
  readonly chain: Chain;
  /** The step after which it goes: the activation, or the pooling that follows it. */
  readonly after: Operation;
  /** The class and its usual rate. */
  readonly layer: 'Dropout' | 'Dropout1d' | 'Dropout2d' | 'Dropout3d';
  readonly rate: string;
}

/**
 * Between an activation and the next layer with weights; nothing after the last layer, nothing where dropout is there
 * already, and nothing directly before a normalization, whose statistics it would shift.
 */
export function dropoutPlaces(module: Module, chain: Chain): readonly DropoutPlace[] {
  const { operations } = chain;
  return operations.flatMap((operation, index): readonly DropoutPlace[] => {
    if (operation.kind !== 'activation') return [];
    const isPooled = operations[index + 1]?.kind === 'pool';
    const after = (isPooled ? operations[index + 1] : undefined) ?? operation;
    const rest = operations.slice(operations.indexOf(after) + 1);
    const end = rest.findIndex((step) => isWeighted(module, step));
    const between = rest.slice(0, end);
    const isPlain = between.every(({ kind }) => kind === 'reshape' || kind === 'pool');
    if (end === -1 || !isPlain) return [];
    const before = operations.slice(0, index);
    const layer = before.findLast((step) => isWeighted(module, step));
    if (!layer) return [];
    const isFlat = before
      .slice(before.indexOf(layer))
      .some(({ kind }) => kind === 'reshape' || kind === 'pool');
    const dimensions = /([123])d$/.exec(layer.origin)?.[1];
    if (layer.kind !== 'convolution' || isFlat || dimensions === undefined) {
      return [{ chain, after, layer: 'Dropout', rate: '0.5' }];
    }
    const name = dimensions === '1' ? 'Dropout1d' : dimensions === '2' ? 'Dropout2d' : 'Dropout3d';
    return [{ chain, after, layer: name, rate: '0.1' }];
  });
}
