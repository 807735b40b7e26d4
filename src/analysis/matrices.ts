import type { MatrixView } from '../core/matrixView';
import type { Tensor, TensorData } from '../core/tensor';
import type { Kernels, Matrix, Precision, SymmetricMatrix } from '../kernels';
import type { MatrixSource } from '../metrics';
import {
  elementsOf,
  heldElementBytes,
  heldElements,
  maxMatrixElements,
  spectrumSide,
} from './cost';
import { throwIfStopped, type IsStopped } from './stop';
import { readMatrices } from './streaming';

/** Elements of a panel that is read on its own: 8 MiB in f32. */
const panelElements = 2 ** 21;

/**
 * The canonical matrices of a weight. Whole blocks are read once and kept, the last one only where all are too many; panels of rows are
 * read alone where the file has them so.
 */
export function matricesOf(
  tensor: Tensor,
  view: MatrixView,
  kernels: Kernels,
  isStopped: IsStopped,
): MatrixSource {
  let held: Promise<readonly Matrix[]> | undefined;
  let heldBlock = -1;
  const elements = heldElements(view);
  const isApart = elements < elementsOf(view);
  const whole = async (block: number): Promise<Matrix> => {
    if (elements > maxMatrixElements) {
      throw new RangeError(
        `${elements.toLocaleString('en')} elements to hold at once, the limit is ${maxMatrixElements.toLocaleString('en')}`,
      );
    }
    if (!isApart) {
      held ??= readMatrices(tensor, view, kernels, isStopped);
      return (await held)[block]!;
    }
    if (heldBlock !== block || !held) {
      heldBlock = block;
      const part = partOf(tensor, block * elements, [view.rows, view.columns]);
      held = readMatrices(part, oneBlock(view), kernels, isStopped);
    }
    return (await held)[0]!;
  };
  return {
    blocks: view.blocks,
    rows: view.rows,
    columns: view.columns,
    whole,
    release: () => {
      held = undefined;
    },
    panels: async (block, visit) => {
      if (held || !hasRowPanels(view)) visit(await whole(block), 0);
      else await readPanels(tensor, view, kernels, { isStopped, visit });
    },
  };
}

/** Whether rows lie one after the other, so that a part of them can be read without the others. */
export function hasRowPanels({ blocks, axes }: MatrixView): boolean {
  const [first, ...rest] = axes;
  if (blocks !== 1 || first?.target !== 'row') return false;
  const rowsBelow = rest.reduce((n, { size, target }) => (target === 'row' ? n * size : n), 1);
  return first.step === rowsBelow;
}

/** Bytes that measuring a layer takes at its peak, besides what every thread has: the matrix if it is held, and Gram matrices. */
export function memoryOf(tensor: Tensor, view: MatrixView, holdsMatrix: boolean): number {
  const gramBytes = 4 * spectrumSide(view) ** 2;
  const held = holdsMatrix ? heldElements(view) : 4 * panelElements;
  return held * heldElementBytes(tensor.dtype) + 3 * gramBytes;
}

/** Wᵀ W of rows [first, end) of a matrix whose rows can be read apart; `rowScales` are those of these rows. */
export async function gramOfRows(
  tensor: Tensor,
  view: MatrixView,
  { first, end, rowScales, precision, kernels, isStopped }: RowsOptions,
): Promise<SymmetricMatrix> {
  const [axis, ...rest] = view.axes;
  if (!axis || !hasRowPanels(view) || axis.step !== 1 || end > axis.size) {
    throw new RangeError(`rows ${first} to ${end} cannot be read apart`);
  }
  const below = rest.reduce((n, { size }) => n * size, 1);
  const part = partOf(tensor, first * below, [end - first, below]);
  const size = end - first;
  const partView = { ...view, rows: size, axes: [{ ...axis, size }, ...rest] };
  const onStep = (): void => throwIfStopped(isStopped);
  const pass = kernels.startGram(view.columns, { precision, onStep });
  await readPanels(part, partView, kernels, {
    isStopped,
    visit: (panel, firstRow) =>
      pass.update(panel, rowScales?.subarray(firstRow, firstRow + panel.rows)),
  });
  return pass.finish();
}

interface RowsOptions {
  readonly first: number;
  readonly end: number;
  readonly rowScales?: Float64Array;
  readonly precision: Precision;
  readonly kernels: Kernels;
  readonly isStopped: IsStopped;
}

/** The elements of a tensor from one on, as a tensor of another shape. */
function partOf(tensor: Tensor, first: number, shape: readonly number[]): Tensor {
  const data: TensorData = { read: (from, to) => tensor.data.read(first + from, first + to) };
  return { ...tensor, shape, data };
}

/** The view of one block, where blocks lie one after the other. */
function oneBlock({ rows, columns, axes }: MatrixView): MatrixView {
  return { blocks: 1, rows, columns, axes: axes.filter(({ target }) => target !== 'block') };
}

async function readPanels(
  tensor: Tensor,
  view: MatrixView,
  kernels: Kernels,
  { isStopped, visit }: { isStopped: IsStopped; visit: (panel: Matrix, firstRow: number) => void },
): Promise<void> {
  const [first, ...rest] = view.axes;
  if (!first) return;
  const elementsBelow = rest.reduce((n, { size }) => n * size, 1);
  const step = Math.max(1, Math.floor(panelElements / elementsBelow));
  for (let start = 0; start < first.size; start += step) {
    throwIfStopped(isStopped);
    const size = Math.min(step, first.size - start);
    const part = { ...view, rows: size * first.step, axes: [{ ...first, size }, ...rest] };
    const pass = kernels.startMatrices(tensor.dtype, part);
    pass.update(await tensor.data.read(start * elementsBelow, (start + size) * elementsBelow));
    const panel = pass.finish()[0];
    if (panel) visit(panel, start * first.step);
  }
}
