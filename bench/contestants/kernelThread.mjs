/** A thread with one single-threaded instance of the WebAssembly kernels: singular values of a matrix, again and again. */
import { pathToFileURL } from 'node:url';
import { parentPort, workerData } from 'node:worker_threads';
import fs from 'node:fs';
import v8 from 'node:v8';

if (Number(process.versions.node.split('.')[0]) < 22) {
  v8.setFlagsFromString('--experimental-wasm-relaxed-simd');
}
const { chooseBuild, wasmKernels } = await import(pathToFileURL(workerData.file).href);
const kernels = wasmKernels(chooseBuild(workerData.relaxed, workerData.plain));
let kept = { file: '', data: new Float32Array(0) };

/** The way the product takes: the Gram matrix of the smaller side, its eigenvalues, their roots. */
async function singularValues({ rows, columns, precision }) {
  const side = rows < columns ? 'rows' : 'columns';
  const gram = await kernels.gram({ rows, columns, data: kept.data }, side, { precision });
  const eigenvalues = await kernels.symmetricEigenvalues(gram, { precision });
  return eigenvalues.map((value) => Math.sqrt(Math.max(0, value)));
}

parentPort.on('message', async (task) => {
  if (kept.file !== task.file) {
    const bytes = fs.readFileSync(task.file);
    kept = { file: task.file, data: new Float32Array(new Uint8Array(bytes).buffer) };
  }
  let values = new Float64Array(0);
  for (let i = 0; i < task.count; i++) values = await singularValues(task);
  parentPort.postMessage(values);
});
