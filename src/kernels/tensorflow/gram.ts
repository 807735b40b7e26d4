import type { Matrix, SymmetricMatrix } from '../kernels';
import { rowStart, symmetricMatrix } from '../symmetricMatrix';
import type { TensorFlow } from './tensorFlow';

/** Length of a panel along the summed side: what of the sums is formed in single precision. */
const panelLength = 1024;

/** Rows of the result that one product gives at most; above the diagonal nothing else is computed in vain. */
const blockSize = 512;

/** Multiplications of one product, which nothing interrupts: some hundredths of a second on two cores. */
const productsPerStep = 2 ** 31;

/** Sides above this would take more than 1 GiB for the lower triangle. */
const maxSide = 16384;

/** Squares of larger and smaller elements (as powers of two) come near the ends of what single precision holds. */
const unscaledExponent = 30;

export interface Scaling {
  readonly rowScales?: Float64Array | undefined;
  readonly onStep?: (() => void) | undefined;
}

/**
 * G = W Wᵀ or Wᵀ W in the making: the summed side is cut into panels, whose products TensorFlow forms in single precision, and
 * which are added up in double. Only blocks that touch the lower triangle are computed.
 */
export class GramSums {
  private readonly sums: SymmetricMatrix;

  constructor(
    private readonly tf: TensorFlow,
    private readonly side: 'rows' | 'columns',
    private readonly size: number,
  ) {
    if (!(size <= maxSide)) {
      throw new RangeError(`a Gram matrix of ${size} rows exceeds the limit of ${maxSide}`);
    }
    this.sums = symmetricMatrix(size);
  }

  /** Adds the products of a matrix, of all of its columns (`rows`) or rows (`columns`). */
  add(matrix: Matrix, { rowScales, onStep }: Scaling): void {
    const { rows, columns, data } = matrix;
    const length = this.side === 'rows' ? columns : rows;
    if (data.length !== rows * columns) {
      throw new RangeError(`${data.length} elements for a matrix of ${rows} × ${columns}`);
    }
    if ((this.side === 'rows' ? rows : columns) !== this.size) {
      throw new RangeError(`${columns} columns for a Gram matrix of ${this.size}`);
    }
    if (this.size === 0) return;
    const up = scaleOf(matrix, rowScales);
    for (let start = 0; start < length; start += panelLength) {
      const count = Math.min(panelLength, length - start);
      const panel = this.panelOf(matrix, start, count, up, rowScales);
      this.addPanel(panel, count, 1 / up, onStep);
    }
  }

  finish(): SymmetricMatrix {
    return this.sums;
  }

  /** Some columns (`rows`: size × count) or rows (`columns`: count × size) in single precision, scaled. */
  private panelOf(
    { rows, columns, data }: Matrix,
    start: number,
    count: number,
    up: number,
    rowScales: Float64Array | undefined,
  ): Float32Array {
    const byRows = this.side === 'rows';
    if (data instanceof Float32Array && up === 1 && !rowScales && (!byRows || count === columns)) {
      return byRows ? data : data.subarray(start * columns, (start + count) * columns);
    }
    const firstRow = byRows ? 0 : start;
    const rowCount = byRows ? rows : count;
    const firstColumn = byRows ? start : 0;
    const width = byRows ? count : columns;
    const panel = new Float32Array(rowCount * width);
    for (let r = 0, at = 0; r < rowCount; r++) {
      const scale = up * (rowScales?.[firstRow + r] ?? 1);
      let from = (firstRow + r) * columns + firstColumn;
      for (const end = from + width; from < end; from++) panel[at++] = scale * data[from]!;
    }
    return panel;
  }

  private addPanel(
    values: Float32Array,
    count: number,
    down: number,
    onStep: (() => void) | undefined,
  ): void {
    const { tf, side, size } = this;
    const byRows = side === 'rows';
    const height = Math.max(32, Math.min(blockSize, Math.floor(productsPerStep / (size * count))));
    tf.tidy(() => {
      const panel = tf.tensor2d(values, byRows ? [size, count] : [count, size]);
      for (let first = 0; first < size; first += height) {
        const end = Math.min(size, first + height);
        tf.tidy(() => {
          const part = (from: number, to: number) =>
            byRows
              ? tf.slice(panel, [from, 0], [to - from, count])
              : tf.slice(panel, [0, from], [count, to - from]);
          const upTo = end === size ? panel : part(0, end);
          const rows = first === 0 ? upTo : part(first, end);
          this.addBlock(tf.matMul(rows, upTo, !byRows, byRows).dataSync(), first, end, down);
        });
        onStep?.();
      }
    });
  }

  /** Adds rows `first` to `end` of a product that has `end` columns. */
  private addBlock(block: ArrayLike<number>, first: number, end: number, down: number): void {
    const sums = this.sums.data;
    for (let i = first; i < end; i++) {
      const row = (i - first) * end;
      const at = rowStart(i);
      // The factor twice: its square may be beyond double precision.
      for (let j = 0; j <= i; j++) sums[at + j]! += block[row + j]! * down * down;
    }
  }
}

/** A power of two that brings the largest element near 1 where its square would not fit; what is not finite stays so. */
function scaleOf({ rows, columns, data }: Matrix, rowScales: Float64Array | undefined): number {
  let largest = 0;
  for (let r = 0, at = 0; r < rows; r++) {
    const scale = Math.abs(rowScales?.[r] ?? 1);
    for (let c = 0; c < columns; c++, at++) {
      const magnitude = scale * Math.abs(data[at]!);
      if (magnitude > largest && magnitude < Infinity) largest = magnitude;
    }
  }
  if (largest === 0) return 1;
  const exponent = Math.floor(Math.log2(largest));
  if (Math.abs(exponent) <= unscaledExponent) return 1;
  return 2 ** -Math.max(-1000, Math.min(1000, exponent));
}
