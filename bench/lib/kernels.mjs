/** Parts of `src` as modules that Node loads, and threads that each have the WebAssembly kernels for themselves. */
import { fileURLToPath } from 'node:url';
import { Worker } from 'node:worker_threads';
import path from 'node:path';

import { rolldown } from 'rolldown';

import { compileKernels } from '../../scripts/kernels.mjs';

/**
 * Bundles a module of `src`; gives the path of the result.
 *
 * @param {string} folder where to put it
 * @param {string} file below `src`
 */
export async function bundle(folder, file) {
  const input = fileURLToPath(new URL(`../../src/${file}`, import.meta.url));
  const output = path.join(folder, `${file.replaceAll('/', '-')}.mjs`);
  const built = await rolldown({ input, platform: 'node' });
  await built.write({ file: output, format: 'esm' });
  return output;
}

/**
 * @param {string} folder for the bundle
 * @param {number} count
 */
export async function startKernelThreads(folder, count) {
  const file = await bundle(folder, 'kernels/wasm/index.ts');
  const built = await compileKernels();
  const workerData = {
    file,
    relaxed: built['kernels-relaxed.wasm'],
    plain: built['kernels.wasm'],
  };
  const script = new URL('../contestants/kernelThread.mjs', import.meta.url);
  const workers = Array.from({ length: count }, () => new Worker(script, { workerData }));
  // A thread that fails ends the program: nobody listens to its error.
  const ask = (worker, task) =>
    new Promise((resolve) => {
      worker.once('message', resolve);
      worker.postMessage(task);
    });
  return {
    /** Gives the task to the first `threads` threads at once. @returns {Promise<unknown[]>} */
    run: (task, threads) => Promise.all(workers.slice(0, threads).map((one) => ask(one, task))),
    stop: () => Promise.all(workers.map((worker) => worker.terminate())),
  };
}
