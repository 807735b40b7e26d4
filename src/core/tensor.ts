import type { Dtype } from './dtype';
import type { JsonObject } from './json';

/**
 * What a tensor is for. The first group is measured as layers; `aux` holds masks, counters and quantisation scales.
 */
export type Role =
  | 'matrix'
  | 'conv'
  | 'depthwise'
  | 'embedding'
  | 'recurrent'
  | 'norm_scale'
  | 'norm_bias'
  | 'running_stat'
  | 'layer_scale'
  | 'bias'
  | 'pos_embed'
  | 'aux'
  | 'optimizer'
  | 'ema_copy';

/** Elements of a tensor, read in ranges. */
export interface TensorData {
  /**
   * Elements [start, end) in row-major order of the tensor's shape, as contiguous little-endian bytes of its dtype
   * ((end − start) × byte size of the dtype). Views, strides, chunks and compression are undone; bool is one byte, 0 or 1.
   * Rejects with a FormatError where the bytes are not there.
   */
  read(start: number, end: number): Promise<Uint8Array>;
}

/** The module that owns a tensor, where the file names it (Keras configuration, pickled module, graph node). */
export interface ModuleInfo {
  /** Name of the module in the model: `block1.conv`, `dense_1`. */
  readonly name: string;
  /** Its class as the framework calls it, without the package: `Conv2D`, `Linear`, `LSTM`. */
  readonly type: string;
  /** Its configuration as recorded: `groups`, `use_bias`, `kernel_regularizer` … */
  readonly config?: JsonObject;
}

/** A named array in a checkpoint. */
export interface Tensor {
  readonly name: string;
  readonly dtype: Dtype;
  readonly shape: readonly number[];
  readonly data: TensorData;
  /**
   * Name of the tensor whose storage this one is (tied weights): measured once. The first name in file order is the owner
   * and has no `sameAs`. Only for views with equal offset, shape and strides.
   */
  readonly sameAs?: string;
  /** Set by the reader only where the file itself says so (an optimizer's state, an EMA copy); otherwise told from the name. */
  readonly role?: Role;
  readonly module?: ModuleInfo;
  /** What the stored integers mean, where the format dequantises them: read() then gives dequantised f32 and dtype is f32. */
  readonly quantization?: {
    readonly storedDtype: string;
    readonly step?: number;
    readonly scheme: string;
  };
  /** Set where the elements are computed from several stored tensors, as the layer does it. */
  readonly combined?: CombinedParts;
  /** Why the stored elements are only a part of what the layer computes with, and the rest is not known. */
  readonly notCombined?: string;
}

/** What a weight is computed from. */
export interface CombinedParts {
  /** In words: `weight norm: g · v/‖v‖ (dim 0)`. */
  readonly how: string;
  /** Names of the stored tensors. */
  readonly parts: readonly string[];
  /** Type of the coarsest part, which decides what of the numbers is noise. */
  readonly dtype: Dtype;
  /** Trained elements of the parts. */
  readonly parameterCount: number;
}

/** Product of the sizes; 1 for a scalar. */
export function elementCountOf(shape: readonly number[]): number {
  return shape.reduce((product, size) => product * size, 1);
}
