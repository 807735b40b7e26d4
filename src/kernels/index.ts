export * from './kernels';
export { singularValues, typescriptKernels } from './typescript';
