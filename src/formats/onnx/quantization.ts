/**
 * DequantizeLinear: (x − zero point) · scale, the scale of one value, of one per slice of an axis, or of one per block of it.
 *
 * @see https://onnx.ai/onnx/operators/onnx__DequantizeLinear.html
 */
import { FormatError } from '../../core/errors';
import { elementCountOf, type Tensor, type TensorData } from '../../core/tensor';
import { numbersOf } from '../numbers';
import type { Values } from './values';

/** Scales are held in memory: one for each 16 weights of a tensor of 2^28. */
const maxScales = 2 ** 24;

export interface Quantized {
  readonly codes: Values;
  readonly scale: Values;
  readonly zeroPoint?: Values;
  readonly axis: number;
  readonly blockSize: number;
}

/** What a tensor of codes stands for; the reason where its scales do not go with it. */
export async function dequantized(
  parts: Quantized,
): Promise<Pick<Tensor, 'dtype' | 'shape' | 'data' | 'quantization'> | string> {
  const { codes, scale, zeroPoint } = parts;
  const grid = gridOf(parts);
  if (typeof grid === 'string') return grid;
  if (zeroPoint && elementCountOf(zeroPoint.shape) !== grid.count) {
    return `has ${grid.count} scales and ${elementCountOf(zeroPoint.shape)} zero points`;
  }
  const isOne = grid.count === 1;
  const step = isOne ? numbersOf(scale.dtype, await scale.data.read(0, 1))[0] : undefined;
  const how = isOne
    ? 'per tensor'
    : parts.blockSize > 0
      ? `blocks of ${parts.blockSize}`
      : `per slice of axis ${grid.axis}`;
  return {
    dtype: 'f32',
    shape: codes.shape,
    data: dequantizedData(parts, grid),
    quantization: {
      storedDtype: codes.storedType,
      scheme: `DequantizeLinear, ${how}`,
      ...(step !== undefined && Number.isFinite(step) && { step: Math.abs(step) }),
    },
  };
}

/** Which scale belongs to an element: the codes are seen as (outer, size, inner), cut along the middle into `slices`. */
interface Grid {
  readonly count: number;
  readonly axis: number;
  readonly size: number;
  readonly inner: number;
  readonly slices: number;
  readonly sliceSize: number;
  /** Whether scales vary along outer and inner as well. */
  readonly isBlocked: boolean;
}

function gridOf({ codes, scale, axis: declared, blockSize }: Quantized): Grid | string {
  const count = elementCountOf(scale.shape);
  const { shape } = codes;
  const misfit = `has scales of shape [${scale.shape.join(', ')}] for its own [${shape.join(', ')}]`;
  if (count > maxScales) return `has ${count} scales, the limit is ${maxScales}`;
  const whole = { count, axis: 0, size: 1, inner: 1, slices: 1, sliceSize: 1, isBlocked: false };
  if (blockSize === 0 && count === 1) return { ...whole, inner: elementCountOf(shape) };
  const axis = declared < 0 ? declared + shape.length : declared;
  const size = shape[axis];
  if (!Number.isInteger(axis) || size === undefined) return misfit;
  const inner = elementCountOf(shape.slice(axis + 1));
  if (blockSize === 0) {
    if (scale.shape.length !== 1 || count !== size) return misfit;
    return { ...whole, axis, size, inner, slices: size };
  }
  const slices = Math.ceil(size / blockSize);
  const expected = shape.map((length, i) => (i === axis ? slices : length));
  if (expected.join() !== scale.shape.join()) return misfit;
  return { count, axis, size, inner, slices, sliceSize: blockSize, isBlocked: true };
}

function dequantizedData({ codes, scale, zeroPoint }: Quantized, grid: Grid): TensorData {
  const { size, inner, slices, sliceSize, isBlocked } = grid;
  let loaded: Promise<{ scales: Float64Array; zeros: Float64Array | undefined }> | undefined;
  const load = async (): Promise<{ scales: Float64Array; zeros: Float64Array | undefined }> => ({
    scales: numbersOf(scale.dtype, await scale.data.read(0, grid.count)),
    zeros: zeroPoint && numbersOf(zeroPoint.dtype, await zeroPoint.data.read(0, grid.count)),
  });
  return {
    async read(start, end) {
      const elementCount = elementCountOf(codes.shape);
      if (!(start >= 0 && start <= end && end <= elementCount)) {
        const reason = `elements ${start} to ${end} asked for, there are ${elementCount}`;
        throw new FormatError('ONNX', reason);
      }
      loaded ??= load();
      const { scales, zeros } = await loaded;
      const values = numbersOf(codes.dtype, await codes.data.read(start, end));
      const out = new Float32Array(values.length);
      for (let i = 0; i < out.length; i++) {
        const row = Math.floor((start + i) / inner);
        const slice = Math.floor((row % size) / sliceSize);
        const at = isBlocked
          ? (Math.floor(row / size) * slices + slice) * inner + ((start + i) % inner)
          : slice;
        // As the reference: the difference becomes a float, then the product.
        out[i] = Math.fround(values[i]! - (zeros ? zeros[at]! : 0)) * scales[at]!;
      }
      return new Uint8Array(out.buffer);
    },
  };
}
