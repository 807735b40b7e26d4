/**
 * Block types of GGML whose codes choose points of a grid, as the reference decodes them: IQ1, IQ2 and IQ3.
 *
 * @see https://github.com/ggml-org/ggml/blob/master/src/ggml-quants.c
 */
import { halfOf } from '../numbers';
import type { BlockType } from './blockType';
import { type Grid, iq1Grid, iq2SGrid, iq2XsGrid, iq2XxsGrid, iq3SGrid, iq3XxsGrid } from './grids';

const u16 = (bytes: Uint8Array, at: number): number => bytes[at]! | (bytes[at + 1]! << 8);
const u32 = (bytes: Uint8Array, at: number): number =>
  (u16(bytes, at) | (u16(bytes, at + 2) << 16)) >>> 0;
const nibble = (bytes: Uint8Array, at: number, i: number): number =>
  (bytes[at + (i >> 1)]! >> (4 * (i & 1))) & 15;

/** Seven sign bits stand for eight: their number is even. */
function evenSigns(seven: number): number {
  let parity = seven;
  parity ^= parity >> 4;
  parity ^= parity >> 2;
  parity ^= parity >> 1;
  return seven | ((parity & 1) << 7);
}

/** How one group of 8 of the 256 elements is found in a block. */
interface Group {
  readonly scale: number;
  /** One bit an element, 1 is negative. */
  readonly signs: number;
  /** Points of the grid, one of eight coordinates or two of four. */
  readonly points: readonly number[];
}

/** scale · coordinate · sign */
function signed(
  name: string,
  byteLength: number,
  grid: Grid,
  group: (bytes: Uint8Array, d: number, j: number) => Group,
): BlockType {
  return {
    name,
    elementCount: 256,
    byteLength,
    decode(bytes, out) {
      const d = halfOf(u16(bytes, 0));
      const values = grid();
      for (let j = 0; j < 32; j++) {
        const { scale, signs, points } = group(bytes, d, j);
        const size = 8 / points.length;
        for (let i = 0; i < 8; i++) {
          const value = values[points[Math.floor(i / size)]! * size + (i % size)]!;
          out[8 * j + i] = scale * value * (((signs >> i) & 1) === 0 ? 1 : -1);
        }
      }
    },
  };
}

const iq2Xxs = signed('IQ2_XXS', 66, iq2XxsGrid, (bytes, d, j) => {
  const at = 2 + 8 * (j >> 2);
  const word = u32(bytes, at + 4);
  return {
    scale: d * (0.5 + (word >>> 28)) * 0.25,
    signs: evenSigns((word >>> (7 * (j & 3))) & 127),
    points: [bytes[at + (j & 3)]!],
  };
});

const iq2Xs = signed('IQ2_XS', 74, iq2XsGrid, (bytes, d, j) => {
  const code = u16(bytes, 2 + 2 * j);
  return {
    scale: d * (0.5 + nibble(bytes, 66, j >> 1)) * 0.25,
    signs: evenSigns(code >> 9),
    points: [code & 511],
  };
});

const iq2S = signed('IQ2_S', 82, iq2SGrid, (bytes, d, j) => ({
  scale: d * (0.5 + nibble(bytes, 74, j >> 1)) * 0.25,
  signs: bytes[34 + j]!,
  points: [bytes[2 + j]! | (((bytes[66 + (j >> 2)]! >> (2 * (j & 3))) & 3) << 8)],
}));

const iq3Xxs = signed('IQ3_XXS', 98, iq3XxsGrid, (bytes, d, j) => {
  const word = u32(bytes, 66 + 4 * (j >> 2));
  return {
    scale: d * (0.5 + (word >>> 28)) * 0.5,
    signs: evenSigns((word >>> (7 * (j & 3))) & 127),
    points: [bytes[2 + 2 * j]!, bytes[3 + 2 * j]!],
  };
});

const iq3S = signed('IQ3_S', 110, iq3SGrid, (bytes, d, j) => {
  const high = bytes[66 + (j >> 2)]! >> (2 * (j & 3));
  return {
    scale: d * (1 + 2 * nibble(bytes, 106, j >> 2)),
    signs: bytes[74 + j]!,
    points: [bytes[2 + 2 * j]! | ((high & 1) << 8), bytes[3 + 2 * j]! | ((high & 2) << 7)],
  };
});

/** scale · (coordinate ± 1/8) */
function shifted(
  name: string,
  byteLength: number,
  scaleOf: (bytes: Uint8Array) => number,
  group: (
    bytes: Uint8Array,
    d: number,
    j: number,
  ) => { scale: number; point: number; minus: boolean },
): BlockType {
  return {
    name,
    elementCount: 256,
    byteLength,
    decode(bytes, out) {
      const d = scaleOf(bytes);
      const values = iq1Grid();
      for (let j = 0; j < 32; j++) {
        const { scale, point, minus } = group(bytes, d, j);
        const delta = minus ? -0.125 : 0.125;
        for (let i = 0; i < 8; i++) out[8 * j + i] = scale * (values[8 * point + i]! + delta);
      }
    },
  };
}

const iq1S = shifted(
  'IQ1_S',
  50,
  (bytes) => halfOf(u16(bytes, 0)),
  (bytes, d, j) => {
    const word = u16(bytes, 34 + 2 * (j >> 2));
    return {
      scale: d * (2 * ((word >> 12) & 7) + 1),
      point: bytes[2 + j]! | (((word >> (3 * (j & 3))) & 7) << 8),
      minus: word >= 0x8000,
    };
  },
);

const iq1M = shifted(
  'IQ1_M',
  56,
  // The scale's four nibbles are the highest ones of four words.
  (bytes) =>
    halfOf([0, 1, 2, 3].reduce((bits, i) => bits | ((u16(bytes, 48 + 2 * i) >> 12) << (4 * i)), 0)),
  (bytes, d, j) => {
    const high = nibble(bytes, 32, j);
    const step = (u16(bytes, 48 + 2 * (j >> 3)) >> (3 * ((j >> 1) & 3))) & 7;
    return {
      scale: d * (2 * step + 1),
      point: bytes[j]! | ((high & 7) << 8),
      minus: high >= 8,
    };
  },
);

/** By ggml_type. */
export const gridBlockTypes: readonly (readonly [number, BlockType])[] = [
  [16, iq2Xxs],
  [17, iq2Xs],
  [18, iq3Xxs],
  [19, iq1S],
  [21, iq3S],
  [22, iq2S],
  [29, iq1M],
];
