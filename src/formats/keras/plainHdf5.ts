import type { CheckpointFiles } from '../../core/byteSource';
import type { Checkpoint, Skipped } from '../../core/checkpoint';
import type { Tensor } from '../../core/tensor';
import type { Hdf5File, Hdf5Object } from '../hdf5/hdf5File';

/** An HDF5 file that nothing says more about: its datasets by path. Whose they are, and so their orientation, is not known. */
export function plainHdf5(
  files: CheckpointFiles,
  file: Hdf5File,
  objects: readonly Hdf5Object[],
): Checkpoint {
  const tensors: Tensor[] = [];
  const skipped: Skipped[] = [];
  for (const { path, kind } of objects) {
    if (kind !== 'dataset') continue;
    const dataset = file.dataset(path);
    if (dataset.kind === 'unreadable') skipped.push({ name: path, reason: dataset.reason });
    else {
      const { dtype, shape, data } = dataset;
      tensors.push({ name: path, dtype, shape, data });
    }
  }
  return {
    format: 'hdf5',
    description: 'HDF5',
    framework: 'unknown',
    files: files.opened.map(({ name, size }) => ({ name, byteLength: size })),
    tensors,
    skipped,
    optimizers: [],
    recorded: {},
    notices: [],
  };
}
