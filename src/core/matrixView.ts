/**
 * How a stored tensor becomes canonical matrices W[m, k]: rows are output units or filters, columns the flattened fan-in.
 *
 * The stored shape is taken apart into axes (an axis may have been split, its memory order unchanged), and each axis moves one
 * of three indices: the block (a group of a convolution, a gate of an LSTM), the row in the block, or the column. So any
 * permutation that a framework needs is read in stored order, in one pass, without a copy.
 */
export interface MatrixView {
  /** Independent matrices of equal shape. */
  readonly blocks: number;
  /** Rows of one block (m / blocks). */
  readonly rows: number;
  /** Columns of one block (k). */
  readonly columns: number;
  /** Axes in stored order, slowest first; the product of sizes is the element count. */
  readonly axes: readonly ViewAxis[];
}

export interface ViewAxis {
  readonly size: number;
  /** Which index a step along this axis moves, and by how much. */
  readonly target: 'block' | 'row' | 'column';
  readonly step: number;
}

/** The view of a row-major (m, k) matrix whose rows are already the output units. */
export function plainView(rows: number, columns: number): MatrixView {
  return {
    blocks: 1,
    rows,
    columns,
    axes: [
      { size: rows, target: 'row', step: 1 },
      { size: columns, target: 'column', step: 1 },
    ],
  };
}
