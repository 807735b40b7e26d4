import { dtypes } from '../core/dtype';
import type { MatrixView } from '../core/matrixView';
import { elementCountOf, type Tensor } from '../core/tensor';
import type { ElementRefinement, ElementStatistics, Kernels, Matrix } from '../kernels/kernels';
import { throwIfStopped, type IsStopped } from './stop';

/** Bytes of a chunk: large enough for a disk's full speed, small enough to stop within a fraction of a second. */
const chunkBytes = 4 * 2 ** 20;

/** Hands a tensor's bytes to `update` in order, a few MiB at a time. */
export async function stream(
  tensor: Tensor,
  update: (bytes: Uint8Array) => void,
  isStopped: IsStopped,
): Promise<void> {
  const count = elementCountOf(tensor.shape);
  const step = Math.max(1, Math.floor(chunkBytes / dtypes[tensor.dtype].byteSize));
  for (let start = 0; start < count; start += step) {
    throwIfStopped(isStopped);
    update(await tensor.data.read(start, Math.min(count, start + step)));
  }
}

export interface TensorStatistics {
  readonly statistics: ElementStatistics;
  readonly refinement: ElementRefinement | undefined;
}

/** One pass over the elements, and a second where the first could not yet know its thresholds. */
export async function readStatistics(
  tensor: Tensor,
  view: MatrixView | undefined,
  kernels: Kernels,
  isStopped: IsStopped,
): Promise<TensorStatistics> {
  const pass = kernels.startStatistics(tensor.dtype, elementCountOf(tensor.shape), view);
  await stream(tensor, (bytes) => pass.update(bytes), isStopped);
  const statistics = pass.finish();
  if (statistics.refinement) return { statistics, refinement: statistics.refinement };
  const second = kernels.startRefinement(statistics);
  await stream(tensor, (bytes) => second.update(bytes), isStopped);
  return { statistics, refinement: second.finish() };
}

/** The canonical matrices of a weight, one a block. */
export async function readMatrices(
  tensor: Tensor,
  view: MatrixView,
  kernels: Kernels,
  isStopped: IsStopped,
): Promise<readonly Matrix[]> {
  const pass = kernels.startMatrices(tensor.dtype, view);
  await stream(tensor, (bytes) => pass.update(bytes), isStopped);
  return pass.finish();
}
