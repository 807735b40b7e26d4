import type { MatrixView } from '../../core/matrixView';
import type { RowStatistics } from '../kernels';
import { mergedAxes } from '../typescript/viewWalk';
import type { KernelExports, Layout } from './engine';
import { ZeroMap } from './zeroMap';

/** Rows and columns together, about which 24 bytes each are held. */
const maxLines = 2 ** 21;

const axisLength = 4;

/** Where the row and column statistics of a view lie in the memory of an instance, which a pass keeps for itself. */
export class LineStatistics {
  private readonly rows: number;
  private readonly axes: Int32Array;
  private readonly axesAt: number;
  private readonly squaresAt: number;
  private readonly maximaAt: number;
  private readonly rowZerosAt: number;
  private readonly columnSquaresAt: number;
  private readonly columnZerosAt: number;
  private readonly endAt: number;
  private readonly zeroMap: ZeroMap;

  /** @param valueBytes of the elements as they are handed to the kernel: 4 or 8 */
  constructor(
    private readonly view: MatrixView,
    private readonly valueBytes: 4 | 8,
    layout: Layout,
  ) {
    this.rows = view.blocks * view.rows;
    this.axes = Int32Array.from(
      mergedAxes(view).flatMap(({ size, rowStep, columnStep }) => [size, rowStep, columnStep, 0]),
    );
    this.axesAt = layout.take(this.axes.byteLength);
    this.squaresAt = layout.take(8 * this.rows);
    this.maximaAt = layout.take(valueBytes * this.rows);
    this.rowZerosAt = layout.take(4 * this.rows);
    this.columnSquaresAt = layout.take(8 * view.columns);
    this.columnZerosAt = layout.take(4 * view.columns);
    this.endAt = layout.take(0);
    this.zeroMap = new ZeroMap(view, layout);
  }

  static fits(view: MatrixView): boolean {
    return view.blocks * view.rows + view.columns <= maxLines;
  }

  begin(exports: KernelExports, buffer: ArrayBuffer, base: number): void {
    const { axesAt, endAt } = this;
    new Uint8Array(buffer, base + axesAt, endAt - axesAt).fill(0);
    new Int32Array(buffer, base + axesAt, this.axes.length).set(this.axes);
    exports.beginLines(
      base + axesAt,
      this.axes.length / axisLength,
      base + this.squaresAt,
      base + this.maximaAt,
      base + this.rowZerosAt,
      base + this.columnSquaresAt,
      base + this.columnZerosAt,
      this.zeroMap.begin(buffer, base),
      this.zeroMap.rowBytes,
    );
  }

  /** Multiplies all square sums: the scale has changed. */
  rescale(buffer: ArrayBuffer, base: number, factor: number): void {
    const squares = new Float64Array(buffer, base + this.squaresAt, this.rows);
    const columns = new Float64Array(buffer, base + this.columnSquaresAt, this.view.columns);
    for (const sums of [squares, columns]) {
      for (let i = 0; i < sums.length; i++) sums[i]! *= factor;
    }
  }

  finish(exports: KernelExports, buffer: ArrayBuffer, base: number): RowStatistics {
    const { rows } = this;
    const { columns } = this.view;
    const Maxima = this.valueBytes === 4 ? Float32Array : Float64Array;
    const rowZeros = new Uint32Array(buffer, base + this.rowZerosAt, rows);
    const hasZeros = rowZeros.some((count) => count > 0);
    const zeros = this.zeroMap.structure(exports, buffer, base, hasZeros);
    return {
      squareSums: new Float64Array(buffer, base + this.squaresAt, rows).slice(),
      maxima: Float64Array.from(new Maxima(buffer, base + this.maximaAt, rows)),
      zeroCounts: Float64Array.from(rowZeros),
      columnSquareSums: new Float64Array(buffer, base + this.columnSquaresAt, columns).slice(),
      columnZeroCounts: Float64Array.from(
        new Uint32Array(buffer, base + this.columnZerosAt, columns),
      ),
      ...(zeros && { zeros }),
    };
  }
}
