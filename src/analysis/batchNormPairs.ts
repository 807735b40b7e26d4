import type { Checkpoint } from '../core/checkpoint';
import { property } from '../core/json';
import { elementCountOf, type Tensor } from '../core/tensor';
import { numbersOf } from '../formats/numbers';
import type { FoldedNormalization } from '../metrics';
import type { Layer } from './layers';
import { lastPart, splitName } from './tensorName';

/** The batch normalization that follows a layer, where the graph says so or the names leave no doubt. */
export interface FollowingNorm {
  /** Absent: 1. */
  readonly gamma?: Tensor;
  readonly variance: Tensor;
  readonly epsilon: number;
  readonly isEpsilonAssumed: boolean;
}

/** The default of torch.nn.BatchNorm*. */
const torchEpsilon = 1e-5;

/** Finds for each layer the batch normalization behind it, by its index: from the graph where the file has one, else by names. */
export function followingNorms(
  layers: readonly Layer[],
  { framework, tensors, normalized = [] }: Pick<Checkpoint, 'framework' | 'tensors' | 'normalized'>,
): ReadonlyMap<number, FollowingNorm> {
  if (normalized.length === 0) return framework === 'pytorch' ? byNames(layers) : new Map();
  const found = new Map<number, FollowingNorm>();
  const byName = new Map(tensors.map((tensor) => [tensor.name, tensor]));
  const byWeight = new Map(layers.map((layer, index) => [layer.weight.name, index]));
  for (const { weight, gamma, variance, epsilon } of normalized) {
    const index = byWeight.get(weight);
    const layer = index === undefined ? undefined : layers[index];
    const scale = gamma === undefined ? undefined : byName.get(gamma);
    const running = byName.get(variance);
    if (index === undefined || !layer || !running || (gamma !== undefined && !scale)) continue;
    const channels = channelsOf(layer);
    if (channels === undefined || elementCountOf(running.shape) !== channels) continue;
    if (scale && elementCountOf(scale.shape) !== channels) continue;
    found.set(index, {
      ...(scale && { gamma: scale }),
      variance: running,
      epsilon,
      isEpsilonAssumed: false,
    });
  }
  return found;
}

/**
 * By the names of PyTorch: `conv1` and `bn1` of one module, or members i and i + 1 of a
 * Sequential, one directly after the other in the file and of as many channels. Before a normalization that comes first
 * (pre-activation) the numbers differ; anything else is left out, as a file is in order of definition, not of computation.
 */
function byNames(layers: readonly Layer[]): ReadonlyMap<number, FollowingNorm> {
  const found = new Map<number, FollowingNorm>();
  layers.forEach((layer, index) => {
    const next = layers[index + 1];
    const channels = channelsOf(layer);
    if (!next || next.role !== 'norm_scale' || channels === undefined) return;
    const variance = next.companions.find(
      ({ name }) => splitName(name).parameter === 'running_var',
    );
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

/** Output units of a layer that can be folded with what follows. */
function channelsOf({ role, oriented }: Layer): number | undefined {
  if (!oriented || !['matrix', 'conv', 'depthwise'].includes(role)) return undefined;
  return oriented.view.blocks * oriented.view.rows;
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
  const running = await read(variance);
  const scale = gamma ? await read(gamma) : new Float64Array(running.length).fill(1);
  return { gamma: scale, variance: running, epsilon, isEpsilonAssumed };
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
