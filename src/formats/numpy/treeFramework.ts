import type { Framework } from '../../core/checkpoint';

/** Leaves that Flax's own layers give their parameters, and what Keras and PyTorch call theirs. */
const flaxLeaf = /(?:^|[/.])(?:kernel|embedding|scale|bias|mean|var)$/;
const flaxRoot = /^(?:params|batch_stats|opt_state|target[/.]params)[/.]/;
const flaxModule =
  /(?:^|[/.])(?:Dense|Conv|ConvTranspose|BatchNorm|LayerNorm|GroupNorm|RMSNorm|Embed|DenseGeneral|LSTMCell|GRUCell|MultiHeadDotProductAttention)_\d+[/.]/;
const kerasLeaf =
  /[/.](?:gamma|beta|moving_mean|moving_variance|recurrent_kernel|embeddings|depthwise_kernel|pointwise_kernel)(?::0)?$/;
const torchLeaf =
  /[.](?:weight|running_mean|running_var|num_batches_tracked|weight_[ih]h_l\d+(?:_reverse)?)$/;

/**
 * Whose naming the arrays of an `.npz` follow. It decides the orientation of kernels, so only clear signs count: a Flax tree
 * begins at `params` or numbers its modules by class (`Dense_0`).
 */
export function frameworkOfTree(names: readonly string[]): Framework {
  const count = (pattern: RegExp): number => names.filter((name) => pattern.test(name)).length;
  if (count(kerasLeaf) > 0) return 'keras';
  if (count(torchLeaf) > 0) return 'pytorch';
  if (count(flaxLeaf) > 0 && (count(flaxRoot) > 0 || count(flaxModule) > 0)) return 'jax';
  if (names.some((name) => /[/](?:kernel|bias):0$/.test(name))) return 'keras';
  return 'numpy';
}
