import type { MatrixView } from '../../core/matrixView';
import type { RowStatistics } from '../kernels';
import { ViewWalk } from '../typescript/viewWalk';
import { ZeroBitmap } from '../typescript/zeroBitmap';
import { blockLength } from './blockPieces';
import { Layout, type Engine, type KernelExports } from './engine';

/** Rows or columns up to which what is gathered across lines is copied in and out with each piece. */
const maxAcross = 2 ** 20;

/** Row and column statistics of f32 where the innermost axis runs along rows or columns without a gap. */
export class LineStatistics {
  private readonly walk: ViewWalk;
  private readonly bitmap: ZeroBitmap;
  private readonly alongRows: boolean;
  private readonly squareSums: Float64Array;
  private readonly maxima: Float32Array;
  private readonly zeroCounts: Float64Array;
  private readonly columnSquareSums: Float64Array;
  private readonly columnZeroCounts: Float64Array;

  constructor(
    private readonly engine: Engine,
    view: MatrixView,
  ) {
    this.walk = new ViewWalk(view);
    this.bitmap = new ZeroBitmap(view);
    this.alongRows = this.walk.rowStep === 0;
    const rows = view.blocks * view.rows;
    this.squareSums = new Float64Array(rows);
    this.maxima = new Float32Array(rows);
    this.zeroCounts = new Float64Array(rows);
    this.columnSquareSums = new Float64Array(view.columns);
    this.columnZeroCounts = new Float64Array(view.columns);
  }

  /** Whether a view is walked in such lines. */
  static fits(view: MatrixView): boolean {
    const { rowStep, columnStep } = new ViewWalk(view);
    const across = rowStep === 0 ? view.columns : view.blocks * view.rows;
    return rowStep + columnStep === 1 && across <= maxAcross;
  }

  /** Takes the next `elements`, whole blocks of them but at the end. `place` puts them into memory, where a vector more is free. */
  add(elements: number, place: Place): void {
    const lines = this.nextLines(elements);
    const count = lines.lengths.length;
    const across = this.alongRows ? this.columnSquareSums : this.squareSums;
    const layout = new Layout();
    const valuesAt = layout.take(4 * elements + 16);
    const lengthsAt = layout.take(4 * count);
    const offsetsAt = layout.take(4 * count);
    const squaresAt = layout.take(8 * across.length);
    const maximaAt = layout.take(4 * this.maxima.length);
    const resultsAt = layout.take(24 * count);
    this.engine.run(layout.size, (exports, buffer, base) => {
      place(exports, buffer, base + valuesAt);
      const values = new Float32Array(buffer, base + valuesAt, elements);
      new Int32Array(buffer, base + lengthsAt).set(lines.lengths);
      const offsets = this.alongRows ? lines.columns : lines.rows;
      new Int32Array(buffer, base + offsetsAt).set(offsets);
      const squares = new Float64Array(buffer, base + squaresAt, across.length);
      squares.set(across);
      const maxima = new Float32Array(buffer, base + maximaAt, this.maxima.length);
      if (!this.alongRows) maxima.set(this.maxima);
      exports.addLines(
        base + valuesAt,
        count,
        base + lengthsAt,
        base + offsetsAt,
        base + squaresAt,
        this.alongRows ? 0 : base + maximaAt,
        base + resultsAt,
      );
      across.set(squares);
      if (!this.alongRows) this.maxima.set(maxima);
      this.addResults(values, lines, new Float64Array(buffer, base + resultsAt, 3 * count));
    });
  }

  finish(): RowStatistics {
    const zeros = this.bitmap.structure();
    return {
      squareSums: this.squareSums,
      maxima: Float64Array.from(this.maxima),
      zeroCounts: this.zeroCounts,
      columnSquareSums: this.columnSquareSums,
      columnZeroCounts: this.columnZeroCounts,
      ...(zeros && { zeros }),
    };
  }

  /** Lines end with each block too, so that sums do not depend on how chunks are cut. */
  private nextLines(count: number): Lines {
    const lines: Lines = { lengths: [], rows: [], columns: [] };
    for (let at = 0; at < count;) {
      const limit = Math.min(count - at, blockLength - (at % blockLength));
      const length = this.walk.next(limit);
      lines.lengths.push(length);
      lines.rows.push(this.walk.row);
      lines.columns.push(this.walk.column);
      at += length;
    }
    return lines;
  }

  private addResults(values: Float32Array, lines: Lines, results: Float64Array): void {
    const { lengths, rows, columns } = lines;
    let at = 0;
    for (let i = 0; i < lengths.length; i++) {
      const length = lengths[i]!;
      if (this.alongRows) {
        const row = rows[i]!;
        this.squareSums[row]! += results[3 * i]!;
        if (results[3 * i + 1]! > this.maxima[row]!) this.maxima[row] = results[3 * i + 1]!;
      } else {
        this.columnSquareSums[columns[i]!]! += results[3 * i]!;
      }
      if (results[3 * i + 2]! > 0) this.markZeros(values, at, length, rows[i]!, columns[i]!);
      at += length;
    }
  }

  private markZeros(
    values: Float32Array,
    start: number,
    length: number,
    row: number,
    column: number,
  ): void {
    const { rowStep, columnStep } = this.walk;
    for (let i = 0; i < length; i++) {
      if (values[start + i] !== 0) continue;
      const r = row + i * rowStep;
      const c = column + i * columnStep;
      this.zeroCounts[r]!++;
      this.columnZeroCounts[c]!++;
      this.bitmap.mark(r, c);
    }
  }
}

/** Writes f32 values to an offset of the memory. */
export type Place = (exports: KernelExports, buffer: ArrayBuffer, at: number) => void;

interface Lines {
  readonly lengths: number[];
  readonly rows: number[];
  readonly columns: number[];
}
