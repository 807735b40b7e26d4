import type { Framework } from '../core/checkpoint';
import { property } from '../core/json';
import { elementCountOf, type Tensor } from '../core/tensor';
import { numbersOf } from '../formats/numbers';
import type { FoldedNormalization } from '../metrics';
import type { Layer } from './layers';
import { lastPart, splitName } from './tensorName';

/** The batch normalization that follows a layer, where the names leave no doubt. */
export interface FollowingNorm {
  readonly gamma: Tensor;
  readonly variance: Tensor;
  readonly epsilon: number;
  readonly isEpsilonAssumed: boolean;
}

/** The default of torch.nn.BatchNorm*. */
const torchEpsilon = 1e-5;

/**
 * Finds for each layer the batch normalization behind it, by its index: `conv1` and `bn1` of one module, or members i and i + 1 of a
 * Sequential, one directly after the other in the file and of as many channels. Before a normalization that comes first
 * (pre-activation) the numbers differ; anything else is left out, as a file is in order of definition, not of computation.
 */
export function followingNorms(
  layers: readonly Layer[],
  framework: Framework,
): ReadonlyMap<number, FollowingNorm> {
  const found = new Map<number, FollowingNorm>();
  if (framework !== 'pytorch') return found;
  layers.forEach((layer, index) => {
    const next = layers[index + 1];
    if (!next || next.role !== 'norm_scale' || !layer.oriented) return;
    if (!['matrix', 'conv', 'depthwise'].includes(layer.role)) return;
    const variance = next.companions.find(
      ({ name }) => splitName(name).parameter === 'running_var',
    );
    const { blocks, rows } = layer.oriented.view;
    const channels = blocks * rows;
    if (next.weight.shape[0] !== channels || variance?.shape[0] !== channels) return;
    if (!follows(layer.name, next.name)) return;
    const epsilon = property(next.weight.module?.config, 'eps');
    const isDeclared = typeof epsilon === 'number' && epsilon >= 0;
    found.set(index, {
      gamma: next.weight,
      variance,
      epsilon: isDeclared ? epsilon : torchEpsilon,
      isEpsilonAssumed: !isDeclared,
    });
  });
  return found;
}

/** Reads γ and the running variance: one value a channel. */
export async function valuesOf({
  gamma,
  variance,
  epsilon,
  isEpsilonAssumed,
}: FollowingNorm): Promise<FoldedNormalization> {
  const read = async (tensor: Tensor): Promise<Float64Array> =>
    numbersOf(tensor.dtype, await tensor.data.read(0, elementCountOf(tensor.shape)));
  return { gamma: await read(gamma), variance: await read(variance), epsilon, isEpsilonAssumed };
}

/** `conv1` and `bn1`, `0` and `1`, of the same module. */
function follows(layer: string, norm: string): boolean {
  const [a, b] = [splitName(layer), splitName(norm)];
  if (a.module !== b.module) return false;
  const [first, second] = [lastPart(layer), lastPart(norm)];
  if (/^\d+$/.test(first) && /^\d+$/.test(second)) return Number(second) === Number(first) + 1;
  const [, kind, number] = /^(conv|fc|linear|lin)(\d*)$/.exec(first) ?? [];
  const [, other] = /^(?:bn|norm|batch_?norm)(\d*)$/.exec(second) ?? [];
  return kind !== undefined && number === other;
}
