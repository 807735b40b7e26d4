import type { Kernels, Matrix, PrecisionOptions, SymmetricMatrix } from '../kernels';
import { CosineSweep } from './cosineSweep';
import type { RowNorms } from './rowNorms';

/** Rows whose whole Gram matrix is held at once: 64 MiB. */
const maxWholeRows = 4096;

export interface SweepOptions extends PrecisionOptions {
  /** The rows' Gram matrix where it is at hand. */
  readonly rowGram?: SymmetricMatrix;
}

/**
 * Walks all pairs of rows of one block. Where rows are the smaller side their Gram matrix is at hand; taller blocks are
 * walked in pairs of panels, so that no Gram matrix is larger than 4096 × 4096.
 */
export async function sweepRows(
  sweep: CosineSweep,
  block: Matrix,
  start: number,
  kernels: Kernels,
  { rowGram, ...options }: SweepOptions,
): Promise<void> {
  const m = block.rows;
  if (rowGram ?? m <= maxWholeRows) {
    const gram = rowGram ?? (await kernels.gram(block, 'rows', options));
    sweep.add(gram, { i0: start, first: 0, height: m, j0: start, width: m });
    return;
  }
  const half = maxWholeRows / 2;
  for (let j = 0; j < m; j += half) {
    const width = Math.min(half, m - j);
    const own = await kernels.gram(rowsOf(block, j, width), 'rows', options);
    sweep.add(own, { i0: start + j, first: 0, height: width, j0: start + j, width });
    for (let i = j + half; i < m; i += half) {
      const height = Math.min(half, m - i);
      const gram = await kernels.gram(stacked(block, j, width, i, height), 'rows', options);
      sweep.add(gram, { i0: start + i, first: width, height, j0: start + j, width });
    }
  }
}

export function newSweep({ norms, alive }: RowNorms, withMap: boolean): CosineSweep {
  return new CosineSweep(norms, alive, withMap);
}

function rowsOf({ columns, data }: Matrix, first: number, rows: number): Matrix {
  return { rows, columns, data: data.subarray(first * columns, (first + rows) * columns) };
}

function stacked(block: Matrix, i: number, height: number, j: number, width: number): Matrix {
  const { columns, data } = block;
  const size = (height + width) * columns;
  const result = data instanceof Float32Array ? new Float32Array(size) : new Float64Array(size);
  result.set(rowsOf(block, i, height).data);
  result.set(rowsOf(block, j, width).data, height * columns);
  return { rows: height + width, columns, data: result };
}
