import type { GramOptions, Matrix } from '../kernels';

/** Length of a panel along the summed side: two packed strips of it stay in the first-level cache. */
const panelLength = 256;

/** Strips of a panel between two steps: some hundredths of a second at 4096 vectors. */
const stripsPerStep = 16;

/** Rows and columns of a register tile. */
const tile = 4;

/**
 * G = W Wᵀ or Wᵀ W. The summed side is cut into panels; each is packed into strips of four vectors as doubles, and tiles of
 * 4 × 4 of the upper triangle are summed in registers.
 */
export function gram(
  matrix: Matrix,
  side: 'rows' | 'columns',
  options: GramOptions = {},
): Promise<Float64Array> {
  // The constructor turns what is thrown, also by onStep, into a rejection.
  return new Promise((resolve) => {
    resolve(gramOf(matrix, side, options));
  });
}

function gramOf(
  matrix: Matrix,
  side: 'rows' | 'columns',
  { onStep, rowScales }: GramOptions,
): Float64Array {
  const { rows, columns, data } = matrix;
  if (data.length !== rows * columns) {
    throw new RangeError(`${data.length} elements for a matrix of ${rows} × ${columns}`);
  }
  const size = side === 'rows' ? rows : columns;
  const length = side === 'rows' ? columns : rows;
  const strips = Math.ceil(size / tile);
  const padded = strips * tile;
  const packed = new Float64Array(padded * panelLength);
  // Rows are padded to whole tiles, so that no tile needs a check at its edge.
  const sums = new Float64Array(padded * padded);
  for (let start = 0; start < length; start += panelLength) {
    const count = Math.min(panelLength, length - start);
    if (side === 'rows') packRows(matrix, start, count, packed, rowScales);
    else packColumns(matrix, start, count, packed, rowScales);
    for (let j = 0; j < strips; j++) {
      for (let i = 0; i <= j; i++) {
        addTile(packed, i * tile * count, j * tile * count, count, sums, i, j, padded);
      }
      if (j % stripsPerStep === 0) onStep?.();
    }
    onStep?.();
  }
  return mirrored(sums, padded, size);
}

function packRows(
  matrix: Matrix,
  start: number,
  count: number,
  packed: Float64Array,
  scales: Float64Array | undefined,
): void {
  const { rows, columns, data } = matrix;
  const padded = Math.ceil(rows / tile) * tile;
  for (let row = 0; row < padded; row++) {
    let at = (row - (row % tile)) * count + (row % tile);
    let from = row * columns + start;
    const scale = row < rows ? (scales?.[row] ?? 1) : 0;
    for (let c = 0; c < count; c++, at += tile) packed[at] = row < rows ? scale * data[from++]! : 0;
  }
}

function packColumns(
  matrix: Matrix,
  start: number,
  count: number,
  packed: Float64Array,
  scales: Float64Array | undefined,
): void {
  const { columns, data } = matrix;
  const padded = Math.ceil(columns / tile) * tile;
  for (let r = 0; r < count; r++) {
    const from = (start + r) * columns;
    const scale = scales?.[start + r] ?? 1;
    for (let column = 0; column < padded; column++) {
      const at = (column - (column % tile)) * count + r * tile + (column % tile);
      packed[at] = column < columns ? scale * data[from + column]! : 0;
    }
  }
}

/** Adds the products of strips i and j, `a` and `b` elements into the panel, to their tile. */
function addTile(
  packed: Float64Array,
  a: number,
  b: number,
  count: number,
  sums: Float64Array,
  i: number,
  j: number,
  stride: number,
): void {
  let c00 = 0;
  let c01 = 0;
  let c02 = 0;
  let c03 = 0;
  let c10 = 0;
  let c11 = 0;
  let c12 = 0;
  let c13 = 0;
  let c20 = 0;
  let c21 = 0;
  let c22 = 0;
  let c23 = 0;
  let c30 = 0;
  let c31 = 0;
  let c32 = 0;
  let c33 = 0;
  for (const end = a + count * tile; a < end; a += tile, b += tile) {
    const b0 = packed[b]!;
    const b1 = packed[b + 1]!;
    const b2 = packed[b + 2]!;
    const b3 = packed[b + 3]!;
    let x = packed[a]!;
    c00 += x * b0;
    c01 += x * b1;
    c02 += x * b2;
    c03 += x * b3;
    x = packed[a + 1]!;
    c10 += x * b0;
    c11 += x * b1;
    c12 += x * b2;
    c13 += x * b3;
    x = packed[a + 2]!;
    c20 += x * b0;
    c21 += x * b1;
    c22 += x * b2;
    c23 += x * b3;
    x = packed[a + 3]!;
    c30 += x * b0;
    c31 += x * b1;
    c32 += x * b2;
    c33 += x * b3;
  }
  let g = i * tile * stride + j * tile;
  sums[g]! += c00;
  sums[g + 1]! += c01;
  sums[g + 2]! += c02;
  sums[g + 3]! += c03;
  g += stride;
  sums[g]! += c10;
  sums[g + 1]! += c11;
  sums[g + 2]! += c12;
  sums[g + 3]! += c13;
  g += stride;
  sums[g]! += c20;
  sums[g + 1]! += c21;
  sums[g + 2]! += c22;
  sums[g + 3]! += c23;
  g += stride;
  sums[g]! += c30;
  sums[g + 1]! += c31;
  sums[g + 2]! += c32;
  sums[g + 3]! += c33;
}

/** The upper triangle mirrored, without the padding. */
function mirrored(sums: Float64Array, padded: number, size: number): Float64Array {
  const result = padded === size ? sums : new Float64Array(size * size);
  for (let i = 0; i < size; i++) {
    for (let j = i; j < size; j++) result[i * size + j] = sums[i * padded + j]!;
  }
  for (let i = 0; i < size; i++) {
    for (let j = 0; j < i; j++) result[i * size + j] = result[j * size + i]!;
  }
  return result;
}
