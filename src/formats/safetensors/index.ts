import type { ByteSource } from '../../core/byteSource';
import type { Checkpoint, Framework, Notice, Skipped } from '../../core/checkpoint';
import { type Dtype, dtypes } from '../../core/dtype';
import type { Format } from '../../core/format';
import { type JsonObject, property } from '../../core/json';
import { elementCountOf, type Tensor } from '../../core/tensor';
import type { ShardFormat } from '../shards';
import { rangeData } from '../strided';
import { type HeaderEntry, looksLikeSafetensors, readHeader } from './header';

const dtypeNames: ReadonlyMap<string, Dtype> = new Map([
  ['F64', 'f64'],
  ['F32', 'f32'],
  ['F16', 'f16'],
  ['BF16', 'bf16'],
  ['F8_E4M3', 'f8_e4m3fn'],
  ['F8_E5M2', 'f8_e5m2'],
  ['I8', 'i8'],
  ['I16', 'i16'],
  ['I32', 'i32'],
  ['I64', 'i64'],
  ['U8', 'u8'],
  ['U16', 'u16'],
  ['U32', 'u32'],
  ['U64', 'u64'],
  ['BOOL', 'bool'],
]);

/** `format` in the metadata names the library that wrote the file, and with it the orientation of kernels. */
const frameworks: ReadonlyMap<string, Framework> = new Map([
  ['pt', 'pytorch'],
  ['tf', 'tensorflow'],
  ['flax', 'jax'],
  ['jax', 'jax'],
  ['np', 'numpy'],
  // Linear kernels as in PyTorch; convolutions are channels last.
  ['mlx', 'pytorch'],
]);

export const safetensors: Format = {
  id: 'safetensors',
  title: 'safetensors',
  matches: ({ head, source }) => looksLikeSafetensors(head, source.size),
  open: (files) => openSafetensors(files.main),
};

export const safetensorsShard: ShardFormat = { ...safetensors, openShard: openSafetensors };

/** One file by itself: a whole model or one shard of it. */
export async function openSafetensors(source: ByteSource): Promise<Checkpoint> {
  const { metadata, entries } = await readHeader(source);
  const tensors: Tensor[] = [];
  const skipped: Skipped[] = [];
  for (const entry of entries) {
    const tensor = toTensor(source, entry);
    if ('reason' in tensor) skipped.push(tensor);
    else tensors.push(tensor);
  }
  return {
    format: 'safetensors',
    description: 'safetensors',
    framework: frameworkOf(metadata),
    files: [{ name: source.name, byteLength: source.size }],
    tensors,
    skipped,
    optimizers: [],
    recorded: {},
    ...(metadata && { declared: metadata }),
    notices: noticesOf(metadata),
  };
}

function toTensor(source: ByteSource, entry: HeaderEntry): Tensor | Skipped {
  const { name, shape, byteOffset, byteLength } = entry;
  const dtype = dtypeNames.get(entry.dtype);
  if (!dtype) return { name, reason: `dtype ${entry.dtype} is not read` };
  const elementCount = elementCountOf(shape);
  const needed = elementCount * dtypes[dtype].byteSize;
  if (!Number.isSafeInteger(needed) || needed !== byteLength) {
    return { name, reason: `spans ${byteLength} bytes, its shape needs ${needed}` };
  }
  return { name, dtype, shape, data: rangeData(source, { byteOffset, dtype, elementCount }) };
}

function frameworkOf(metadata: JsonObject | undefined): Framework {
  const format = property(metadata, 'format');
  if (typeof format !== 'string') return 'pytorch';
  return frameworks.get(format) ?? 'unknown';
}

function noticesOf(metadata: JsonObject | undefined): Notice[] {
  if (property(metadata, 'format') !== 'mlx') return [];
  return [
    { severity: 'info', message: 'Written by MLX: convolution kernels are stored channels last' },
  ];
}
