import type { OptimizerRecord } from '../../core/checkpoint';
import { isJsonObject, property, type Json } from '../../core/json';

/**
 * The optimizer of a `training_config` (Keras 2, TF.js) or a `compile_config` (Keras 3): class and hyperparameters.
 *
 * @param parameterCount trainable tensors of the model
 */
export function readOptimizer(
  training: Json | undefined,
  parameterCount: number,
): OptimizerRecord | undefined {
  const optimizer = property(training, 'optimizer_config') ?? property(training, 'optimizer');
  if (typeof optimizer === 'string') {
    return { name: optimizer, groups: [{ hyperparameters: {}, parameterCount }] };
  }
  const className = property(optimizer, 'class_name');
  const config = property(optimizer, 'config');
  if (typeof className !== 'string') return undefined;
  return {
    name: className.slice(className.lastIndexOf('>') + 1),
    groups: [{ hyperparameters: isJsonObject(config) ? config : {}, parameterCount }],
  };
}
