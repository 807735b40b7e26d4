/** Singular values in single precision by tfjs-node: product and eigenvalues without vectors. A line of JSON in, a line out. */
import readline from 'node:readline';
import fs from 'node:fs';

const [, , modulePath, kernelPath] = process.argv;
const { loadTensorFlowModule } = await import(modulePath);
const { checkedTensorFlow, selfAdjointEigenvalues } = await import(kernelPath);

const loaded = loadTensorFlowModule({ bundleFolder: '/nowhere/dist' });
const tf = 'reason' in loaded ? loaded : checkedTensorFlow(loaded.exports);
let kept = { file: '', data: new Float32Array(0) };

function singularValues({ rows, columns }) {
  tf.tidy(() => {
    const matrix = tf.tensor2d(kept.data, [rows, columns]);
    selfAdjointEigenvalues(tf, tf.matMul(matrix, matrix, true, false));
  });
}

for await (const line of readline.createInterface({ input: process.stdin })) {
  const { layers, count } = JSON.parse(line);
  if ('reason' in tf) {
    process.stdout.write(`${JSON.stringify({ error: tf.reason })}\n`);
    continue;
  }
  const [layer] = layers;
  if (kept.file !== layer.file) {
    kept = {
      file: layer.file,
      data: new Float32Array(new Uint8Array(fs.readFileSync(layer.file)).buffer),
    };
  }
  const start = performance.now();
  for (let i = 0; i < count; i++) singularValues(layer);
  const seconds = (performance.now() - start) / 1000 / count;
  process.stdout.write(`${JSON.stringify({ seconds })}\n`);
}
