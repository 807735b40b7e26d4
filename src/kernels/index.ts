export * from './kernels';
export { typescriptKernels } from './typescript';
