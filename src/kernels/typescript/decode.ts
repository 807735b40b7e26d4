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
      return floatTable(5, 10, { hasInfinity: true });
    case 'bf16':
      return floatTable(8, 7, { hasInfinity: true });
    case 'f8_e5m2':
      return floatTable(5, 2, { hasInfinity: true });
    case 'f8_e4m3fn':
      return floatTable(4, 3, { hasInfinity: false });
    case 'i8':
      return Float64Array.from(Int8Array.from({ length: 256 }, (_, code) => code));
    case 'i16':
      return Float64Array.from(Int16Array.from({ length: 65536 }, (_, code) => code));
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
function floatTable(
  exponentBits: number,
  mantissaBits: number,
  { hasInfinity }: { hasInfinity: boolean },
): Float64Array {
  const half = 2 ** (exponentBits + mantissaBits);
  const mantissas = 2 ** mantissaBits;
  const bias = 2 ** (exponentBits - 1) - 1;
  const table = new Float64Array(2 * half);
  for (let code = 0; code < half; code += mantissas) {
    const exponent = code / mantissas;
    const hidden = exponent === 0 ? 0 : mantissas;
    const step = 2 ** (Math.max(1, exponent) - bias - mantissaBits);
    for (let mantissa = 0; mantissa < mantissas; mantissa++) {
      const value = (hidden + mantissa) * step;
      table[code + mantissa] = value;
      table[half + code + mantissa] = -value;
    }
  }
  if (hasInfinity) {
    const infinity = half - mantissas;
    table.fill(NaN, infinity, half).fill(NaN, half + infinity);
    table[infinity] = Infinity;
    table[half + infinity] = -Infinity;
  } else {
    table[half - 1] = NaN;
    table[2 * half - 1] = NaN;
  }
  return table;
}
