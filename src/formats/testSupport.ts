/** What the tests of the formats share. */
import type { Checkpoint } from '../core/checkpoint';
import type { Dtype } from '../core/dtype';
import { elementCountOf, type Tensor } from '../core/tensor';

/** Elements of a little-endian array as numbers, by the plain definition of each type. */
export function decode(dtype: Dtype, bytes: Uint8Array): (number | string)[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const each = (size: number, read: (at: number) => number | bigint): (number | string)[] =>
    Array.from({ length: bytes.byteLength / size }, (_, i) => narrow(read(i * size)));
  switch (dtype) {
    case 'f64':
      return each(8, (at) => view.getFloat64(at, true));
    case 'f32':
      return each(4, (at) => view.getFloat32(at, true));
    case 'bf16':
      return each(2, (at) => small(view.getUint16(at, true), { exponent: 8, mantissa: 7 }));
    case 'f16':
      return each(2, (at) => small(view.getUint16(at, true), { exponent: 5, mantissa: 10 }));
    case 'f8_e5m2':
      return each(1, (at) => small(view.getUint8(at), { exponent: 5, mantissa: 2 }));
    case 'f8_e4m3fn':
      return each(1, (at) => small(view.getUint8(at), { exponent: 4, mantissa: 3 }));
    case 'i64':
      return each(8, (at) => view.getBigInt64(at, true));
    case 'u64':
      return each(8, (at) => view.getBigUint64(at, true));
    case 'i32':
      return each(4, (at) => view.getInt32(at, true));
    case 'u32':
      return each(4, (at) => view.getUint32(at, true));
    case 'i16':
      return each(2, (at) => view.getInt16(at, true));
    case 'u16':
      return each(2, (at) => view.getUint16(at, true));
    case 'i8':
      return each(1, (at) => view.getInt8(at));
    case 'u8':
    case 'bool':
      return each(1, (at) => view.getUint8(at));
  }
}

/** All elements of a tensor, read in pieces of `step`. */
export async function valuesOf(tensor: Tensor, step = Infinity): Promise<(number | string)[]> {
  const count = elementCountOf(tensor.shape);
  const values: (number | string)[] = [];
  for (let at = 0; at < count; at += step) {
    const bytes = await tensor.data.read(at, Math.min(count, at + step));
    values.push(...decode(tensor.dtype, bytes));
  }
  return values;
}

/** A tensor by its name; fails where there is none. */
export function tensorOf(checkpoint: Checkpoint, name: string): Tensor {
  const tensor = checkpoint.tensors.find((one) => one.name === name);
  if (!tensor) {
    throw new Error(`no "${name}" in ${checkpoint.tensors.map((one) => one.name).join(', ')}`);
  }
  return tensor;
}

/** Integers beyond 2^53 as text, as in the goldens. */
function narrow(value: number | bigint): number | string {
  if (typeof value === 'number') return value;
  return Math.abs(Number(value)) < 2 ** 53 ? Number(value) : String(value);
}

/** A finite number of a small float type. */
function small(
  bits: number,
  { exponent, mantissa }: { exponent: number; mantissa: number },
): number {
  const sign = bits >> (exponent + mantissa) === 0 ? 1 : -1;
  const power = (bits >> mantissa) & (2 ** exponent - 1);
  const fraction = bits & (2 ** mantissa - 1);
  const bias = 2 ** (exponent - 1) - 1;
  if (power === 0) return sign * fraction * 2 ** (1 - bias - mantissa);
  return sign * (1 + fraction / 2 ** mantissa) * 2 ** (power - bias);
}
