export {
  backendSettings,
  chooseBackend,
  type BackendParts,
  type BackendSetting,
  type KernelChoice,
} from './chooseBackend';
export * from './iterative';
export * from './kernels';
export { diagonalAt, rowStart, scaleSymmetric, symmetricMatrix } from './symmetricMatrix';
export { singularValues, typescriptKernels } from './typescript';
