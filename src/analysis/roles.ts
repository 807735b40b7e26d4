import type { Framework } from '../core/checkpoint';
import { isFloat } from '../core/dtype';
import type { Role, Tensor } from '../core/tensor';
import { isExpertStack } from './experts';
import { lastPart, splitName } from './tensorName';

/** What a role may depend on besides the tensor itself. */
export interface RoleContext {
  readonly framework: Framework;
  /** Whether the checkpoint has a tensor of this name. */
  has(name: string): boolean;
  /** Rows of the last weight before this tensor in file order; 0 at the start. */
  readonly previousWidth: number;
}

const auxParameters =
  /^(num_batches_tracked|position_ids|masked_bias|tril|.*_mask|mask|inv_freq|cos_cached|sin_cached|relative_position_index|attn_mask|weight_[uv]|_[uv]|vector_[uv]|seed_generator_state|n_averaged|zero_point|.*scales?_and_zeros)$/;
const runningParameters = /^(running_(mean|var)|moving_(mean|variance))$/;
const layerScaleParameters =
  /^(gamma_[12]|lambda_?[12]|layer_scale(_parameter|_[12])?\d*|resweight)$/;
const positionNames =
  /^(pos_embed(ding)?|position_embeddings?|positional_embedding|cls_token|class_token|class_embedding|dist_token|mask_token|relative_position_bias_table|wpe|query_tokens|register_tokens)$/;
const embeddingModules =
  /^(wte|embed|embeddings?|token_embeddings?|word_embeddings?|embed_tokens|tok_embeddings|token_type_embeddings|shared|lm_head|.*_embedding|.*_embed|embedding_\d+)$/;
const normModules =
  /(^|_)(bn|norm|layernorm|layer_norm|batchnorm|batch_norm|group_norm|rmsnorm|ln)(_|\d|$)|norm\d*$/i;
const recurrentParameters = /^(weight_hh(_l\d+(_reverse)?)?|recurrent_kernel)$/;
const biasParameters = /^(bias|b|.*_bias|bias_(ih|hh)(_l\d+(_reverse)?)?|forward_bias)$/;

/**
 * Tells what a tensor is for: from the file's own word, the module's class, the parameter's name, and its shape, in this order.
 *
 * A one-dimensional `weight` is taken for a normalisation scale: besides PReLU slopes nothing else is stored so.
 */
export function roleOf(tensor: Tensor, context: RoleContext): Role {
  if (tensor.role) return tensor.role;
  const { module, parameter } = splitName(tensor.name);
  const own = lastPart(module);
  const type = tensor.module?.type ?? '';
  const rank = tensor.shape.length;

  if (/(^|\.)(lora_magnitude_vector|dora_scale)(\.|$)/.test(tensor.name)) return 'aux';
  if (auxParameters.test(parameter) || isCausalMask(tensor, own)) return 'aux';
  if (!isFloat(tensor.dtype) || rank === 0) return 'aux';
  if (runningParameters.test(parameter)) return 'running_stat';
  if (/batch_stats/.test(module) && /^(mean|var)$/.test(parameter)) return 'running_stat';
  if (layerScaleParameters.test(parameter)) return 'layer_scale';
  if (parameter === 'gamma' && /^(ls\d?|layer_scale\d*)$/.test(own)) return 'layer_scale';
  if (positionNames.test(parameter) || positionNames.test(own)) return 'pos_embed';
  if (parameter === 'beta') return 'norm_bias';
  if (biasParameters.test(parameter))
    return isNorm(tensor, module, own, context) ? 'norm_bias' : 'bias';
  if (rank === 1) return /prelu/i.test(own + type) || parameter === 'alpha' ? 'bias' : 'norm_scale';
  if (recurrentParameters.test(parameter)) return 'recurrent';
  if (isEmbedding(tensor, parameter, own, type)) return 'embedding';
  if (rank === 2 || isExpertStack(tensor)) return 'matrix';
  return roleOfHigherRank(tensor, context, parameter, own, type);
}

function roleOfHigherRank(
  { shape }: Tensor,
  context: RoleContext,
  parameter: string,
  own: string,
  type: string,
): Role {
  if (/^(EinsumDense|MultiHeadAttention|GroupQueryAttention|DenseGeneral)$/.test(type))
    return 'matrix';
  if (isAttentionKernel(parameter, own, shape.length)) return 'matrix';
  if (/depthwise/i.test(type) || parameter === 'depthwise_kernel') return 'depthwise';
  const channelsFirst = context.framework === 'pytorch';
  if (channelsFirst && shape.length > 2 && shape[1] === 1 && (shape[0] ?? 0) > 1) {
    // (C, 1, …) is depthwise, or the first convolution over one channel: told by the width that comes in.
    const named = /(^|_)(dw|depthwise)/i.test(own);
    if (named || context.previousWidth === shape[0]) return 'depthwise';
  }
  return 'conv';
}

/** Query, key, value and output kernels of Keras and Flax attention have three axes and are no convolutions. */
export function isAttentionKernel(parameter: string, own: string, rank: number): boolean {
  return (
    rank === 3 &&
    parameter === 'kernel' &&
    /^(query|key|value|q|k|v|out|attention_output|output_dense)$/.test(own)
  );
}

/** `attn.bias` of GPT-2 and its like: a lower triangle of ones, no parameter. */
function isCausalMask({ shape, name }: Tensor, own: string): boolean {
  return (
    /\.bias$/.test(name) &&
    /attn/.test(own) &&
    shape.length === 4 &&
    shape[0] === 1 &&
    shape[1] === 1
  );
}

function isNorm(tensor: Tensor, module: string, own: string, context: RoleContext): boolean {
  if (normModules.test(own) || /norm/i.test(tensor.module?.type ?? '')) return true;
  return context.has(`${module}.running_mean`) || context.has(`${module}/moving_mean`);
}

function isEmbedding({ shape }: Tensor, parameter: string, own: string, type: string): boolean {
  if (shape.length !== 2) return false;
  if (/^Embedding(Bag)?$/.test(type)) return true;
  if (parameter === 'embeddings' || parameter === 'embedding') return true;
  return parameter === 'weight' && embeddingModules.test(own);
}
