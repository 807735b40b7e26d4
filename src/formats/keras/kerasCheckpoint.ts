import type { CheckpointFiles } from '../../core/byteSource';
import type { Checkpoint } from '../../core/checkpoint';
import { property, type Json } from '../../core/json';
import type { KerasTensors } from './keras3Tensors';
import { batchNormsOf } from './batchNorms';
import { readOptimizer } from './optimizerRecord';

/** Variables that no optimizer updates. */
const untrained = /\/(?:moving_mean|moving_variance|mean|variance|count|vector_u)$/;

/** Puts together what all layouts of Keras have in common. */
export function kerasCheckpoint(
  files: CheckpointFiles,
  read: {
    readonly format: string;
    readonly description: string;
    readonly weights: readonly KerasTensors[];
    readonly config?: Json | undefined;
    /** `compile_config` of Keras 3 or `training_config` of Keras 2. */
    readonly training?: Json | undefined;
    readonly recorded: { readonly [key: string]: Json | undefined };
  },
): Checkpoint {
  const { format, description, weights, config, training } = read;
  const tensors = weights.flatMap((part) => part.tensors);
  const trained = tensors.filter(({ role, name }) => role === undefined && !untrained.test(name));
  const optimizer = readOptimizer(training, trained.length);
  const recorded: { [key: string]: Json } = {};
  const training_ = training === undefined || training === null ? {} : recordedTraining(training);
  for (const [key, value] of Object.entries({ ...read.recorded, ...training_ })) {
    if (value !== undefined && value !== null) recorded[key] = value;
  }
  return {
    format,
    description,
    framework: 'keras',
    files: files.opened.map(({ name, size }) => ({ name, byteLength: size })),
    tensors,
    skipped: weights.flatMap((part) => part.skipped),
    optimizers: optimizer ? [optimizer] : [],
    recorded,
    ...(config !== undefined && { declared: config }),
    notices: [],
    normalized: batchNormsOf(config, tensors),
  };
}

/** Loss and metrics; the optimizer has its own record. */
function recordedTraining(training: Json): { [key: string]: Json | undefined } {
  const keys = [
    'loss',
    'loss_weights',
    'metrics',
    'weighted_metrics',
    'jit_compile',
    'sample_weight_mode',
  ];
  return Object.fromEntries(keys.map((key) => [key, property(training, key)]));
}
