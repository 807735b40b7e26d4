import type { Matrix, StepOptions } from '../kernels';
import type { RowPanels } from './rowPanels';

/** Norms that one pass gives, all of them at least the largest singular value but the two sums. */
export interface MatrixNorms {
  /** ‖W‖_F². */
  readonly frobeniusSquared: number;
  /** ‖W‖₁: largest column sum of magnitudes. */
  readonly one: number;
  /** ‖W‖_∞: largest row sum of magnitudes. */
  readonly infinity: number;
}

/** Elements between two steps. */
const elementsPerStep = 2 ** 23;

/** @throws RangeError where an element is not finite */
export async function matrixNorms(
  panels: RowPanels,
  { onStep }: StepOptions = {},
): Promise<MatrixNorms> {
  const columnSums = new Float64Array(panels.columns);
  let frobeniusSquared = 0;
  let infinity = 0;
  let pending = 0;
  let seen = 0;
  await panels.each((panel) => {
    for (let row = 0; row < panel.rows; row++) {
      const { sum, squares } = addRow(panel, row, columnSums);
      if (!Number.isFinite(sum)) throw new RangeError(`row ${seen + row} is not finite`);
      infinity = Math.max(infinity, sum);
      frobeniusSquared += squares;
      pending += panel.columns;
      if (pending < elementsPerStep) continue;
      pending = 0;
      onStep?.();
    }
    seen += panel.rows;
  });
  if (seen !== panels.rows) throw new RangeError(`${seen} of ${panels.rows} rows came`);
  if (!(frobeniusSquared < Infinity)) {
    throw new RangeError('the sum of squares exceeds the range of doubles');
  }
  const one = columnSums.reduce((max, sum) => Math.max(max, sum), 0);
  return { frobeniusSquared, one, infinity };
}

function addRow(
  { columns, data }: Matrix,
  row: number,
  columnSums: Float64Array,
): { sum: number; squares: number } {
  const from = row * columns;
  let sum = 0;
  let squares = 0;
  for (let c = 0; c < columns; c++) {
    const value = data[from + c]!;
    const magnitude = value < 0 ? -value : value;
    sum += magnitude;
    squares += value * value;
    columnSums[c]! += magnitude;
  }
  return { sum, squares };
}

/** The least upper bound of the largest singular value that these norms give. */
export function largestAtMost({ frobeniusSquared, one, infinity }: MatrixNorms): number {
  return Math.min(Math.sqrt(frobeniusSquared), Math.sqrt(one) * Math.sqrt(infinity));
}
