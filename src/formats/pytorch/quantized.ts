/** PyTorch's own quantized tensors: codes with a scale and a zero point, of the whole tensor or of each slice of an axis. */
import { FormatError } from '../../core/errors';
import { elementCountOf } from '../../core/tensor';
import { numbersOf } from '../numbers';
import type { Undescribed } from './rebuild';
import type { FoundTensor } from './tensors';

/** Slices of an axis. */
const maxScales = 2 ** 24;

export type Affine =
  | { readonly kind: 'tensor'; readonly scale: number; readonly zeroPoint: number }
  | {
      readonly kind: 'slices';
      readonly axis: number;
      readonly scales: FoundTensor;
      readonly zeroPoints: FoundTensor;
    };

/** The tensor that the codes stand for. */
export function dequantized(codes: FoundTensor, affine: Affine): FoundTensor | Undescribed {
  const { shape, dtype, data } = codes;
  const size = affine.kind === 'tensor' ? 1 : (shape[affine.axis] ?? 0);
  const inner = affine.kind === 'tensor' ? 1 : elementCountOf(shape.slice(affine.axis + 1));
  if (affine.kind === 'slices') {
    const counts = [affine.scales, affine.zeroPoints].map((one) => elementCountOf(one.shape));
    if (counts.some((count) => count !== size || count > maxScales)) {
      const reason = `quantized with ${counts.join(' scales and ')} zero points for ${size} slices`;
      return { kind: 'unreadable', reason };
    }
  }
  let loaded: Promise<Parameters> | undefined;
  const storedDtype = `q${dtype.replace('i', 'int').replace('u', 'uint')}`;
  const how = affine.kind === 'tensor' ? 'per tensor' : `per slice of axis ${affine.axis}`;
  const step = affine.kind === 'tensor' ? Math.abs(affine.scale) : NaN;
  return {
    ...codes,
    dtype: 'f32',
    quantization: {
      storedDtype,
      scheme: `PyTorch, ${how}`,
      ...(Number.isFinite(step) && { step }),
    },
    data: {
      async read(start, end) {
        const elementCount = elementCountOf(shape);
        if (!(start >= 0 && start <= end && end <= elementCount)) {
          const reason = `elements ${start} to ${end} asked for, there are ${elementCount}`;
          throw new FormatError('PyTorch', reason);
        }
        loaded ??= parametersOf(affine);
        const { scales, zeroPoints } = await loaded;
        const values = numbersOf(dtype, await data.read(start, end));
        const out = new Float32Array(values.length);
        for (let i = 0; i < out.length; i++) {
          const slice = size === 1 ? 0 : Math.floor((start + i) / inner) % size;
          out[i] = (values[i]! - zeroPoints[slice]!) * scales[slice]!;
        }
        return new Uint8Array(out.buffer);
      },
    },
  };
}

interface Parameters {
  readonly scales: ArrayLike<number>;
  readonly zeroPoints: ArrayLike<number>;
}

async function parametersOf(affine: Affine): Promise<Parameters> {
  // As PyTorch does on a CPU: one scale in f32, many in f64.
  if (affine.kind === 'tensor') {
    return { scales: [Math.fround(affine.scale)], zeroPoints: [affine.zeroPoint] };
  }
  const read = async ({ dtype, data, shape }: FoundTensor): Promise<Float64Array> =>
    numbersOf(dtype, await data.read(0, elementCountOf(shape)));
  return { scales: await read(affine.scales), zeroPoints: await read(affine.zeroPoints) };
}
