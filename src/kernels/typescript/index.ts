import { dtypes } from '../../core/dtype';
import type { Kernels } from '../kernels';
import { BinnedRefinement } from './binnedRefinement';
import { BlockStatistics } from './blockStatistics';
import { CountedStatistics } from './countedStatistics';
import { symmetricEigenvalues } from './eigenvalues';
import { gram } from './gram';
import { startMatrices } from './matrices';

export { singularValues } from './singularValues';

/** The reference backend: plain TypeScript, in double precision, its results the same however a tensor is chunked. */
export const typescriptKernels: Kernels = {
  backend: 'typescript',
  startStatistics: (dtype, elementCount, view) =>
    dtypes[dtype].byteSize <= 2
      ? new CountedStatistics(dtype, elementCount, view)
      : new BlockStatistics(dtype, elementCount, view),
  startRefinement: (statistics) => new BinnedRefinement(statistics),
  startMatrices,
  gram,
  symmetricEigenvalues,
};
