/**
 * Weights that quantisation libraries keep as several tensors: codes, scales, zero points. They become one tensor each whose
 * ranges are decoded as they are read.
 */
import type { CheckpointFiles } from '../../core/byteSource';
import type { Checkpoint, Notice } from '../../core/checkpoint';
import { type Dtype, dtypes } from '../../core/dtype';
import { FormatError } from '../../core/errors';
import { type Json, property } from '../../core/json';
import type { Tensor } from '../../core/tensor';
import { fourBit, llmInt8 } from './bitsandbytes';
import { gptqAndAwq } from './gptq';
import { mxfp4, packQuantized } from './packed';
import { PanelCache } from './panels';
import { RecentValues } from './recentValues';
import { scaled } from './scaled';
import type { Decoded, Scheme, Sources } from './scheme';

const schemes: readonly Scheme[] = [fourBit, llmInt8, gptqAndAwq, packQuantized, mxfp4, scaled];
const maxConfigBytes = 2 ** 20;
const maxShown = 5;

/** Parameters by which libraries are told whose packing is not read, or not whole. */
const signs =
  /\.(qweight|weight_packed|SCB|W_q|codebooks|Qidxs|quant_state\.bitsandbytes__\w+)$|_(blocks|scale_inv)$|weight_scale$/;

/** Types of weights that are not quantised. */
const wide = new Set<Dtype>(['f32', 'f16', 'bf16', 'bool']);
/** Scales of activations and of caches: no weights either. */
const otherScales = /\.(input|output|[qkv])_(scale|zero_point)$/;

/** Formats whose tensors these libraries write; others decode their own. */
const formats = /^(safetensors|pytorch)/;

/** The checkpoint with its quantised weights decoded; itself where there are none. */
export async function withDecodedWeights(
  checkpoint: Checkpoint,
  files: CheckpointFiles,
): Promise<Checkpoint> {
  const { tensors } = checkpoint;
  if (!formats.test(checkpoint.format) || !tensors.some(({ name }) => signs.test(name))) {
    return checkpoint;
  }
  const byName = new Map(tensors.map((tensor) => [tensor.name, tensor]));
  const config = await configOf(files);
  const sources: Sources = {
    get: (name) => byName.get(name),
    values: new RecentValues(),
    panels: new PanelCache(),
    config,
  };
  const companions = new Set<Tensor>();
  const decoded = new Map<Tensor, Decoded>();
  const refused: string[] = [];
  for (const codes of tensors) {
    if (codes.role !== undefined) continue;
    for (const scheme of schemes) {
      const group = await scheme(codes, sources);
      if (!group) continue;
      for (const companion of group.companions) companions.add(companion);
      if (typeof group.weight === 'string') {
        companions.add(codes);
        refused.push(`"${codes.name}" ${group.weight}`);
      } else decoded.set(codes, group.weight);
      break;
    }
  }
  const names = new Map([...decoded].map(([codes, { name }]) => [codes.name, name]));
  return {
    ...checkpoint,
    tensors: tensors.map((tensor) => {
      const weight = decoded.get(tensor);
      const sameAs = tensor.sameAs === undefined ? undefined : names.get(tensor.sameAs);
      if (weight)
        return { ...tensor, ...weight, dtype: 'f32', ...(sameAs !== undefined && { sameAs }) };
      const isAside =
        companions.has(tensor) || (tensor.role === undefined && otherScales.test(tensor.name));
      return isAside ? { ...tensor, role: 'aux' } : tensor;
    }),
    notices: [
      ...checkpoint.notices,
      ...noticesOf(refused, { config, isDone: decoded.size > 0 || !tensors.some(isCodes) }),
    ],
  };
}

/** A matrix of small types: a model without one may have scales that are parameters of their own. */
function isCodes({ dtype, shape, role }: Tensor): boolean {
  return role === undefined && shape.length > 1 && dtypes[dtype].byteSize <= 4 && !wide.has(dtype);
}

function noticesOf(
  refused: readonly string[],
  { config, isDone }: { readonly config: Json | undefined; readonly isDone: boolean },
): Notice[] {
  const method = property(config, 'quant_method');
  const library = typeof method === 'string' ? ` by ${method}` : '';
  if (refused.length > 0) {
    const shown = refused.slice(0, maxShown).join('; ');
    const more = refused.length > maxShown ? ` and ${refused.length - maxShown} more` : '';
    const message = `Weights quantised${library} stay as their codes: ${shown}${more}`;
    return [{ severity: 'warn', message }];
  }
  if (isDone) return [];
  const message = `The model is quantised${library} in a way that is not read: its codes stay as integers`;
  return [{ severity: 'warn', message }];
}

/** `quantization_config` of config.json, or the file that older versions wrote beside it. */
async function configOf(files: CheckpointFiles): Promise<Json | undefined> {
  const config = property(await jsonOf(files, 'config.json'), 'quantization_config');
  if (config !== undefined) return config;
  for (const name of ['quantize_config.json', 'quant_config.json']) {
    const own = await jsonOf(files, name);
    if (own !== undefined) return own;
  }
  return undefined;
}

async function jsonOf(files: CheckpointFiles, name: string): Promise<Json | undefined> {
  if (!(await files.has(name))) return undefined;
  const source = await files.open(name);
  if (source.size > maxConfigBytes) return undefined;
  try {
    const value: unknown = JSON.parse(new TextDecoder().decode(await source.read(0, source.size)));
    // JSON.parse gives nothing but JSON.
    return value as Json;
  } catch (error) {
    // A configuration that cannot be read decides nothing; shapes do.
    if (error instanceof SyntaxError || error instanceof FormatError) return undefined;
    throw error;
  }
}
