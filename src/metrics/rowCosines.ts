import type { Kernels, Matrix, StepOptions } from '../kernels';
import { CosineSweep } from './cosineSweep';
import type { RowNorms } from './gramSums';

/** Rows whose whole Gram matrix is held at once: 128 MiB. */
const maxWholeRows = 4096;

/**
 * Walks all pairs of rows of one block. Where rows are the smaller side their Gram matrix is at hand; taller blocks are
 * walked in pairs of panels, so that no Gram matrix is larger than 4096 × 4096.
 */
export async function sweepRows(
  sweep: CosineSweep,
  block: Matrix,
  start: number,
  kernels: Kernels,
  { rowGram, ...steps }: StepOptions & { readonly rowGram?: Float64Array },
): Promise<void> {
  const m = block.rows;
  if (rowGram ?? m <= maxWholeRows) {
    const gram = rowGram ?? (await kernels.gram(block, 'rows', steps));
    sweep.add(gram, 0, m, { i0: start, height: m, j0: start, width: m });
    return;
  }
  const half = maxWholeRows / 2;
  for (let i = 0; i < m; i += half) {
    const height = Math.min(half, m - i);
    for (let j = i + half; j < m; j += half) {
      const width = Math.min(half, m - j);
      const gram = await kernels.gram(stacked(block, i, height, j, width), 'rows', steps);
      const stride = height + width;
      sweep.add(gram, height, stride, { i0: start + i, height, j0: start + j, width });
      // The squares on the diagonal come once: the panel's own with the first partner, the last panel's with the last pair.
      if (j === i + half) {
        sweep.add(gram, 0, stride, { i0: start + i, height, j0: start + i, width: height });
      }
      if (j + width === m && i + height === j) {
        sweep.add(gram, height * stride + height, stride, {
          i0: start + j,
          height: width,
          j0: start + j,
          width,
        });
      }
    }
  }
}

export function newSweep({ norms, alive }: RowNorms, withMap: boolean): CosineSweep {
  return new CosineSweep(norms, alive, withMap);
}

function stacked(
  { columns, data }: Matrix,
  i: number,
  height: number,
  j: number,
  width: number,
): Matrix {
  const result = new Float64Array((height + width) * columns);
  result.set(data.subarray(i * columns, (i + height) * columns));
  result.set(data.subarray(j * columns, (j + width) * columns), height * columns);
  return { rows: height + width, columns, data: result };
}
