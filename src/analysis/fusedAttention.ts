/**
 * Query, key and value weights that are stored as one, told by the module's name and the declared numbers of heads:
 *
 *     [q; k; v]                             GPT-2, timm, Phi-3, MPT, GGUF: plain
 *     (heads, 3, size)                      GPT-NeoX, BLOOM, the first Falcon: interleaved per head
 *     (groups, queries of it + 2, size)     Falcon of the new architecture
 *
 * Equal thirds are three blocks. Where several query heads share a key and a value, every head is a block of its own, in any order.
 */
import { property, type Json } from '../core/json';
import { splitIntoBlocks, type AxisUse } from './axes';

/** What a configuration declares of the attention. */
export interface DeclaredAttention {
  readonly heads: number;
  /** Heads of keys and values; as many as of queries but in grouped attention. */
  readonly keyValueHeads: number;
  /** Rows of one head, where it is declared. */
  readonly headSize?: number;
  readonly modelType: string;
}

/** From the `config.json` of Transformers. */
export function declaredAttention(recorded: {
  readonly [key: string]: Json;
}): DeclaredAttention | undefined {
  const config = recorded['config.json'];
  const count = (...keys: readonly string[]): number | undefined => {
    for (const key of keys) {
      const value = property(config, key);
      if (typeof value === 'number' && Number.isSafeInteger(value) && value > 0) return value;
    }
    return undefined;
  };
  const heads = count('num_attention_heads', 'n_head', 'n_heads', 'num_heads');
  if (heads === undefined) return undefined;
  const modelType = property(config, 'model_type');
  const isFalcon = modelType === 'falcon';
  const isNew = isFalcon && property(config, 'new_decoder_architecture') === true;
  const isSingle = isFalcon && !isNew && property(config, 'multi_query') !== false;
  const shared =
    isFalcon && !isNew ? heads : (count('num_key_value_heads', 'num_kv_heads') ?? heads);
  const headSize = count('head_dim');
  return {
    heads,
    keyValueHeads: isSingle ? 1 : shared,
    ...(headSize !== undefined && { headSize }),
    modelType: typeof modelType === 'string' ? modelType : '',
  };
}

const plainNames = /^(qkv|qkv_proj|Wqkv|wqkv|c_attn|W_pack|attn_qkv)$/;
const interleavedTypes = /^(gpt_neox|gpt_neox_japanese|bloom|falcon)$/;

/** The output axis of a fused weight cut into blocks; undefined where it is none, or its order is not known. */
export function fusedOutputs(
  own: string,
  outputs: number,
  inputs: number,
  attention: DeclaredAttention | undefined,
): readonly AxisUse[] | undefined {
  const isInterleaved = own === 'query_key_value';
  if (!isInterleaved && !plainNames.test(own)) return undefined;
  if (isInterleaved && !interleavedTypes.test(attention?.modelType ?? '')) return undefined;
  if (attention && attention.keyValueHeads !== attention.heads) {
    const count = attention.heads + 2 * attention.keyValueHeads;
    const size = attention.headSize ?? inputs / attention.heads;
    return outputs === count * size ? splitIntoBlocks(outputs, count, 'row') : undefined;
  }
  if (isInterleaved) {
    const heads = attention?.heads ?? 0;
    if (outputs % (3 * heads) !== 0) return undefined;
    return [{ size: heads, target: 'row' }, ...splitIntoBlocks(outputs / heads, 3, 'row')];
  }
  // InternLM calls its grouped order so, too: without equal heads declared it could be that.
  if (own === 'wqkv' && !attention) return undefined;
  const isThirds = outputs === 3 * inputs || outputs === 3 * attentionWidth(attention);
  return isThirds ? splitIntoBlocks(outputs, 3, 'row') : undefined;
}

function attentionWidth(attention: DeclaredAttention | undefined): number {
  return (attention?.heads ?? 0) * (attention?.headSize ?? 0);
}
