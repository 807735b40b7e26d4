import type { Checkpoint, Framework } from '../core/checkpoint';
import { FormatError } from '../core/errors';
import { property } from '../core/json';
import { elementCountOf, type Tensor } from '../core/tensor';
import { numbersOf } from '../formats/numbers';
import type { BatchNormalization } from '../metrics';
import type { Layer } from './layers';
import { splitName } from './tensorName';

/** More channels than any layer has: their values are held at once. */
const maxChannels = 2 ** 20;

/** ε where the file has none: the default of torch.nn.BatchNorm*, flax BatchNorm and keras BatchNormalization. */
const defaultEpsilons: Readonly<Partial<Record<Framework, number>>> = {
  pytorch: 1e-5,
  jax: 1e-5,
  keras: 1e-3,
  tfjs: 1e-3,
  tensorflow: 1e-3,
};

/** Reads γ, β and the running variance of a batch normalization; undefined for any other layer. */
export type BatchNormReader = (layer: Layer) => Promise<BatchNormalization | undefined>;

/** A reader that takes ε and the running variance from the model's graph where the file has one. */
export function batchNormReader({
  framework,
  tensors,
  normalized = [],
}: Pick<Checkpoint, 'framework' | 'tensors' | 'normalized'>): BatchNormReader {
  const byGamma = new Map(
    normalized.flatMap((one) => (one.gamma === undefined ? [] : [[one.gamma, one]])),
  );
  const byName = new Map(normalized.length > 0 ? tensors.map((one) => [one.name, one]) : []);
  return async (layer) => {
    const { role, weight, companions } = layer;
    const channels = elementCountOf(weight.shape);
    if (role !== 'norm_scale' || weight.shape.length !== 1 || channels > maxChannels)
      return undefined;
    const named = (pattern: RegExp): Tensor | undefined =>
      companions.find(({ name }) => pattern.test(splitName(name).parameter));
    const graph = byGamma.get(weight.name);
    const variance =
      named(/^(running_var|moving_variance|var)$/) ?? byName.get(graph?.variance ?? '');
    const epsilon = graph?.epsilon ?? declaredEpsilon(layer);
    const assumed = epsilon ?? defaultEpsilons[framework];
    const beta = named(/^(bias|beta)$/);
    if (!variance || assumed === undefined) return undefined;
    if ([variance, beta].some((one) => one && elementCountOf(one.shape) !== channels))
      return undefined;
    try {
      return {
        gamma: await valuesOf(weight),
        variance: await valuesOf(variance),
        ...(beta && { beta: await valuesOf(beta) }),
        epsilon: assumed,
        isEpsilonAssumed: epsilon === undefined,
      };
    } catch (error) {
      // The scales themselves are measured, and say so if it is they that cannot be read.
      if (error instanceof FormatError) return undefined;
      throw error;
    }
  };
}

/** Of a pickled module. */
function declaredEpsilon({ weight }: Layer): number | undefined {
  const { config } = weight.module ?? {};
  const epsilon = property(config, 'eps') ?? property(config, 'epsilon');
  return typeof epsilon === 'number' && epsilon >= 0 ? epsilon : undefined;
}

async function valuesOf({ dtype, data, shape }: Tensor): Promise<Float64Array> {
  return numbersOf(dtype, await data.read(0, elementCountOf(shape)));
}
