import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setFlagsFromString } from 'node:v8';

/** The two builds of the WebAssembly kernels, as bytes. */
export interface KernelModules {
  /** With fused multiply-add. */
  readonly relaxed: Uint8Array;
  readonly plain: Uint8Array;
}

/** First Node whose V8 has relaxed SIMD without a flag. */
const relaxedWithoutFlag = 22;

/** Reads the modules that lie beside the bundle; undefined where there are none (sources that run unbundled). */
export async function readKernelModules(folder: string): Promise<KernelModules | undefined> {
  if (Number(process.versions.node.split('.')[0]) < relaxedWithoutFlag) {
    setFlagsFromString('--experimental-wasm-relaxed-simd');
  }
  try {
    return {
      relaxed: await readFile(join(folder, 'kernels-relaxed.wasm')),
      plain: await readFile(join(folder, 'kernels.wasm')),
    };
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
    throw error;
  }
}
