import type { ByteSource } from '../../core/byteSource';

/** Arrays up to this size are read whole for one range: fewer, longer reads. Above, one read per column and range. */
const maxWholeBytes = 32 * 1024 * 1024;

/**
 * Reads elements [start, end) in row-major order of an array stored in Fortran order (first index fastest).
 *
 * Rows of the range are contiguous along the first axis in the file, so each column gives one run.
 */
export async function readFortran(
  source: ByteSource,
  array: { readonly offset: number; readonly shape: readonly number[]; readonly byteSize: number },
  start: number,
  end: number,
): Promise<Uint8Array> {
  const { offset, shape, byteSize } = array;
  const result = new Uint8Array((end - start) * byteSize);
  if (end <= start) return result;
  const rowCount = shape[0] ?? 1;
  const rowSize = shape.slice(1).reduce((product, size) => product * size, 1);
  const firstRow = Math.floor(start / rowSize);
  const rows = Math.ceil(end / rowSize) - firstRow;
  const total = rowCount * rowSize * byteSize;
  const whole = total <= maxWholeBytes ? await source.read(offset, total) : undefined;

  const position = columnOrder(shape);
  for (let column = 0; column < rowSize; column++) {
    const runStart = (position(column) * rowCount + firstRow) * byteSize;
    const run =
      whole?.subarray(runStart, runStart + rows * byteSize) ??
      (await source.read(offset + runStart, rows * byteSize));
    for (let row = 0; row < rows; row++) {
      const target = (firstRow + row) * rowSize + column - start;
      if (target < 0 || target >= end - start) continue;
      for (let i = 0; i < byteSize; i++) {
        result[target * byteSize + i] = run[row * byteSize + i]!;
      }
    }
  }
  return result;
}

/** Where the k-th column (row-major over the axes after the first) stands in the file, counted in columns. */
function columnOrder(shape: readonly number[]): (column: number) => number {
  const sizes = shape.slice(1);
  const strides: number[] = [];
  let stride = 1;
  for (const size of sizes) {
    strides.push(stride);
    stride *= size;
  }
  return (column) => {
    let position = 0;
    let rest = column;
    for (let axis = sizes.length - 1; axis >= 0; axis--) {
      const size = sizes[axis]!;
      position += (rest % size) * strides[axis]!;
      rest = Math.floor(rest / size);
    }
    return position;
  };
}
