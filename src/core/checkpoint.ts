import type { Json, JsonObject } from './json';
import type { Tensor } from './tensor';

/** Decides orientation and names: Linear kernels are (out, in) in PyTorch and (in, out) in Keras and Flax. */
export type Framework = 'pytorch' | 'keras' | 'tfjs' | 'tensorflow' | 'jax' | 'numpy' | 'unknown';

export interface Skipped {
  readonly name: string;
  readonly reason: string;
}

/** One parameter group of a recorded optimizer. */
export interface OptimizerGroup {
  /** Hyperparameters as recorded: lr, weight_decay, betas, … */
  readonly hyperparameters: JsonObject;
  readonly parameterCount: number;
}

/** An optimizer whose state is in the checkpoint. */
export interface OptimizerRecord {
  /** Class where the file says or its keys decide it (`AdamW`), else the candidates (`Adam or AdamW`). */
  readonly name?: string;
  readonly groups: readonly OptimizerGroup[];
}

/** A batch normalization that a recorded graph has directly behind a layer, by the names of the stored tensors. */
export interface NormalizedWeight {
  /** The layer's weight. */
  readonly weight: string;
  /** Absent where the normalization has no scale: 1. */
  readonly gamma?: string;
  readonly variance: string;
  readonly epsilon: number;
}

/** Something the reader noticed that the user should know: an import refused in a pickle, a file that is missing. */
export interface Notice {
  readonly severity: 'info' | 'warn' | 'problem';
  readonly message: string;
}

/**
 * One saved model as a user thinks of it: a file, a sharded set, or a directory. Weights, optimizer state and recorded
 * hyperparameters stand apart.
 */
export interface Checkpoint {
  /** Id of the format that read it. */
  readonly format: string;
  /** The same in words: `PyTorch zip, state dict`, `safetensors, 3 shards`. */
  readonly description: string;
  readonly framework: Framework;
  readonly files: readonly { readonly name: string; readonly byteLength: number }[];
  readonly tensors: readonly Tensor[];
  /** Tensors that the file names but that could not be made readable, each with the reason. */
  readonly skipped: readonly Skipped[];
  readonly optimizers: readonly OptimizerRecord[];
  /** What the training run recorded: epoch, step, args, hyper_parameters, library versions. */
  readonly recorded: { readonly [key: string]: Json };
  /** The model's declared configuration (Keras config, TF.js topology, safetensors metadata), if there is one. */
  readonly declared?: Json;
  readonly notices: readonly Notice[];
  /** Where the file has the model's graph: layers that nothing follows but a batch normalization. */
  readonly normalized?: readonly NormalizedWeight[];
}
