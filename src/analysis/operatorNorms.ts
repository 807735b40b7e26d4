import type { Measured } from '../core/metric';
import type { MatrixView } from '../core/matrixView';
import type { Kernels, Matrix } from '../kernels';
import { convolutionNorms, mergeMeasured } from '../metrics';
import { throwIfStopped, type IsStopped } from './stop';

/**
 * Norms of a convolution as an operator on images. Groups see different channels, so the operator's norm is the largest of theirs.
 */
export async function operatorNorms(
  blocks: readonly Matrix[],
  view: MatrixView,
  { kernels, isStopped }: { readonly kernels: Kernels; readonly isStopped: IsStopped },
): Promise<Measured> {
  const [inputs = 1, ...kernel] = columnAxes(view);
  const onStep = (): void => throwIfStopped(isStopped);
  let largest: Measured | undefined;
  for (const { data, rows } of blocks) {
    const one = await convolutionNorms({ data, out: rows, in: inputs, kernel }, kernels, {
      onStep,
    });
    largest = largest ? largerOf(largest, one) : one;
  }
  return largest ?? mergeMeasured();
}

/** Sizes of the axes along the columns, slowest first: input channels, then the kernel. */
function columnAxes({ axes }: MatrixView): readonly number[] {
  return axes
    .filter(({ target }) => target === 'column')
    .map((axis, index) => ({ ...axis, index }))
    .sort((a, b) => b.step - a.step || a.index - b.index)
    .map(({ size }) => size);
}

function largerOf(a: Measured, b: Measured): Measured {
  const merged = mergeMeasured(a, b);
  for (const [id, value] of Object.entries(a.metrics)) {
    const other = merged.metrics[id];
    if (typeof value === 'number' && typeof other === 'number') {
      merged.metrics[id] = Math.max(value, other);
    }
  }
  return merged;
}
