import { dtypes } from '../../core/dtype';
import { FormatError } from '../../core/errors';
import type { MatrixView } from '../../core/matrixView';
import type { Tensor } from '../../core/tensor';
import { numbersOf } from '../../formats/numbers';
import { stackedRows } from './pairViews';

/** Elements of a sample, and the side of the block they come from. */
const sampleElements = 512;
const sampleRows = 16;
/** Elements that are read over rather than read apart. */
const maxGap = 256;

/**
 * Some weights from the middle of the canonical matrix, at mean 0 and length 1, so that a product of two samples is their
 * correlation. The same elements whatever the order in which they are stored. Undefined where they have no direction: constant, not
 * finite, or unreadable (which the measuring of the layer reports).
 */
export async function readSample(
  tensor: Tensor,
  view: MatrixView,
): Promise<Float64Array | undefined> {
  const places = placesOf(view)
    .map((stored, at) => ({ stored, at }))
    .sort((x, y) => x.stored - y.stored);
  const values = new Float64Array(places.length);
  try {
    for (let first = 0; first < places.length;) {
      let end = first + 1;
      while (end < places.length && places[end]!.stored - places[end - 1]!.stored <= maxGap) end++;
      const start = places[first]!.stored;
      const bytes = await tensor.data.read(start, places[end - 1]!.stored + 1);
      const { byteSize } = dtypes[tensor.dtype];
      for (; first < end; first++) {
        const { stored, at } = places[first]!;
        const from = (stored - start) * byteSize;
        values[at] = numbersOf(tensor.dtype, bytes.subarray(from, from + byteSize))[0]!;
      }
    }
  } catch (error) {
    if (error instanceof FormatError) return undefined;
    throw error;
  }
  return standardised(values);
}

/** Correlation of two samples. */
export function correlation(a: Float64Array, b: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i]! * b[i]!;
  return sum;
}

/**
 * Correlation from which two weights are taken for the same one: beyond 5 standard deviations of what chance gives for so many
 * elements, and at least a half.
 */
export function correlationLimit(elements: number): number {
  return Math.min(0.98, Math.max(0.5, 5 / Math.sqrt(Math.max(1, elements - 1))));
}

/** Stored indices of a block in the middle of the canonical matrix. */
function placesOf(view: MatrixView): readonly number[] {
  const total = stackedRows(view);
  const some = Math.min(sampleRows, total);
  const columns = Math.min(view.columns, Math.floor(sampleElements / some));
  const rows = Math.min(total, Math.floor(sampleElements / columns));
  const firstRow = Math.floor((total - rows) / 2);
  const firstColumn = Math.floor((view.columns - columns) / 2);
  const places: number[] = [];
  for (let r = firstRow; r < firstRow + rows; r++) {
    for (let c = firstColumn; c < firstColumn + columns; c++) places.push(storedIndex(view, r, c));
  }
  return places;
}

/** Where in the stored order an element of the canonical matrix lies, blocks stacked. */
function storedIndex(view: MatrixView, stackedRow: number, column: number): number {
  const at = {
    block: Math.floor(stackedRow / view.rows),
    row: stackedRow % view.rows,
    column,
  };
  return view.axes.reduce(
    (index, { size, target, step }) => index * size + (Math.floor(at[target] / step) % size),
    0,
  );
}

function standardised(values: Float64Array): Float64Array | undefined {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const centred = values.map((value) => value - mean);
  const length = Math.sqrt(centred.reduce((sum, value) => sum + value * value, 0));
  // What is left of a constant is the rounding of its mean.
  if (!(length > 1e-12 * Math.abs(mean) * Math.sqrt(values.length)) || !(length < Infinity)) {
    return undefined;
  }
  return centred.map((value) => value / length);
}
