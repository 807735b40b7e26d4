import v8 from 'node:v8';

import type { Kernels } from '../../src/kernels';
import { wasmKernels } from '../../src/kernels/wasm';

/** The two builds of the module. */
export const buildNames = ['plain', 'relaxed'] as const;

export type Builds = Readonly<Record<(typeof buildNames)[number], Kernels>>;

interface KernelScript {
  readonly compileKernels: () => Promise<
    Record<'kernels.wasm' | 'kernels-relaxed.wasm', Uint8Array>
  >;
}

/** Compiles both from their sources. */
export async function compiledBuilds(): Promise<Builds> {
  // Node 20 has relaxed SIMD behind a flag, which later versions do not know.
  if (Number(process.versions.node.split('.')[0]) < 22) {
    v8.setFlagsFromString('--experimental-wasm-relaxed-simd');
  }
  const script = String(new URL('../../scripts/kernels.mjs', import.meta.url));
  const { compileKernels } = (await import(/* @vite-ignore */ script)) as KernelScript;
  const modules = await compileKernels();
  return {
    plain: wasmKernels(modules['kernels.wasm']),
    relaxed: wasmKernels(modules['kernels-relaxed.wasm']),
  };
}
