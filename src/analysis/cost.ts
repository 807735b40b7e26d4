import { dtypes, type Dtype } from '../core/dtype';
import type { MatrixView } from '../core/matrixView';
import type { Role } from '../core/tensor';

/** Smaller side of a view's matrices: the number of singular values of each block. */
export function spectrumSide({ rows, columns }: MatrixView): number {
  return Math.min(rows, columns);
}

/** Elements of all blocks of a view. */
export function elementsOf({ blocks, rows, columns }: MatrixView): number {
  return blocks * rows * columns;
}

/** Above so many filters their cosines are not compared: m² of them. */
export const maxCosineRows = 8192;

/** Whether filters are compared with each other, which needs all of them in memory. */
export function comparesRows({ rows }: MatrixView, role: Role): boolean {
  return role !== 'embedding' && rows <= maxCosineRows;
}

/**
 * Multiplications and additions over all blocks: the Gram matrix of the smaller side (N·p²) and its eigenvalues (4/3·p³), both again
 * in single precision, at half the cost, for rows of length 1; and the cosines between rows where those are the larger side.
 */
export function spectrumWork(view: MatrixView, role: Role): number {
  const { rows, columns, blocks } = view;
  const side = spectrumSide(view);
  const gram = Math.max(rows, columns) * side ** 2;
  const eigenvalues = (4 / 3) * side ** 3;
  const normalised = 0.5 * (eigenvalues + (rows > columns ? gram : 0));
  const cosines = rows > columns && comparesRows(view, role) ? 0.5 * rows ** 2 * columns : 0;
  return blocks * (gram + eigenvalues + normalised + cosines);
}

/** Largest matrix that is held to form its Gram matrix, in elements (256 MiB in f32). */
export const maxMatrixElements = 2 ** 26;

/** Whether the blocks lie one after the other, so that each can be read without the others. */
export function hasBlockRanges({ blocks, axes }: MatrixView): boolean {
  let step = blocks;
  for (const axis of axes) {
    if (step === 1) break;
    step /= axis.size;
    if (axis.target !== 'block' || axis.step !== step) return false;
  }
  return blocks > 1 && step === 1;
}

/** Elements that are held at once to measure a view: one block where all together would be too many. */
export function heldElements(view: MatrixView): number {
  const all = elementsOf(view);
  return all > maxMatrixElements && hasBlockRanges(view) ? view.rows * view.columns : all;
}

/** Bytes of an element that is held: f32 where the type fits into it, else f64. */
export function heldElementBytes(dtype: Dtype): number {
  return dtypes[dtype].byteSize > 4 ? 8 : 4;
}

/** Work per second of one thread before anything was measured; replaced by what this machine shows. */
export const assumedWorkPerSecond = 1e10;

/** Bytes that all layers in measurement may take together; a larger one is measured alone. */
export const maxBytesInFlight = 400 * 2 ** 20;

/** Share of the work that single precision takes. */
export const previewShare = 0.55;

/** A layer that takes longer is shown in single precision first, when the user looks at it. */
export const previewFromSeconds = 1;

/** Multiplications and additions of an estimate: about 45 passes of 8 vectors, each twice through the matrix, at a third of the speed. */
export function estimateWork(view: MatrixView): number {
  return 2000 * elementsOf(view);
}
