import type { Matrix } from '../kernels';

/** A matrix that is read in order and never held as a whole: what the iterative methods ask of it. */
export interface RowPanels {
  readonly rows: number;
  readonly columns: number;
  /** Hands over all rows in order, in panels of whole rows. May be called again, for the same rows. */
  each(visit: (panel: Matrix) => void): Promise<void>;
}

/** Elements of a panel: 4 MiB of f32. */
const panelElements = 2 ** 20;

/** A matrix in memory, in panels. */
export function matrixPanels({ rows, columns, data }: Matrix): RowPanels {
  const height = Math.max(1, Math.floor(panelElements / Math.max(1, columns)));
  return {
    rows,
    columns,
    each: (visit) =>
      // The constructor turns what `visit` throws into a rejection.
      new Promise((resolve) => {
        for (let first = 0; first < rows; first += height) {
          const count = Math.min(height, rows - first);
          const part = data.subarray(first * columns, (first + count) * columns);
          visit({ rows: count, columns, data: part });
        }
        resolve();
      }),
  };
}
