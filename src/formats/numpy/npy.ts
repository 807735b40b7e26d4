import type { Checkpoint } from '../../core/checkpoint';
import type { Format } from '../../core/format';
import { WindowCache } from '../strided';
import { isNpy } from './header';
import { openNpy } from './npyTensor';

/** A single NumPy array. */
export const npy: Format = {
  id: 'npy',
  title: 'NumPy array',
  matches: ({ head }) => isNpy(head),
  async open({ main }): Promise<Checkpoint> {
    const name = main.name.replace(/\.npy$/i, '');
    const array = await openNpy(name, main, new WindowCache());
    return {
      format: 'npy',
      description: 'NumPy array',
      framework: 'numpy',
      files: [{ name: main.name, byteLength: main.size }],
      tensors: array.kind === 'tensor' ? [array.tensor] : [],
      skipped: array.kind === 'skipped' ? [array.skipped] : [],
      optimizers: [],
      recorded: {},
      notices: array.kind === 'skipped' ? array.notices : [],
    };
  },
};
