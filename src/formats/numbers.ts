import type { Dtype } from '../core/dtype';

/** Elements as numbers, for scales, zero points, metadata and the codes that scales decode. */
export function numbersOf(dtype: Dtype, bytes: Uint8Array): Float64Array {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const each = (size: number, read: (at: number) => number): Float64Array => {
    const out = new Float64Array(Math.floor(bytes.byteLength / size));
    for (let i = 0; i < out.length; i++) out[i] = read(i * size);
    return out;
  };
  switch (dtype) {
    case 'f64':
      return each(8, (at) => view.getFloat64(at, true));
    case 'f32':
      return each(4, (at) => view.getFloat32(at, true));
    case 'f16':
      return each(2, (at) => smallFloat(view.getUint16(at, true), half));
    case 'bf16':
      return each(2, (at) => smallFloat(view.getUint16(at, true), brain));
    case 'f8_e4m3fn':
      return each(1, (at) => smallFloat(view.getUint8(at), e4m3));
    case 'f8_e5m2':
      return each(1, (at) => smallFloat(view.getUint8(at), e5m2));
    case 'i64':
      return each(8, (at) => Number(view.getBigInt64(at, true)));
    case 'u64':
      return each(8, (at) => Number(view.getBigUint64(at, true)));
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

interface FloatFormat {
  readonly exponentBits: number;
  readonly mantissaBits: number;
  /** Whether the largest exponent stands for infinities and NaN, as in IEEE 754. */
  readonly hasInfinity: boolean;
}

const half: FloatFormat = { exponentBits: 5, mantissaBits: 10, hasInfinity: true };
const brain: FloatFormat = { exponentBits: 8, mantissaBits: 7, hasInfinity: true };
const e5m2: FloatFormat = { exponentBits: 5, mantissaBits: 2, hasInfinity: true };
const e4m3: FloatFormat = { exponentBits: 4, mantissaBits: 3, hasInfinity: false };

function smallFloat(
  bits: number,
  { exponentBits, mantissaBits, hasInfinity }: FloatFormat,
): number {
  const sign = bits >> (exponentBits + mantissaBits) === 0 ? 1 : -1;
  const exponent = (bits >> mantissaBits) & (2 ** exponentBits - 1);
  const mantissa = bits & (2 ** mantissaBits - 1);
  const bias = 2 ** (exponentBits - 1) - 1;
  if (exponent === 2 ** exponentBits - 1) {
    if (hasInfinity) return mantissa === 0 ? sign * Infinity : NaN;
    if (mantissa === 2 ** mantissaBits - 1) return NaN;
  }
  if (exponent === 0) return sign * mantissa * 2 ** (1 - bias - mantissaBits);
  return sign * (1 + mantissa / 2 ** mantissaBits) * 2 ** (exponent - bias);
}

/** 2^(e − 25): what a unit of the mantissa is worth at each exponent of an f16. */
const halfUnits = Float64Array.from({ length: 32 }, (_, exponent) => 2 ** (exponent - 25));

/** The value of an f16 by its bits. Scales of small blocks are read so often that a power for each would be most of the work. */
export function halfOf(bits: number): number {
  const exponent = (bits >> 10) & 31;
  const mantissa = bits & 1023;
  const sign = (bits & 0x8000) === 0 ? 1 : -1;
  if (exponent === 31) return mantissa === 0 ? sign * Infinity : NaN;
  if (exponent === 0) return sign * mantissa * 2 ** -24;
  return sign * (1024 + mantissa) * halfUnits[exponent]!;
}
