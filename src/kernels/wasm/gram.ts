import type { GramOptions, Matrix } from '../kernels';
import { Layout, type Engine } from './engine';

/** Length of a panel along the summed side: a packed strip of it stays in the first-level cache. */
const panelLength = 256;

/** Vectors of a packed strip. */
const width = 6;

/** Strips between two steps: about a hundredth of a second at 8192 vectors. */
const stripsPerStep = 8;

/** Rows that are cleared, or mirrored and copied out, between two steps. */
const rowsPerStep = 256;

/** G = W Wᵀ or Wᵀ W, in double precision: one panel of W at a time is copied in and packed. */
export function gram(
  engine: Engine,
  matrix: Matrix,
  side: 'rows' | 'columns',
  { onStep, rowScales }: GramOptions,
): Float64Array {
  const { rows, columns, data } = matrix;
  if (data.length !== rows * columns) {
    throw new RangeError(`${data.length} elements for a matrix of ${rows} × ${columns}`);
  }
  const size = side === 'rows' ? rows : columns;
  const length = side === 'rows' ? columns : rows;
  if (size === 0) return new Float64Array(0);
  const strips = Math.ceil(size / width);
  const padded = strips * width;
  const stride = 8 * padded + 64;
  const isDouble = data instanceof Float64Array;
  const layout = new Layout();
  const factorsAt = layout.take(8 * rows);
  const sourceAt = layout.take(size * Math.min(length, panelLength) * data.BYTES_PER_ELEMENT);
  const packedAt = layout.take(8 * padded * Math.min(length, panelLength));
  const gramAt = layout.take(stride * padded);
  return engine.run(layout.size, (exports, buffer, base) => {
    const factors = new Float64Array(buffer, base + factorsAt, rows).fill(1);
    if (rowScales) factors.set(rowScales);
    for (let row = 0; row < padded; row += rowsPerStep) {
      const count = Math.min(rowsPerStep, padded - row);
      new Uint8Array(buffer, base + gramAt + stride * row, stride * count).fill(0);
      onStep?.();
    }
    const source = isDouble
      ? new Float64Array(buffer, base + sourceAt)
      : new Float32Array(buffer, base + sourceAt);
    for (let start = 0; start < length; start += panelLength) {
      const count = Math.min(panelLength, length - start);
      copyPanel(matrix, side, start, count, source);
      if (side === 'rows') {
        exports.packRows(
          base + sourceAt,
          Number(isDouble),
          base + factorsAt,
          size,
          count,
          base + packedAt,
        );
      } else {
        const factor = base + factorsAt + 8 * start;
        exports.packColumns(
          base + sourceAt,
          Number(isDouble),
          factor,
          size,
          count,
          base + packedAt,
        );
      }
      for (let first = 0; first < strips; first += stripsPerStep) {
        const last = Math.min(strips, first + stripsPerStep);
        exports.multiplyPanels(base + packedAt, count, first, last, base + gramAt, stride);
        onStep?.();
      }
    }
    const result = new Float64Array(size * size);
    for (let first = 0; first < size; first += rowsPerStep) {
      const last = Math.min(size, first + rowsPerStep);
      exports.mirrorRows(base + gramAt, stride, first, last);
      for (let row = first; row < last; row++) {
        result.set(new Float64Array(buffer, base + gramAt + row * stride, size), row * size);
      }
      onStep?.();
    }
    return result;
  });
}

function copyPanel(
  { rows, columns, data }: Matrix,
  side: 'rows' | 'columns',
  start: number,
  count: number,
  target: Float32Array | Float64Array,
): void {
  if (side === 'columns') {
    target.set(data.subarray(start * columns, (start + count) * columns));
  } else if (count === columns) {
    target.set(data);
  } else {
    for (let row = 0; row < rows; row++) {
      const from = row * columns + start;
      target.set(data.subarray(from, from + count), row * count);
    }
  }
}
