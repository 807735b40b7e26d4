import { dtypes, type Dtype } from '../../core/dtype';
import type { Tensor } from '../../core/tensor';
import type { Quantization, WeightEntry } from './manifest';

/** How a weight's stored bytes become elements. */
export type Encoding =
  | {
      readonly kind: 'readable';
      readonly storedByteSize: number;
      readonly dtype: Dtype;
      readonly decode: (stored: Uint8Array) => Uint8Array;
      readonly quantization?: NonNullable<Tensor['quantization']>;
    }
  /** `storedByteSize` is undefined for text, whose length only the shard tells, and for types that are not known. */
  | {
      readonly kind: 'unreadable';
      readonly storedByteSize: number | undefined;
      readonly reason: string;
    };

const dtypeOfName = new Map<string, Dtype>([
  ['float32', 'f32'],
  ['float16', 'f16'],
  ['float64', 'f64'],
  ['int8', 'i8'],
  ['int16', 'i16'],
  ['int32', 'i32'],
  ['int64', 'i64'],
  ['uint8', 'u8'],
  ['uint16', 'u16'],
  ['uint32', 'u32'],
  ['bool', 'bool'],
]);

/** Chooses the encoding; what TF.js would refuse to load is unreadable here too. */
export function encodingOf(weight: WeightEntry): Encoding {
  if (weight.quantization) return quantizedEncoding(weight.dtype, weight.quantization);
  if (weight.dtype === 'string') return unreadable('text, not numbers', undefined);
  if (weight.dtype === 'complex64') return unreadable('complex numbers', 8);
  const dtype = dtypeOfName.get(weight.dtype);
  if (dtype === undefined) return unreadable(`of the unknown type "${weight.dtype}"`, undefined);
  const decode = dtype === 'bool' ? toZeroAndOne : same;
  return { kind: 'readable', storedByteSize: dtypes[dtype].byteSize, dtype, decode };
}

function quantizedEncoding(dtype: string, quantization: Quantization): Encoding {
  const { dtype: storedDtype, min, scale } = quantization;
  if (storedDtype === 'float16') {
    if (dtype !== 'float32') return unreadable(`${dtype} quantised to float16`, 2);
    return { kind: 'readable', storedByteSize: 2, dtype: 'f16', decode: same };
  }
  if (storedDtype !== 'uint8' && storedDtype !== 'uint16') {
    return unreadable(`quantised to the unknown type "${storedDtype}"`, undefined);
  }
  const storedByteSize = storedDtype === 'uint8' ? 1 : 2;
  if (dtype !== 'float32' && dtype !== 'int32') {
    return unreadable(`${dtype} quantised to ${storedDtype}`, storedByteSize);
  }
  if (!isUsable(min) || !isUsable(scale)) {
    return unreadable(
      `quantised with scale ${String(scale)} and minimum ${String(min)}`,
      storedByteSize,
    );
  }
  const whole = dtype === 'int32';
  return {
    kind: 'readable',
    storedByteSize,
    dtype: whole ? 'i32' : 'f32',
    decode: (stored) => dequantize(stored, { storedByteSize, min, scale, whole }),
    quantization: { storedDtype, step: scale, scheme: 'affine, per tensor' },
  };
}

/** value = code · scale + minimum, rounded where the original type is an integer. As TF.js decodes it. */
function dequantize(
  stored: Uint8Array,
  code: { storedByteSize: number; min: number; scale: number; whole: boolean },
): Uint8Array {
  const { storedByteSize, min, scale, whole } = code;
  const input = new DataView(stored.buffer, stored.byteOffset, stored.byteLength);
  const count = stored.byteLength / storedByteSize;
  const result = new Uint8Array(count * 4);
  const output = new DataView(result.buffer);
  for (let i = 0; i < count; i++) {
    const q = storedByteSize === 1 ? input.getUint8(i) : input.getUint16(2 * i, true);
    const value = q * scale + min;
    if (whole) output.setInt32(4 * i, Math.round(value), true);
    else output.setFloat32(4 * i, value, true);
  }
  return result;
}

function isUsable(value: number | undefined): value is number {
  return value !== undefined && Number.isFinite(value);
}

function same(stored: Uint8Array): Uint8Array {
  return stored;
}

function toZeroAndOne(stored: Uint8Array): Uint8Array {
  return Uint8Array.from(stored, (byte) => (byte === 0 ? 0 : 1));
}

function unreadable(reason: string, storedByteSize: number | undefined): Encoding {
  return { kind: 'unreadable', storedByteSize, reason };
}
