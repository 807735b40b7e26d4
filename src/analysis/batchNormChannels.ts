import type { Framework } from '../core/checkpoint';
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
export async function batchNormalizationOf(
  { role, weight, companions }: Layer,
  framework: Framework,
): Promise<BatchNormalization | undefined> {
  const channels = elementCountOf(weight.shape);
  if (role !== 'norm_scale' || weight.shape.length !== 1 || channels > maxChannels)
    return undefined;
  const named = (pattern: RegExp): Tensor | undefined =>
    companions.find(
      ({ name, shape }) =>
        pattern.test(splitName(name).parameter) && elementCountOf(shape) === channels,
    );
  const variance = named(/^(running_var|moving_variance|var)$/);
  const declared =
    property(weight.module?.config, 'eps') ?? property(weight.module?.config, 'epsilon');
  const isDeclared = typeof declared === 'number' && declared >= 0;
  const epsilon = isDeclared ? declared : defaultEpsilons[framework];
  if (!variance || epsilon === undefined) return undefined;
  const beta = named(/^(bias|beta)$/);
  try {
    return {
      gamma: await valuesOf(weight),
      variance: await valuesOf(variance),
      ...(beta && { beta: await valuesOf(beta) }),
      epsilon,
      isEpsilonAssumed: !isDeclared,
    };
  } catch (error) {
    // The scales themselves are measured, and say so if it is they that cannot be read.
    if (error instanceof FormatError) return undefined;
    throw error;
  }
}

async function valuesOf({ dtype, data, shape }: Tensor): Promise<Float64Array> {
  return numbersOf(dtype, await data.read(0, elementCountOf(shape)));
}
