import type { GramOptions, GramPass, Matrix, PrecisionOptions, SymmetricMatrix } from '../kernels';
import { rowStart, symmetricMatrix } from '../symmetricMatrix';

/** Length of a panel along the summed side: two packed strips of it stay in the first-level cache. */
const panelLength = 256;

/** Strips of a panel between two steps: some hundredths of a second at 4096 vectors. */
const stripsPerStep = 16;

/** Rows and columns of a register tile. */
const tile = 4;

/**
 * G = W Wᵀ or Wᵀ W. The summed side is cut into panels; each is packed into strips of four vectors as doubles, and tiles of
 * 4 × 4 of the lower triangle are summed in registers.
 */
export function gram(
  matrix: Matrix,
  side: 'rows' | 'columns',
  options: GramOptions = {},
): Promise<SymmetricMatrix> {
  // The constructor turns what is thrown, also by onStep, into a rejection.
  return new Promise((resolve) => {
    resolve(gramOf(matrix, side, options));
  });
}

/** Wᵀ W of rows that come in panels. */
export function startGram(columns: number, { onStep }: PrecisionOptions = {}): GramPass {
  const sums = new GramSums(columns, onStep);
  return {
    update: (panel, rowScales) => {
      if (panel.columns !== columns) {
        throw new RangeError(`a panel of ${panel.columns} columns, the matrix has ${columns}`);
      }
      addRowPanels(sums, panel, rowScales);
    },
    finish: () => sums.finish(),
  };
}

function gramOf(
  matrix: Matrix,
  side: 'rows' | 'columns',
  { onStep, rowScales }: GramOptions,
): SymmetricMatrix {
  const { rows, columns, data } = matrix;
  if (data.length !== rows * columns) {
    throw new RangeError(`${data.length} elements for a matrix of ${rows} × ${columns}`);
  }
  const sums = new GramSums(side === 'rows' ? rows : columns, onStep);
  if (side === 'columns') {
    addRowPanels(sums, matrix, rowScales);
  } else {
    for (let start = 0; start < columns; start += panelLength) {
      const count = Math.min(panelLength, columns - start);
      sums.add(count, (packed) => packRows(matrix, start, count, packed, rowScales));
    }
  }
  return sums.finish();
}

function addRowPanels(sums: GramSums, matrix: Matrix, rowScales: Float64Array | undefined): void {
  for (let start = 0; start < matrix.rows; start += panelLength) {
    const count = Math.min(panelLength, matrix.rows - start);
    sums.add(count, (packed) => packColumns(matrix, start, count, packed, rowScales));
  }
}

/** The lower triangle of G, padded to whole tiles so that no tile needs a check at its edge. */
class GramSums {
  private readonly strips: number;
  private readonly packed: Float64Array;
  private readonly sums: Float64Array;

  constructor(
    private readonly size: number,
    private readonly onStep: (() => void) | undefined,
  ) {
    this.strips = Math.ceil(size / tile);
    const padded = this.strips * tile;
    this.packed = new Float64Array(padded * panelLength);
    this.sums = new Float64Array(padded * padded);
  }

  /** Adds the products of a panel of `count` steps that `pack` packs. */
  add(count: number, pack: (packed: Float64Array) => void): void {
    const { strips, packed, sums } = this;
    pack(packed);
    for (let i = 0; i < strips; i++) {
      for (let j = 0; j <= i; j++) {
        addTile(packed, i * tile * count, j * tile * count, count, sums, i, j, strips * tile);
      }
      if (i % stripsPerStep === 0) this.onStep?.();
    }
    this.onStep?.();
  }

  finish(): SymmetricMatrix {
    const result = symmetricMatrix(this.size);
    const padded = this.strips * tile;
    for (let i = 0; i < this.size; i++) {
      result.data.set(this.sums.subarray(i * padded, i * padded + i + 1), rowStart(i));
    }
    return result;
  }
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
