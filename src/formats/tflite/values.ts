/** A tensor's values: as they stand in its buffer, out of shared bytes, or what their scales make of them. */
import type { ByteSource } from '../../core/byteSource';
import { dtypes } from '../../core/dtype';
import { FormatError } from '../../core/errors';
import { elementCountOf, type Tensor, type TensorData } from '../../core/tensor';
import { numbersOf } from '../numbers';
import { rangeData } from '../strided';
import type { Quantization, StoredTensor } from './model';
import { sparseData } from './sparseData';
import { tensorTypeOf } from './tensorTypes';

export type Values = Pick<Tensor, 'dtype' | 'data' | 'quantization'>;

/** What a tensor of the file holds, or the reason why that is not told. */
export function storedValues(
  source: ByteSource,
  { shape, type, place, sparsity, isExternal }: StoredTensor,
): Values | string {
  const { name, dtype, bits } = tensorTypeOf(type);
  if (isExternal) return 'is in another file, which is not read';
  if (!dtype) return `type ${name} is not read`;
  const elementCount = elementCountOf(shape);
  if (shape.some((size) => size < 0) || !Number.isSafeInteger(elementCount * 8)) {
    return `its shape [${shape.join(', ')}] is none`;
  }
  const { offset, length } = place ?? { offset: 0, length: 0 };
  if (sparsity) {
    if (bits !== undefined) return `is stored sparsely in ${bits} bits, which is not read`;
    const data = sparseData(source, { sparsity, shape, dtype, place: { offset, length } });
    return typeof data === 'string' ? data : { dtype, data };
  }
  const needed =
    bits === undefined
      ? elementCount * dtypes[dtype].byteSize
      : Math.ceil((elementCount * bits) / 8);
  if (length !== needed) return `spans ${length} bytes, its shape needs ${needed}`;
  if (offset + length > source.size) {
    return `lies at bytes ${offset} to ${offset + length}, the file has ${source.size}`;
  }
  if (bits === undefined) {
    return { dtype, data: rangeData(source, { byteOffset: offset, dtype, elementCount }) };
  }
  return {
    dtype,
    data: unpacked(source, { offset, elementCount, bits, isSigned: dtype === 'i8' }),
  };
}

/** Scales and zero points of the blocks of a tensor, each a tensor itself. */
export interface BlockTensors {
  readonly scales: Values;
  readonly scaleCount: number;
  readonly zeroPoints?: Values;
  readonly zeroPointCount: number;
}

/** What codes stand for: (code − zero point) · scale; the codes themselves where their scales do not go with them. */
export function dequantized(
  codes: Values,
  { shape, type, quantization }: StoredTensor,
  blocks?: BlockTensors,
): Values {
  const { name } = tensorTypeOf(type);
  const isFloat = dtypes[codes.dtype].kind !== 'integer';
  if (!quantization || isFloat) return codes;
  const grid = gridOf(shape, quantization, blocks);
  if (!grid) return codes;
  const step = grid.count === 1 ? quantization.scales[0] : undefined;
  return {
    dtype: 'f32',
    data: dequantizedData(codes, grid),
    quantization: {
      storedDtype: name,
      scheme: `TFLite, ${grid.title}`,
      ...(step !== undefined && { step: Math.abs(step) }),
    },
  };
}

interface Grid {
  readonly count: number;
  readonly title: string;
  /** Element `i` has the scale ⌊i / inner⌋ mod count. */
  readonly inner: number;
  readonly elementCount: number;
  readonly load: () => Promise<{
    readonly scales: Float64Array;
    readonly zeros: Float64Array | undefined;
  }>;
}

function gridOf(
  shape: readonly number[],
  { scales, zeroPoints, axis, blocks }: Quantization,
  tensors: BlockTensors | undefined,
): Grid | undefined {
  const elementCount = elementCountOf(shape);
  if (blocks) return tensors && blockGrid(shape, blocks.size, tensors);
  const count = scales.length;
  const isWhole = scales.every((scale) => Number.isFinite(scale) && scale !== 0);
  if (count === 0 || !isWhole) return undefined;
  if (zeroPoints.length > 1 && zeroPoints.length !== count) return undefined;
  const zeros =
    zeroPoints.length === 1 ? new Float64Array(count).fill(zeroPoints[0] ?? 0) : zeroPoints;
  const load = () => Promise.resolve({ scales, zeros: zeros.length > 0 ? zeros : undefined });
  if (count === 1) return { count, title: 'per tensor', inner: 1, elementCount, load };
  if (shape[axis] !== count) return undefined;
  const inner = elementCountOf(shape.slice(axis + 1));
  return { count, title: `per slice of axis ${axis}`, inner, elementCount, load };
}

/** Blocks run along the last axis, which they fill. */
function blockGrid(
  shape: readonly number[],
  size: number,
  { scales, scaleCount, zeroPoints, zeroPointCount }: BlockTensors,
): Grid | undefined {
  const elementCount = elementCountOf(shape);
  const isFilled = size > 0 && (shape.at(-1) ?? 0) % size === 0;
  if (!isFilled || scaleCount !== elementCount / size || scaleCount === 0) return undefined;
  if (zeroPoints && zeroPointCount !== scaleCount) return undefined;
  return {
    count: scaleCount,
    title: `blocks of ${size}`,
    inner: size,
    elementCount,
    load: async () => ({
      scales: numbersOf(scales.dtype, await scales.data.read(0, scaleCount)),
      zeros: zeroPoints && numbersOf(zeroPoints.dtype, await zeroPoints.data.read(0, scaleCount)),
    }),
  };
}

function dequantizedData(codes: Values, { count, inner, elementCount, load }: Grid): TensorData {
  let loaded: ReturnType<Grid['load']> | undefined;
  return {
    async read(start, end) {
      checkRange(start, end, elementCount);
      loaded ??= load();
      const { scales, zeros } = await loaded;
      const values = numbersOf(codes.dtype, await codes.data.read(start, end));
      const out = new Float32Array(values.length);
      for (let i = 0; i < out.length; i++) {
        const at = Math.floor((start + i) / inner) % count;
        out[i] = (values[i]! - (zeros ? zeros[at]! : 0)) * scales[at]!;
      }
      return new Uint8Array(out.buffer);
    },
  };
}

interface Packed {
  readonly offset: number;
  readonly elementCount: number;
  readonly bits: number;
  readonly isSigned: boolean;
}

/** Elements that share bytes. */
function unpacked(
  source: ByteSource,
  { offset, elementCount, bits, isSigned }: Packed,
): TensorData {
  const perByte = 8 / bits;
  const mask = 2 ** bits - 1;
  return {
    async read(start, end) {
      checkRange(start, end, elementCount);
      const out = new Uint8Array(end - start);
      if (start === end) return out;
      const first = Math.floor(start / perByte);
      const stored = await source.read(offset + first, Math.ceil(end / perByte) - first);
      for (let i = start; i < end; i++) {
        const byte = stored[Math.floor(i / perByte) - first]!;
        const code = (byte >> (bits * (i % perByte))) & mask;
        out[i - start] = isSigned && code > mask >> 1 ? code - mask - 1 : code;
      }
      return out;
    },
  };
}

function checkRange(start: number, end: number, elementCount: number): void {
  if (start >= 0 && start <= end && end <= elementCount) return;
  const reason = `elements ${start} to ${end} asked for, there are ${elementCount}`;
  throw new FormatError('TFLite', reason);
}
