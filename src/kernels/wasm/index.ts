import { dtypes } from '../../core/dtype';
import type { ElementStatistics, Kernels } from '../kernels';
import { typescriptKernels } from '../typescript';
import { startBlockProduct } from './blockProduct';
import { CodeStatistics } from './codeStatistics';
import { symmetricEigenvalues } from './eigenvalues';
import { Engine } from './engine';
import { EnginePool } from './enginePool';
import type { FineBins } from './fineBins';
import { FloatRefinement } from './floatRefinement';
import { FloatStatistics } from './floatStatistics';
import { GatheredRefinement } from './gatheredRefinement';
import { gram, startGram } from './gram';
import { LineStatistics } from './lineStatistics';
import { startMatrices } from './matrices';
import { nonsymmetricEigenvalues } from './nonsymmetric';

/**
 * The build that this engine runs: `relaxed` uses fused multiply-add. Node 20 takes it only after
 * `v8.setFlagsFromString('--experimental-wasm-relaxed-simd')`; later versions need no flag.
 */
export function chooseBuild(relaxed: Uint8Array, plain: Uint8Array): Uint8Array {
  return WebAssembly.validate(relaxed) ? relaxed : plain;
}

/** The WebAssembly backend from the bytes of its module. Throws where the engine has no 128-bit SIMD. */
export function wasmKernels(bytes: Uint8Array): Kernels {
  const engine = new Engine(bytes);
  const pool = new EnginePool(engine);
  const binsOf = new WeakMap<ElementStatistics, FineBins>();
  return {
    backend: 'wasm',
    startStatistics: (dtype, elementCount, view) => {
      if (view && !LineStatistics.fits(view)) {
        return typescriptKernels.startStatistics(dtype, elementCount, view);
      }
      if (dtype === 'f32' || dtype === 'f64') {
        return new FloatStatistics(pool, dtype, elementCount, view, (statistics, bins) =>
          binsOf.set(statistics, bins),
        );
      }
      return dtypes[dtype].byteSize <= 2
        ? new CodeStatistics(pool, dtype, elementCount, view)
        : typescriptKernels.startStatistics(dtype, elementCount, view);
    },
    startRefinement: (statistics) => {
      const { dtype } = statistics;
      const bins = binsOf.get(statistics);
      if (
        bins &&
        (dtype === 'f32' || dtype === 'f64') &&
        GatheredRefinement.fits(statistics, bins)
      ) {
        return new GatheredRefinement(engine, statistics, bins, dtype);
      }
      return dtype === 'f32'
        ? new FloatRefinement(engine, statistics)
        : typescriptKernels.startRefinement(statistics);
    },
    startMatrices,
    // The constructor turns what is thrown, also by onStep, into a rejection.
    gram: (matrix, side, options = {}) =>
      new Promise((resolve) => {
        resolve(gram(engine, matrix, side, options));
      }),
    startGram: (columns, options = {}) => startGram(pool, columns, options),
    symmetricEigenvalues: (matrix, options = {}) =>
      new Promise((resolve) => {
        resolve(symmetricEigenvalues(engine, matrix, options));
      }),
    nonsymmetricEigenvalues: (matrix, n, options = {}) =>
      new Promise((resolve) => {
        resolve(nonsymmetricEigenvalues(engine, matrix, n, options));
      }),
    startBlockProduct: (x, columns, options = {}) => startBlockProduct(engine, x, columns, options),
  };
}
