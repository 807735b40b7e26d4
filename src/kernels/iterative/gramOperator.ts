import type { Kernels, StepOptions } from '../kernels';
import type { RowPanels } from './rowPanels';
import { interleave, separate } from './vectors';

/** WᵀW times vectors, in one pass. */
export async function multiplyGram(
  panels: RowPanels,
  kernels: Kernels,
  vectors: readonly Float64Array[],
  options: StepOptions,
): Promise<Float64Array[]> {
  const pass = kernels.startBlockProduct(interleave(vectors), panels.columns, options);
  await panels.each((panel) => pass.update(panel));
  return separate(pass.finish(), vectors.length);
}

/** Wᵀ times vectors of the length of its columns, in one pass. */
export async function multiplyTransposed(
  panels: RowPanels,
  vectors: readonly Float64Array[],
  { onStep }: StepOptions,
): Promise<Float64Array[]> {
  const sums = vectors.map(() => new Float64Array(panels.columns));
  let first = 0;
  let pending = 0;
  await panels.each(({ rows, columns, data }) => {
    for (let row = 0; row < rows; row++) {
      const from = row * columns;
      for (const [v, sum] of sums.entries()) {
        const factor = vectors[v]![first + row]!;
        for (let c = 0; c < columns; c++) sum[c]! += factor * data[from + c]!;
      }
      pending += columns * vectors.length;
      if (pending < 2 ** 23) continue;
      pending = 0;
      onStep?.();
    }
    first += rows;
  });
  return sums;
}
