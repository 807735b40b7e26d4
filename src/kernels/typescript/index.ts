import { dtypes } from '../../core/dtype';
import { startBlockProduct } from '../iterative/blockProduct';
import type { Kernels } from '../kernels';
import { BinnedRefinement } from './binnedRefinement';
import { BlockStatistics } from './blockStatistics';
import { CountedStatistics } from './countedStatistics';
import { symmetricEigenvalues } from './eigenvalues';
import { gram, startGram } from './gram';
import { startMatrices } from './matrices';
import { nonsymmetricEigenvalues } from './nonsymmetricEigenvalues';

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
  startGram,
  symmetricEigenvalues,
  nonsymmetricEigenvalues: (matrix, n, options) =>
    new Promise((resolve) => {
      resolve(nonsymmetricEigenvalues(matrix, n, options));
    }),
  startBlockProduct,
};
