import { dtypes, type Dtype } from '../../core/dtype';
import type { MatrixView } from '../../core/matrixView';
import type { MatricesPass, Matrix } from '../kernels';
import { ElementStream } from './elementStream';
import { ViewWalk } from './viewWalk';

/** Places a streamed tensor into the canonical matrices of its view. */
export function startMatrices(dtype: Dtype, view: MatrixView): MatricesPass {
  const { blocks, rows, columns } = view;
  const size = rows * columns;
  const data = exactInFloat32(dtype)
    ? new Float32Array(blocks * size)
    : new Float64Array(blocks * size);
  const walk = new ViewWalk(view);
  // Blocks are stacked, so a row step and a column step are both one stride of the whole.
  const stride = walk.rowStep * columns + walk.columnStep;
  const stream = new ElementStream(dtype, blocks * size, (block, count) => {
    for (let start = 0; start < count;) {
      const length = walk.next(count - start);
      let at = walk.row * columns + walk.column;
      for (let i = start; i < start + length; i++, at += stride) data[at] = block[i]!;
      start += length;
    }
  });
  return {
    update: (bytes) => stream.update(bytes),
    finish: () => {
      stream.finish();
      return Array.from({ length: blocks }, (_, b): Matrix => ({
        rows,
        columns,
        data: data.subarray(b * size, (b + 1) * size),
      }));
    },
  };
}

function exactInFloat32(dtype: Dtype): boolean {
  return dtypes[dtype].byteSize <= 2 || dtype === 'f32';
}
