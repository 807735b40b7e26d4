import type { MatrixView } from '../../core/matrixView';
import type { RowStatistics } from '../kernels';
import { ViewWalk } from './viewWalk';
import { ZeroBitmap } from './zeroBitmap';

/** Square sums, maxima and zeros per row and column, in one walk in stored order. */
export class RowAccumulator {
  private readonly walk: ViewWalk;
  private readonly bitmap: ZeroBitmap;
  private readonly squareSums: Float64Array;
  private readonly maxima: Float64Array;
  private readonly zeroCounts: Float64Array;
  private readonly columnSquareSums: Float64Array;
  private readonly columnZeroCounts: Float64Array;

  constructor(view: MatrixView) {
    this.walk = new ViewWalk(view);
    this.bitmap = new ZeroBitmap(view);
    const rows = view.blocks * view.rows;
    this.squareSums = new Float64Array(rows);
    this.maxima = new Float64Array(rows);
    this.zeroCounts = new Float64Array(rows);
    this.columnSquareSums = new Float64Array(view.columns);
    this.columnZeroCounts = new Float64Array(view.columns);
  }

  /** Takes the next elements; each is multiplied by `inverseScale` before it is squared. Non-finite ones are passed over. */
  add(block: Float64Array, count: number, inverseScale: number): void {
    for (let start = 0; start < count;) {
      const length = this.walk.next(count - start);
      if (this.walk.rowStep === 0) this.addAlongRow(block, start, length, inverseScale);
      else this.addAlongColumn(block, start, length, inverseScale);
      start += length;
    }
  }

  /** Multiplies all square sums: the scale has changed. */
  rescale(factor: number): void {
    for (const sums of [this.squareSums, this.columnSquareSums]) {
      for (let i = 0; i < sums.length; i++) sums[i]! *= factor;
    }
  }

  finish(): RowStatistics {
    const zeros = this.bitmap.structure();
    return {
      squareSums: this.squareSums,
      maxima: this.maxima,
      zeroCounts: this.zeroCounts,
      columnSquareSums: this.columnSquareSums,
      columnZeroCounts: this.columnZeroCounts,
      ...(zeros && { zeros }),
    };
  }

  private addAlongRow(block: Float64Array, start: number, length: number, inverse: number): void {
    const { row, columnStep } = this.walk;
    const columns = this.columnSquareSums;
    let column = this.walk.column;
    let sum = 0;
    let max = this.maxima[row]!;
    for (let i = start; i < start + length; i++) {
      const value = block[i]!;
      const magnitude = Math.abs(value);
      if (magnitude > 0 && magnitude < Infinity) {
        const scaled = value * inverse;
        const square = scaled * scaled;
        sum += square;
        columns[column]! += square;
        if (magnitude > max) max = magnitude;
      } else if (value === 0) {
        this.zeroCounts[row]!++;
        this.columnZeroCounts[column]!++;
        this.bitmap.mark(row, column);
      }
      column += columnStep;
    }
    this.squareSums[row]! += sum;
    this.maxima[row] = max;
  }

  private addAlongColumn(
    block: Float64Array,
    start: number,
    length: number,
    inverse: number,
  ): void {
    const { column, rowStep } = this.walk;
    const { squareSums, maxima } = this;
    let row = this.walk.row;
    let sum = 0;
    for (let i = start; i < start + length; i++) {
      const value = block[i]!;
      const magnitude = Math.abs(value);
      if (magnitude > 0 && magnitude < Infinity) {
        const scaled = value * inverse;
        const square = scaled * scaled;
        sum += square;
        squareSums[row]! += square;
        if (magnitude > maxima[row]!) maxima[row] = magnitude;
      } else if (value === 0) {
        this.zeroCounts[row]!++;
        this.columnZeroCounts[column]!++;
        this.bitmap.mark(row, column);
      }
      row += rowStep;
    }
    this.columnSquareSums[column]! += sum;
  }
}
