import type { Backend, Kernels } from './kernels';
import { withFastestSingle } from './fastestSingle';
import { checkedTensorFlow, tensorflowKernels } from './tensorflow';
import { typescriptKernels } from './typescript';
import { chooseBuild, wasmKernels } from './wasm';

/** Values of the setting `reglens.backend`. */
export const backendSettings = ['auto', 'wasm', 'tensorflow', 'typescript'] as const;

export type BackendSetting = (typeof backendSettings)[number];

export interface BackendParts {
  /** The two builds of the WebAssembly module. */
  readonly modules: { readonly relaxed: Uint8Array; readonly plain: Uint8Array } | undefined;
  /** Called when TensorFlow is needed, not before: loading it takes seconds. */
  readonly loadTensorFlow: () => { readonly exports: unknown } | { readonly reason: string };
  /** Milliseconds of a clock that only goes forward. */
  readonly now: () => number;
  /** Two elements of shared memory, zero at first, that the threads of one process have in common: `auto` then times once. */
  readonly verdict?: Int32Array;
}

export interface KernelChoice {
  readonly kernels: Kernels;
  /** Why what was asked for does not run, and what runs instead. Absent where it does. */
  readonly problem?: string;
  /** What runs, in a few words. May change with the first large product, which is when `auto` measures. */
  describe(): string;
}

/** The backend that was asked for; where it cannot run, the next best and the reason. */
export function chooseBackend(setting: BackendSetting, parts: BackendParts): KernelChoice {
  const base = setting === 'typescript' ? typescriptKernels : wasmWhereItRuns(parts.modules);
  const plain = { kernels: base, describe: () => names[base.backend] };
  switch (setting) {
    case 'typescript':
      return plain;
    case 'wasm':
      return base.backend === 'wasm'
        ? plain
        : { ...plain, problem: `WebAssembly with SIMD does not run here; ${runsInstead(base)}` };
    case 'tensorflow': {
      const tensorflow = tensorflowOver(base, parts);
      return 'reason' in tensorflow
        ? {
            ...plain,
            problem: `TensorFlow does not run here: ${tensorflow.reason}; ${runsInstead(base)}`,
          }
        : { kernels: tensorflow, describe: () => mixed(base, 'tensorflow', 'tensorflow') };
    }
    case 'auto': {
      const fastest = withFastestSingle(base, {
        other: () => tensorflowOver(base, parts),
        now: parts.now,
        verdict: parts.verdict,
      });
      return {
        kernels: fastest.kernels,
        describe: () => {
          const { gram, eigenvalues } = fastest.outcome();
          return mixed(base, gram, eigenvalues);
        },
      };
    }
  }
}

const names = {
  wasm: 'WebAssembly',
  typescript: 'plain TypeScript',
  tensorflow: 'TensorFlow',
} as const;

/** Names what runs, and what is different for products and eigenvalues in single precision. */
function mixed(base: Kernels, gram: Backend, eigenvalues: Backend): string {
  const products = gram !== base.backend;
  const spectra = eigenvalues !== base.backend;
  if (!products && !spectra) return names[base.backend];
  const what = products && spectra ? '' : products ? 'products in ' : 'eigenvalues in ';
  return `${names[base.backend]}; ${what}single precision in ${names[products ? gram : eigenvalues]}`;
}

const runsInstead = (base: Kernels): string => `${names[base.backend]} runs instead`;

function wasmWhereItRuns(modules: BackendParts['modules']): Kernels {
  if (!modules) return typescriptKernels;
  const build = chooseBuild(modules.relaxed, modules.plain);
  return WebAssembly.validate(build) ? wasmKernels(build) : typescriptKernels;
}

function tensorflowOver(
  base: Kernels,
  { loadTensorFlow }: BackendParts,
): Kernels | { readonly reason: string } {
  const loaded = loadTensorFlow();
  if ('reason' in loaded) return loaded;
  const tf = checkedTensorFlow(loaded.exports);
  return 'reason' in tf ? tf : tensorflowKernels(tf, base);
}
