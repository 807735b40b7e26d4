import type { ByteSource } from '../../core/byteSource';
import type { Skipped } from '../../core/checkpoint';
import { type Dtype, dtypes } from '../../core/dtype';
import { FormatError } from '../../core/errors';
import { elementCountOf, type ModuleInfo, type Tensor, type TensorData } from '../../core/tensor';
import { rangeData } from '../strided';
import { blockTypes } from './blocks';
import type { BlockType } from './blockType';
import type { TensorInfo } from './header';

/** By ggml_type. */
const plainTypes: ReadonlyMap<number, Dtype> = new Map([
  [0, 'f32'],
  [1, 'f16'],
  [24, 'i8'],
  [25, 'i16'],
  [26, 'i32'],
  [27, 'i64'],
  [28, 'f64'],
  [30, 'bf16'],
]);

/** Types of intermediate results and of later versions, told by their names. */
const otherTypes: ReadonlyMap<number, string> = new Map([
  [9, 'Q8_1'],
  [15, 'Q8_K'],
  [41, 'Q1_0'],
]);

/** A tensor whose bytes are all in the file; else the reason. */
export function openTensor(
  source: ByteSource,
  { name, shape, type, byteOffset }: TensorInfo,
): Tensor | Skipped {
  const elementCount = elementCountOf(shape);
  const dtype = plainTypes.get(type);
  const block = blockTypes.get(type);
  const unit = dtype ? { elementCount: 1, byteLength: dtypes[dtype].byteSize } : block;
  if (!unit) return { name, reason: `type ${otherTypes.get(type) ?? type} is not read` };
  const row = shape.at(-1) ?? 1;
  if (row % unit.elementCount !== 0) {
    return { name, reason: `rows of ${row} are no whole blocks of ${unit.elementCount}` };
  }
  const byteLength = (elementCount / unit.elementCount) * unit.byteLength;
  const end = byteOffset + byteLength;
  if (!Number.isSafeInteger(elementCount) || !Number.isSafeInteger(end) || end > source.size) {
    return { name, reason: `ends at byte ${end}, the file has ${source.size}` };
  }
  const module = moduleOf(name, shape);
  const more = module && { module, ...(module.type === 'Experts' && { role: 'matrix' as const }) };
  if (dtype) {
    const data = rangeData(source, { byteOffset, dtype, elementCount });
    return { name, dtype, shape, data, ...more };
  }
  if (!block) return { name, reason: `type ${type} is not read` };
  const data = blockData(source, { byteOffset, elementCount, block });
  const scheme = `GGUF ${block.name}, blocks of ${block.elementCount}`;
  const quantization = { storedDtype: block.name, scheme };
  return { name, dtype: 'f32', shape, data, quantization, ...more };
}

function blockData(
  source: ByteSource,
  {
    byteOffset,
    elementCount,
    block,
  }: { byteOffset: number; elementCount: number; block: BlockType },
): TensorData {
  const { elementCount: size, byteLength } = block;
  return {
    async read(start, end) {
      if (!(start >= 0 && start <= end && end <= elementCount)) {
        const reason = `elements ${start} to ${end} asked for, there are ${elementCount}`;
        throw new FormatError('GGUF', reason);
      }
      const out = new Float32Array(end - start);
      if (start === end) return new Uint8Array(out.buffer);
      const first = Math.floor(start / size);
      const count = Math.ceil(end / size) - first;
      const bytes = await source.read(byteOffset + first * byteLength, count * byteLength);
      const values = new Float32Array(size);
      for (let i = 0; i < count; i++) {
        block.decode(bytes.subarray(i * byteLength, (i + 1) * byteLength), values);
        const at = (first + i) * size;
        const from = Math.max(start, at);
        const to = Math.min(end, at + size);
        out.set(values.subarray(from - at, to - at), from - start);
      }
      return new Uint8Array(out.buffer);
    },
  };
}

/** Tables and stacks that llama.cpp's names tell and that their shapes do not. */
function moduleOf(name: string, shape: readonly number[]): ModuleInfo | undefined {
  const module = name.replace(/\.weight$/, '');
  if (/^(token_embd|position_embd|token_types)$/.test(module))
    return { name: module, type: 'Embedding' };
  if (/_exps$/.test(module) && shape.length === 3) return { name: module, type: 'Experts' };
  return undefined;
}
