import type { Dtype } from '../../core/dtype';

/**
 * Decodes `count` elements from element `start` of a chunk into doubles. The chunk must come from `alignedChunk`. Host byte
 * order is taken to be little-endian, as on every platform that VS Code runs on. 64-bit integers are rounded to doubles.
 */
export function decodeElements(
  dtype: Dtype,
  chunk: Uint8Array,
  start: number,
  count: number,
  target: Float64Array,
  at: number,
): void {
  const { buffer, byteOffset } = chunk;
  switch (dtype) {
    case 'f64':
      target.set(new Float64Array(buffer, byteOffset + 8 * start, count), at);
      return;
    case 'f32': {
      copy(new Float32Array(buffer, byteOffset + 4 * start, count), target, at);
      return;
    }
    case 'i32': {
      copy(new Int32Array(buffer, byteOffset + 4 * start, count), target, at);
      return;
    }
    case 'u32': {
      copy(new Uint32Array(buffer, byteOffset + 4 * start, count), target, at);
      return;
    }
    case 'i64':
    case 'u64': {
      const low = new Uint32Array(buffer, byteOffset + 8 * start, 2 * count);
      const high = dtype === 'i64' ? new Int32Array(low.buffer, low.byteOffset, 2 * count) : low;
      for (let i = 0; i < count; i++) target[at + i] = high[2 * i + 1]! * 2 ** 32 + low[2 * i]!;
      return;
    }
    case 'f16':
    case 'bf16':
    case 'i16':
    case 'u16':
    case 'f8_e4m3fn':
    case 'f8_e5m2':
    case 'i8':
    case 'u8':
    case 'bool':
      throw new RangeError(`${dtype} is decoded through its table of values`);
  }
}

function copy(from: Float32Array | Int32Array | Uint32Array, to: Float64Array, at: number): void {
  for (let i = 0; i < from.length; i++) to[at + i] = from[i]!;
}

/** The chunk itself, or a copy of it where it does not begin at a whole element of its buffer. */
export function alignedChunk(bytes: Uint8Array, byteSize: number): Uint8Array {
  if (bytes.byteLength % byteSize !== 0) {
    throw new RangeError(
      `a chunk of ${bytes.byteLength} bytes splits an element of ${byteSize} bytes`,
    );
  }
  return bytes.byteOffset % byteSize === 0 ? bytes : bytes.slice();
}

/** The codes of an 8- or 16-bit type in an aligned chunk. */
export function codesOf(chunk: Uint8Array, byteSize: number): Uint8Array | Uint16Array {
  return byteSize === 1
    ? chunk
    : new Uint16Array(chunk.buffer, chunk.byteOffset, chunk.byteLength / 2);
}

/** What each code of an 8- or 16-bit type means; undefined for wider types. */
export function valueTable(dtype: Dtype): Float64Array | undefined {
  switch (dtype) {
    case 'f16':
      return Float64Array.from({ length: 65536 }, (_, code) => decodeFloat(code, 5, 10, true));
    case 'bf16':
      return Float64Array.from({ length: 65536 }, (_, code) => decodeFloat(code, 8, 7, true));
    case 'f8_e5m2':
      return Float64Array.from({ length: 256 }, (_, code) => decodeFloat(code, 5, 2, true));
    case 'f8_e4m3fn':
      return Float64Array.from({ length: 256 }, (_, code) => decodeFloat(code, 4, 3, false));
    case 'i8':
      return Float64Array.from({ length: 256 }, (_, code) => (code < 128 ? code : code - 256));
    case 'i16':
      return Float64Array.from({ length: 65536 }, (_, code) =>
        code < 32768 ? code : code - 65536,
      );
    case 'u8':
      return Float64Array.from({ length: 256 }, (_, code) => code);
    case 'u16':
      return Float64Array.from({ length: 65536 }, (_, code) => code);
    case 'bool':
      return Float64Array.from({ length: 256 }, (_, code) => (code === 0 ? 0 : 1));
    case 'f64':
    case 'f32':
    case 'i32':
    case 'i64':
    case 'u32':
    case 'u64':
      return undefined;
  }
}

/**
 * Sign, exponent, mantissa, with subnormals. Types without infinities (E4M3FN of OFP8) use the top exponent for numbers and
 * only the all-ones code for NaN.
 */
function decodeFloat(
  code: number,
  exponentBits: number,
  mantissaBits: number,
  hasInfinity: boolean,
): number {
  const topExponent = 2 ** exponentBits - 1;
  const mantissa = code & (2 ** mantissaBits - 1);
  const exponent = (code >> mantissaBits) & topExponent;
  const sign = code >> (exponentBits + mantissaBits) ? -1 : 1;
  const bias = 2 ** (exponentBits - 1) - 1;
  if (exponent === topExponent) {
    if (hasInfinity) return mantissa === 0 ? sign * Infinity : NaN;
    if (mantissa === 2 ** mantissaBits - 1) return NaN;
  }
  if (exponent === 0) return sign * mantissa * 2 ** (1 - bias - mantissaBits);
  return sign * (1 + mantissa / 2 ** mantissaBits) * 2 ** (exponent - bias);
}
