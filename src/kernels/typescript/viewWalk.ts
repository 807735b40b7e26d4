import type { MatrixView } from '../../core/matrixView';

interface Axis {
  readonly size: number;
  readonly rowStep: number;
  readonly columnStep: number;
}

/**
 * Walks the canonical matrix in the order in which the elements are stored, run by run: along a run only the row or only the
 * column changes, by a fixed step. Blocks are stacked: row index = block · rows + row.
 */
export class ViewWalk {
  /** Where the run given last begins, and how it goes on. */
  row = 0;
  column = 0;
  readonly rowStep: number;
  readonly columnStep: number;
  private readonly axes: readonly Axis[];
  private readonly index: Int32Array;
  private atRow = 0;
  private atColumn = 0;
  private used = 0;

  constructor(view: MatrixView) {
    this.axes = mergedAxes(view);
    const inner = this.axes[this.axes.length - 1]!;
    this.rowStep = inner.rowStep;
    this.columnStep = inner.columnStep;
    this.index = new Int32Array(this.axes.length);
  }

  /** The next run of at most `limit` elements: sets `row` and `column`, returns its length. */
  next(limit: number): number {
    const last = this.axes.length - 1;
    const inner = this.axes[last]!;
    const length = Math.min(limit, inner.size - this.used);
    this.row = this.atRow + this.used * inner.rowStep;
    this.column = this.atColumn + this.used * inner.columnStep;
    this.used += length;
    if (this.used === inner.size) {
      this.used = 0;
      this.advance(last - 1);
    }
    return length;
  }

  private advance(from: number): void {
    for (let a = from; a >= 0; a--) {
      const axis = this.axes[a]!;
      this.index[a]!++;
      this.atRow += axis.rowStep;
      this.atColumn += axis.columnStep;
      if (this.index[a]! < axis.size) return;
      this.index[a] = 0;
      this.atRow -= axis.size * axis.rowStep;
      this.atColumn -= axis.size * axis.columnStep;
    }
  }
}

/** Neighbouring axes that together step evenly become one: (out, in, kh, kw) is walked as (out, in·kh·kw). */
export function mergedAxes(view: MatrixView): Axis[] {
  checkView(view);
  const merged: Axis[] = [];
  for (const { size, target, step } of view.axes) {
    if (size === 1) continue;
    const axis: Axis = {
      size,
      rowStep: target === 'row' ? step : target === 'block' ? step * view.rows : 0,
      columnStep: target === 'column' ? step : 0,
    };
    const outer = merged.at(-1);
    const even =
      outer && outer.rowStep === axis.rowStep * size && outer.columnStep === axis.columnStep * size;
    if (even) merged[merged.length - 1] = { ...axis, size: outer.size * size };
    else merged.push(axis);
  }
  return merged.length > 0 ? merged : [{ size: 1, rowStep: 0, columnStep: 0 }];
}

/** Whether every index stays inside; a view that does not is our own fault. */
function checkView(view: MatrixView): void {
  const reach = { block: 1, row: 1, column: 1 };
  let elements = 1;
  for (const { size, target, step } of view.axes) {
    if (!Number.isSafeInteger(size) || size < 0 || !Number.isSafeInteger(step) || step < 0) {
      throw new RangeError(`matrix view has an axis of size ${size} and step ${step}`);
    }
    reach[target] += (size - 1) * step;
    elements *= size;
  }
  const { blocks, rows, columns } = view;
  const inside =
    elements === 0 || (reach.block <= blocks && reach.row <= rows && reach.column <= columns);
  if (!inside || elements !== blocks * rows * columns) {
    throw new RangeError(
      `axes of a matrix view give ${elements} elements for ${blocks} × ${rows} × ${columns}`,
    );
  }
}
