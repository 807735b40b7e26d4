import type { MatrixView } from '../core/matrixView';

/** Smaller side of a view's matrices: the number of singular values of each block. */
export function spectrumSide({ rows, columns }: MatrixView): number {
  return Math.min(rows, columns);
}

/** Multiplications and additions of Gram matrix (N·p²) and eigenvalues (4/3·p³) over all blocks. */
export function spectrumWork(view: MatrixView): number {
  const side = spectrumSide(view);
  return view.blocks * (Math.max(view.rows, view.columns) * side ** 2 + (4 / 3) * side ** 3);
}

/** Largest matrix that is loaded to form its Gram matrix, in elements (256 MiB in f32). */
export const maxMatrixElements = 2 ** 26;

/** Work per second before anything was measured; replaced by what this machine shows. */
export const assumedWorkPerSecond = 1e9;
