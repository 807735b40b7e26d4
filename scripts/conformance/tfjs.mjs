import fs from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';

/**
 * Writes models with TensorFlow.js itself: with whole weights, and with weights cut into shards of few bytes.
 *
 * @param {string} folder
 * @returns {Promise<import('./compare.mjs').Case[]>}
 */
export async function writeTfjs(folder) {
  const require = createRequire(import.meta.url);
  const tf = require('@tensorflow/tfjs');
  await tf.setBackend('cpu');
  const cases = [];
  for (const shardBytes of [2 ** 20, 300]) {
    const model = tf.sequential({ name: 'net' });
    model.add(tf.layers.conv2d({ inputShape: [8, 8, 2], filters: 4, kernelSize: 3, name: 'conv' }));
    model.add(tf.layers.batchNormalization({ name: 'norm' }));
    model.add(tf.layers.reshape({ targetShape: [36, 4], name: 'rows' }));
    model.add(tf.layers.lstm({ units: 3, name: 'memory' }));
    model.add(tf.layers.dense({ units: 2, name: 'head' }));
    const own = path.join(folder, 'tfjs', String(shardBytes));
    await model.save(handler(tf, own, shardBytes));
    const tensors = {};
    for (const weight of model.weights) {
      const value = weight.read();
      tensors[weight.originalName] = {
        dtype: 'f32',
        shape: value.shape,
        data: Buffer.from(new Uint8Array(Float32Array.from(value.dataSync()).buffer)).toString(
          'base64',
        ),
      };
    }
    const variant = shardBytes === 300 ? 'shards that cut weights' : 'one shard';
    const writer = `@tensorflow/tfjs ${tf.version.tfjs}`;
    const file = path.relative(folder, path.join(own, 'model.json'));
    cases.push({ format: 'TensorFlow.js', writer, variant, file, tensors });
  }
  return cases;
}

/** Files as the browser's and Node's handlers write them: model.json and shards beside it. */
function handler(tf, folder, shardBytes) {
  return tf.io.withSaveHandler(async ({ weightData, weightSpecs, ...artifacts }) => {
    fs.mkdirSync(folder, { recursive: true });
    const bytes = Buffer.from(tf.io.concatenateArrayBuffers([weightData].flat()));
    const paths = [];
    for (let at = 0; at < bytes.length; at += shardBytes) {
      paths.push(`group1-shard${paths.length + 1}.bin`);
      fs.writeFileSync(path.join(folder, paths.at(-1)), bytes.subarray(at, at + shardBytes));
    }
    const manifest = [{ paths, weights: weightSpecs }];
    const model = { ...artifacts, weightsManifest: manifest };
    fs.writeFileSync(path.join(folder, 'model.json'), JSON.stringify(model));
    return { modelArtifactsInfo: { dateSaved: new Date(0), modelTopologyType: 'JSON' } };
  });
}
