/**
 * Block types of GGML as its reference decodes them: each block has its own scale (and minimum), products and sums in f32.
 *
 * @see https://github.com/ggml-org/ggml/blob/master/src/ggml-quants.c
 */
import { halfOf } from '../numbers';
import type { BlockType } from './blockType';
import { gridBlockTypes } from './gridBlocks';
import { tableBlockTypes } from './tableBlocks';

const f32 = Math.fround;
const half = (bytes: Uint8Array, at: number): number => halfOf(bytes[at]! | (bytes[at + 1]! << 8));
const signed = (byte: number): number => (byte > 127 ? byte - 256 : byte);

/** Writes the codes of a whole block: a call for each element would cost more than the rest. */
type Codes = (bytes: Uint8Array, out: Float32Array) => void;

/** Blocks of 32: the low halves of 16 bytes, then the high ones; a fifth bit of each may stand apart. */
function nibbles(at: number, offset: number, fifthAt?: number): Codes {
  return (bytes, out) => {
    for (let i = 0; i < 16; i++) {
      const byte = bytes[at + i]!;
      out[i] = (byte & 15) - offset;
      out[i + 16] = (byte >> 4) - offset;
    }
    if (fifthAt === undefined) return;
    for (let i = 0; i < 32; i++) out[i]! += ((bytes[fifthAt + (i >> 3)]! >> (i & 7)) & 1) << 4;
  };
}

const signedBytes: Codes = (bytes, out) => {
  for (let i = 0; i < 32; i++) out[i] = (bytes[2 + i]! << 24) >> 24;
};

/** Blocks of 256: two codes to a byte, 32 apart. */
function halves(at: number, fifthAt?: number): Codes {
  return (bytes, out) => {
    for (let j = 0; j < 4; j++) {
      for (let i = 0; i < 32; i++) {
        const byte = bytes[at + 32 * j + i]!;
        out[64 * j + i] = byte & 15;
        out[64 * j + 32 + i] = byte >> 4;
      }
    }
    if (fifthAt === undefined) return;
    for (let i = 0; i < 256; i++) out[i]! += ((bytes[fifthAt + (i & 31)]! >> (i >> 5)) & 1) << 4;
  };
}

/** Two bits of element i of 256: four to a byte, 32 apart. */
const pair = (bytes: Uint8Array, at: number, i: number): number =>
  (bytes[at + (i >> 7) * 32 + (i & 31)]! >> (2 * ((i >> 5) & 3))) & 3;
/** Blocks of 32 of small integers: q · d, or q · d + m. */
function plain(name: string, byteLength: number, codes: Codes, hasMinimum = false): BlockType {
  return {
    name,
    elementCount: 32,
    byteLength,
    decode(bytes, out) {
      const d = half(bytes, 0);
      // Adding −0 leaves −0 as it is, which a negative scale makes of 0.
      const m = hasMinimum ? half(bytes, 2) : -0;
      codes(bytes, out);
      for (let i = 0; i < 32; i++) out[i] = f32(d * out[i]!) + m;
    },
  };
}

/** Scale and minimum of group j of 8, six bits each. */
function scaleAndMinimum(bytes: Uint8Array, at: number, j: number): [number, number] {
  if (j < 4) return [bytes[at + j]! & 63, bytes[at + 4 + j]! & 63];
  const low = bytes[at + 4 + j]!;
  return [(low & 15) | ((bytes[at + j - 4]! >> 2) & 48), (low >> 4) | ((bytes[at + j]! >> 2) & 48)];
}

/** Blocks of 256 in 8 groups, each with a scale and a minimum. */
function grouped(name: string, byteLength: number, codes: Codes): BlockType {
  return {
    name,
    elementCount: 256,
    byteLength,
    decode(bytes, out) {
      const d = half(bytes, 0);
      const min = half(bytes, 2);
      codes(bytes, out);
      for (let j = 0; j < 8; j++) {
        const [scale, minimum] = scaleAndMinimum(bytes, 4, j);
        const step = f32(d * scale);
        const low = f32(min * minimum);
        for (let i = 32 * j; i < 32 * (j + 1); i++) out[i] = f32(step * out[i]!) - low;
      }
    },
  };
}

const q2K: BlockType = {
  name: 'Q2_K',
  elementCount: 256,
  byteLength: 84,
  decode(bytes, out) {
    const d = half(bytes, 80);
    const min = half(bytes, 82);
    for (let j = 0; j < 16; j++) {
      const step = f32(d * (bytes[j]! & 15));
      const low = f32(min * (bytes[j]! >> 4));
      for (let i = 16 * j; i < 16 * (j + 1); i++) out[i] = f32(step * pair(bytes, 16, i)) - low;
    }
  },
};

const q3K: BlockType = {
  name: 'Q3_K',
  elementCount: 256,
  byteLength: 110,
  decode(bytes, out) {
    const d = half(bytes, 108);
    for (let j = 0; j < 16; j++) {
      const low = j < 8 ? bytes[96 + j]! & 15 : bytes[88 + j]! >> 4;
      const high = (bytes[104 + (j & 3)]! >> (2 * (j >> 2))) & 3;
      const step = f32(d * ((low | (high << 4)) - 32));
      for (let i = 16 * j; i < 16 * (j + 1); i++) {
        // The bit says that nothing is taken off.
        const isWhole = (bytes[i & 31]! >> (i >> 5)) & 1;
        out[i] = step * (pair(bytes, 32, i) - (isWhole === 1 ? 0 : 4));
      }
    }
  },
};

const q6K: BlockType = {
  name: 'Q6_K',
  elementCount: 256,
  byteLength: 210,
  decode(bytes, out) {
    const d = half(bytes, 208);
    for (let j = 0; j < 16; j++) {
      const step = f32(d * signed(bytes[192 + j]!));
      for (let i = 16 * j; i < 16 * (j + 1); i++) {
        const low = (bytes[(i >> 7) * 64 + (i & 63)]! >> (4 * ((i >> 6) & 1))) & 15;
        out[i] = step * ((low | (pair(bytes, 128, i) << 4)) - 32);
      }
    }
  },
};

/** By ggml_type. */
export const blockTypes: ReadonlyMap<number, BlockType> = new Map<number, BlockType>([
  [2, plain('Q4_0', 18, nibbles(2, 8))],
  [3, plain('Q4_1', 20, nibbles(4, 0), true)],
  [6, plain('Q5_0', 22, nibbles(6, 16, 2))],
  [7, plain('Q5_1', 24, nibbles(8, 0, 4), true)],
  [8, plain('Q8_0', 34, signedBytes)],
  [10, q2K],
  [11, q3K],
  [12, grouped('Q4_K', 144, halves(16))],
  [13, grouped('Q5_K', 176, halves(48, 16))],
  [14, q6K],
  ...gridBlockTypes,
  ...tableBlockTypes,
]);
