import type { MatrixView } from '../core/matrixView';
import type { Tensor } from '../core/tensor';
import { estimateSpectrum, matrixPanels, type Kernels, type RowPanels } from '../kernels';
import { measureEstimate } from '../metrics';
import type { Measured } from '../core/metric';
import { transposedView } from './axes';
import { heldElementBytes, heldElements, maxMatrixElements } from './cost';
import { hasRowPanels, matricesOf } from './matrices';
import { storageOf } from './storage';
import { throwIfStopped, type IsStopped } from './stop';

/** The spectrum of a weight too large for its Gram matrix, estimated from products with the matrix alone. */
export async function estimatedSpectrum(
  tensor: Tensor,
  view: MatrixView,
  kernels: Kernels,
  isStopped: IsStopped,
): Promise<Measured> {
  const onStep = (): void => throwIfStopped(isStopped);
  const estimates = [];
  for (let block = 0; block < view.blocks; block++) {
    const panels = await panelsOf(tensor, view, { block, kernels, isStopped });
    estimates.push(await estimateSpectrum(panels, kernels, { onStep }));
  }
  return measureEstimate(estimates, storageOf(tensor));
}

/**
 * The matrix in memory where it fits, else in panels that are read anew at every pass: of its rows, or of its columns where those lie
 * together in the file. The singular values are the same.
 */
async function panelsOf(
  tensor: Tensor,
  view: MatrixView,
  { block, kernels, isStopped }: { block: number; kernels: Kernels; isStopped: IsStopped },
): Promise<RowPanels> {
  if (heldElements(view) <= maxMatrixElements) {
    return matrixPanels(await matricesOf(tensor, view, kernels, isStopped).whole(block));
  }
  const streamed = hasRowPanels(view) ? view : transposedView(view);
  const source = matricesOf(tensor, streamed, kernels, isStopped);
  return {
    rows: streamed.rows,
    columns: streamed.columns,
    each: (visit) => source.panels(block, (panel) => visit(panel)),
  };
}

/** Whether an estimate can be made: the matrix fits into memory, or its rows or columns lie together in the file. */
export function canEstimate(view: MatrixView): boolean {
  return (
    heldElements(view) <= maxMatrixElements ||
    hasRowPanels(view) ||
    hasRowPanels(transposedView(view))
  );
}

/** Vectors that an estimate holds at its peak. */
const heldVectors = 400;

/** Bytes that it takes: the matrix where it is held, and the vectors of its smaller dimension's Krylov space. */
export function estimateMemoryOf({ dtype }: Tensor, view: MatrixView): number {
  const elements = heldElements(view);
  const held = elements <= maxMatrixElements ? elements * heldElementBytes(dtype) : 2 ** 25;
  return held + 8 * heldVectors * Math.max(view.rows, view.columns);
}
