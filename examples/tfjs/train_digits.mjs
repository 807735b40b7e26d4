// Trains a small TensorFlow.js network on digits.csv and saves it as a layers model.
//
//     npm ci && npm run train
//
// TensorFlow.js in plain JavaScript has no file handler of its own, so `saveTo` writes the standard
// pair: model.json (topology, training configuration, weights manifest) and the weights beside it.

import { mkdir, readFile, writeFile } from 'node:fs/promises';
import * as tf from '@tensorflow/tfjs';

const epochs = 10;
const testRows = 300;

async function readDigits(url) {
  const lines = (await readFile(url, 'utf8')).trim().split('\n').slice(1);
  const rows = lines.map((line) => line.split(',').map(Number));
  return {
    images: tf.tensor4d(rows.flatMap(([, ...pixels]) => pixels), [rows.length, 8, 8, 1]).div(16),
    labels: tf.oneHot(rows.map(([label]) => label), 10),
  };
}

function buildModel() {
  const glorot = (seed) => tf.initializers.glorotUniform({ seed });
  const model = tf.sequential({ name: 'digits' });
  model.add(
    tf.layers.conv2d({
      inputShape: [8, 8, 1],
      filters: 12,
      kernelSize: 3,
      padding: 'same',
      useBias: false,
      kernelInitializer: glorot(1),
      kernelRegularizer: tf.regularizers.l2({ l2: 1e-3 }),
      name: 'conv',
    }),
  );
  model.add(tf.layers.batchNormalization({ name: 'norm' }));
  model.add(tf.layers.reLU());
  model.add(tf.layers.maxPooling2d({ poolSize: 2 }));
  model.add(tf.layers.flatten());
  model.add(
    tf.layers.dense({
      units: 48,
      activation: 'relu',
      kernelInitializer: glorot(2),
      kernelRegularizer: tf.regularizers.l1({ l1: 1e-3 }),
      name: 'hidden',
    }),
  );
  model.add(tf.layers.dropout({ rate: 0.25, seed: 3 }));
  model.add(
    tf.layers.dense({
      units: 10,
      activation: 'softmax',
      kernelInitializer: glorot(4),
      name: 'scores',
    }),
  );
  return model;
}

function saveTo(folder) {
  return tf.io.withSaveHandler(async (artifacts) => {
    const { weightData, weightSpecs, ...description } = artifacts;
    const weightsManifest = [{ paths: ['weights.bin'], weights: weightSpecs }];
    await mkdir(folder, { recursive: true });
    await writeFile(new URL('weights.bin', folder), new Uint8Array(weightData));
    await writeFile(
      new URL('model.json', folder),
      `${JSON.stringify({ ...description, weightsManifest }, null, 2)}\n`,
    );
    return { modelArtifactsInfo: tf.io.getModelArtifactsInfoForJSON(artifacts) };
  });
}

const { images, labels } = await readDigits(new URL('../digits.csv', import.meta.url));
const trainRows = images.shape[0] - testRows;
const model = buildModel();
model.compile({
  optimizer: tf.train.adam(3e-3),
  loss: 'categoricalCrossentropy',
  metrics: ['accuracy'],
});
// digits.csv is shuffled already; the order of the rows stays, so that runs repeat.
await model.fit(images.slice(0, trainRows), labels.slice(0, trainRows), {
  epochs,
  batchSize: 32,
  shuffle: false,
  verbose: 0,
});
const [, metric] = model.evaluate(images.slice(trainRows), labels.slice(trainRows));
const [accuracy] = metric.dataSync();
console.log(`tfjs  epoch ${epochs}  test accuracy ${accuracy.toFixed(4)}`);
model.setUserDefinedMetadata({ epochs, accuracy });
await model.save(saveTo(new URL('model/', import.meta.url)), { includeOptimizer: true });
