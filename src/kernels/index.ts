import type { Kernels } from './kernels';
import { typescriptKernels } from './typescript';
import { chooseBuild, wasmKernels } from './wasm';

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

/** The fastest backend that runs here: WebAssembly where its modules are at hand and the engine has SIMD, else TypeScript. */
export function chooseKernels(
  modules: { readonly relaxed: Uint8Array; readonly plain: Uint8Array } | undefined,
): Kernels {
  if (!modules) return typescriptKernels;
  const build = chooseBuild(modules.relaxed, modules.plain);
  return WebAssembly.validate(build) ? wasmKernels(build) : typescriptKernels;
}
