import type { Kernels } from '../kernels';

const pending = (): never => {
  throw new Error('not built yet');
};

/** The reference backend: plain TypeScript, no dependencies, exact where arithmetic allows. */
export const typescriptKernels: Kernels = {
  backend: 'typescript',
  startStatistics: pending,
  startRefinement: pending,
  startMatrices: pending,
  gram: pending,
  symmetricEigenvalues: pending,
};
