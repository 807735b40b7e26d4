/**
 * Block types of GGML whose codes are indexes of a short table (IQ4, MXFP4, NVFP4) or three values (TQ), as the reference
 * decodes them.
 *
 * @see https://github.com/ggml-org/ggml/blob/master/src/ggml-quants.c
 */
import { e2m1Values } from '../float4';
import { halfOf } from '../numbers';
import type { BlockType } from './blockType';

const u16 = (bytes: Uint8Array, at: number): number => bytes[at]! | (bytes[at + 1]! << 8);

/** The reference has one zero only. */
const fp4Values = e2m1Values.map((value) => value + 0);
/** Dense around zero, as weights are. */
const iq4Values = [-127, -104, -83, -65, -49, -35, -22, -10, 1, 13, 25, 38, 53, 69, 89, 113];

/** Low halves of the bytes are the first elements, high ones the others. */
function fillNibbles(
  bytes: Uint8Array,
  {
    at,
    count,
    scale,
    values,
  }: { at: number; count: number; scale: number; values: ArrayLike<number> },
  out: Float32Array,
  start: number,
): void {
  const half = count / 2;
  for (let i = 0; i < half; i++) {
    const byte = bytes[at + i]!;
    out[start + i] = scale * values[byte & 15]!;
    out[start + half + i] = scale * values[byte >> 4]!;
  }
}

const iq4Nl: BlockType = {
  name: 'IQ4_NL',
  elementCount: 32,
  byteLength: 18,
  decode(bytes, out) {
    fillNibbles(
      bytes,
      { at: 2, count: 32, scale: halfOf(u16(bytes, 0)), values: iq4Values },
      out,
      0,
    );
  },
};

const iq4Xs: BlockType = {
  name: 'IQ4_XS',
  elementCount: 256,
  byteLength: 136,
  decode(bytes, out) {
    const d = halfOf(u16(bytes, 0));
    const high = u16(bytes, 2);
    for (let j = 0; j < 8; j++) {
      const low = (bytes[4 + (j >> 1)]! >> (4 * (j & 1))) & 15;
      const scale = Math.fround(d * ((low | (((high >> (2 * j)) & 3) << 4)) - 32));
      fillNibbles(bytes, { at: 8 + 16 * j, count: 32, scale, values: iq4Values }, out, 32 * j);
    }
  },
};

const mxfp4: BlockType = {
  name: 'MXFP4',
  elementCount: 32,
  byteLength: 17,
  decode(bytes, out) {
    fillNibbles(
      bytes,
      { at: 1, count: 32, scale: 2 ** (bytes[0]! - 127), values: fp4Values },
      out,
      0,
    );
  },
};

/** Unsigned E4M3; the code of NaN counts as 0. */
function unsignedE4M3(byte: number): number {
  if (byte === 0x7f) return 0;
  const exponent = (byte >> 3) & 15;
  const mantissa = byte & 7;
  return exponent === 0 ? mantissa * 2 ** -9 : (1 + mantissa / 8) * 2 ** (exponent - 7);
}

const nvfp4: BlockType = {
  name: 'NVFP4',
  elementCount: 64,
  byteLength: 36,
  decode(bytes, out) {
    for (let j = 0; j < 4; j++) {
      const scale = unsignedE4M3(bytes[j]!);
      fillNibbles(bytes, { at: 4 + 8 * j, count: 16, scale, values: fp4Values }, out, 16 * j);
    }
  },
};

/** Five values in a byte as a fraction in base 3: the next digit is what a product with 3 carries over. */
const tq1: BlockType = {
  name: 'TQ1_0',
  elementCount: 256,
  byteLength: 54,
  decode(bytes, out) {
    const d = halfOf(u16(bytes, 52));
    let next = 0;
    const run = (at: number, length: number, digits: number): void => {
      for (let digit = 0, power = 1; digit < digits; digit++, power *= 3) {
        for (let i = 0; i < length; i++) {
          out[next++] = d * (((((bytes[at + i]! * power) & 255) * 3) >> 8) - 1);
        }
      }
    };
    run(0, 32, 5);
    run(32, 16, 5);
    run(48, 4, 4);
  },
};

const tq2: BlockType = {
  name: 'TQ2_0',
  elementCount: 256,
  byteLength: 66,
  decode(bytes, out) {
    const d = halfOf(u16(bytes, 64));
    for (let i = 0; i < 256; i++) {
      const code = (bytes[(i >> 7) * 32 + (i & 31)]! >> (2 * ((i >> 5) & 3))) & 3;
      out[i] = d * (code - 1);
    }
  },
};

/** By ggml_type. */
export const tableBlockTypes: readonly (readonly [number, BlockType])[] = [
  [20, iq4Nl],
  [23, iq4Xs],
  [34, tq1],
  [35, tq2],
  [39, mxfp4],
  [40, nvfp4],
];
