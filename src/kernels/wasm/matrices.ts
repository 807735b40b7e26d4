import { dtypes, type Dtype } from '../../core/dtype';
import type { MatrixView } from '../../core/matrixView';
import type { MatricesPass, Matrix } from '../kernels';
import { valueTable } from '../typescript/decode';
import { startMatrices as startReference } from '../typescript/matrices';
import { ViewWalk } from '../typescript/viewWalk';
import { BlockPieces } from './blockPieces';

/** Elements that are decoded at once. */
const pieceLength = 2 ** 19;

/** Elements of a run that are placed before the next run is looked at: those of a cache line of the source. */
const tileLength = 16;

type Elements = Float32Array | Float64Array;

/** Writes the elements of whole bytes to the beginning of a target. */
type Decode = (bytes: Uint8Array, target: Elements) => void;

/** Places a streamed tensor into the canonical matrices of its view, many runs at a time so that memory is met in lines. */
export function startMatrices(dtype: Dtype, view: MatrixView): MatricesPass {
  const decode = decoderOf(dtype);
  if (!decode) return startReference(dtype, view);
  const { blocks, rows, columns } = view;
  const size = rows * columns;
  const walk = new ViewWalk(flatView(view));
  const stride = walk.columnStep;
  const Elements = dtype === 'f64' ? Float64Array : Float32Array;
  const data = new Elements(blocks * size);
  const decoded = new Elements(Math.min(pieceLength, blocks * size));
  let offsets = new Float64Array(0);
  const add = (bytes: Uint8Array): void => {
    const count = bytes.byteLength / dtypes[dtype].byteSize;
    const first = walk.next(count);
    const at = walk.column;
    if (first === count && stride === 1) {
      decode(bytes, data.subarray(at, at + count));
      return;
    }
    decode(bytes, decoded);
    place(decoded, 0, first, data, at, stride);
    // Then runs of full length, and a part of one.
    for (let start = first; start < count;) {
      const length = walk.next(count - start);
      let runs = 0;
      const most = Math.floor((count - start) / length);
      if (offsets.length < most) offsets = new Float64Array(most);
      do offsets[runs++] = walk.column;
      while (runs < most && walk.next(length) === length);
      placeRuns(decoded, start, length, offsets.subarray(0, runs), data, stride);
      start += runs * length;
    }
  };
  const pieces = new BlockPieces(dtypes[dtype].byteSize, blocks * size, add, pieceLength);
  return {
    update: (bytes) => pieces.update(bytes),
    finish: () => {
      pieces.finish();
      return Array.from({ length: blocks }, (_, b): Matrix => ({
        rows,
        columns,
        data: data.subarray(b * size, (b + 1) * size),
      }));
    },
  };
}

/** The same order in the blocks laid out as one row, so that axes of rows and columns merge where they step evenly. */
function flatView({ blocks, rows, columns, axes }: MatrixView): MatrixView {
  const steps = { block: rows * columns, row: columns, column: 1 };
  return {
    blocks: 1,
    rows: 1,
    columns: blocks * rows * columns,
    axes: axes.map(({ size, target, step }) => ({
      size,
      target: 'column',
      step: step * steps[target],
    })),
  };
}

function place(
  from: Elements,
  start: number,
  length: number,
  to: Elements,
  offset: number,
  stride: number,
): void {
  for (let i = 0, at = offset; i < length; i++, at += stride) to[at] = from[start + i]!;
}

/** Runs of equal length, one after the other in `from`; run r begins at offsets[r] of `to`. */
function placeRuns(
  from: Elements,
  start: number,
  length: number,
  offsets: Float64Array,
  to: Elements,
  stride: number,
): void {
  const tile = stride === 1 ? length : tileLength;
  for (let first = 0; first < length; first += tile) {
    const last = Math.min(length, first + tile);
    for (let r = 0; r < offsets.length; r++) {
      const source = start + r * length;
      let at = offsets[r]! + first * stride;
      for (let i = source + first; i < source + last; i++, at += stride) to[at] = from[i]!;
    }
  }
}

/** For the types that weights are stored in; undefined for others. */
function decoderOf(dtype: Dtype): Decode | undefined {
  switch (dtype) {
    case 'f32':
    case 'f64':
      return (bytes, target) => {
        new Uint8Array(target.buffer, target.byteOffset).set(bytes);
      };
    case 'bf16':
      return (bytes, target) => {
        const codes = wordsOf(bytes);
        const bits = new Uint32Array(target.buffer, target.byteOffset, codes.length);
        for (let i = 0; i < codes.length; i++) bits[i] = codes[i]! << 16;
      };
    case 'f16':
    case 'i16':
    case 'u16':
      return lookUp(dtype, wordsOf);
    case 'f8_e4m3fn':
    case 'f8_e5m2':
    case 'i8':
    case 'u8':
    case 'bool':
      return lookUp(dtype, (bytes) => bytes);
    case 'i32':
    case 'i64':
    case 'u32':
    case 'u64':
      return undefined;
  }
}

function lookUp(dtype: Dtype, codesOf: (bytes: Uint8Array) => Uint8Array | Uint16Array): Decode {
  const meanings = Float32Array.from(valueTable(dtype) ?? []);
  return (bytes, target) => {
    const codes = codesOf(bytes);
    for (let i = 0; i < codes.length; i++) target[i] = meanings[codes[i]!]!;
  };
}

/** A copy where they do not begin at a whole word of their buffer. */
function wordsOf(bytes: Uint8Array): Uint16Array {
  const { buffer, byteOffset, byteLength } = bytes.byteOffset % 2 === 0 ? bytes : bytes.slice();
  return new Uint16Array(buffer, byteOffset, byteLength / 2);
}
