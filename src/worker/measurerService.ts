import type { CheckpointFiles } from '../core/byteSource';
import { localMeasurer, type Measurer } from '../analysis';
import { openCheckpoint } from '../formats';
import type { KernelChoice } from '../kernels';
import type { Location } from '../protocol/workerApi';
import { filesAt } from './filesAt';

/** A measurer in a thread of its own, which reads the file by itself. */
export interface MeasurerApi extends Measurer {
  /** Rejects where the checkpoint is not the one that was opened first: it has other tensors. */
  open(location: Location, tensorCount: number): Promise<void>;
}

export function measurerService(
  choice: Promise<KernelChoice>,
  isStopped: () => boolean,
): MeasurerApi {
  let files: CheckpointFiles | undefined;
  let measurer: Measurer | undefined;
  const opened = (): Measurer => {
    if (!measurer) throw new Error('No checkpoint is open');
    return measurer;
  };
  let last: Promise<unknown> = Promise.resolve();
  /** One after the other: two at once would take the memory of two, and neither would know its own time. */
  const inTurn = async <T>(task: () => Promise<T>): Promise<T> => {
    const own = last.then(task, task);
    last = own;
    return await own;
  };
  return {
    open: async (location, tensorCount) => {
      await files?.close();
      files = await filesAt(location);
      const checkpoint = await openCheckpoint(files);
      const { length } = checkpoint.tensors;
      if (length !== tensorCount) {
        throw new Error(`The file has changed: ${length} tensors, it had ${tensorCount}`);
      }
      const { kernels } = await choice;
      const options = { kernels, now: () => performance.now(), isStopped };
      measurer = localMeasurer(checkpoint, options);
    },
    statistics: (layer) => inTurn(() => opened().statistics(layer)),
    tensor: (index) => inTurn(() => opened().tensor(index)),
    spectrum: (layer, limits) => inTurn(() => opened().spectrum(layer, limits)),
    gramPart: (layer, part) => inTurn(() => opened().gramPart(layer, part)),
    operatorNorms: (layer) => inTurn(() => opened().operatorNorms(layer)),
  };
}
