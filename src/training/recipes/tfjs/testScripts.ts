/** Small scripts in the ways in which TensorFlow.js code is written. */
export const scripts: Readonly<Record<string, string>> = {
  'model.add, arrays': `import * as tf from '@tensorflow/tfjs';
import fs from 'node:fs';

const model = tf.sequential();
model.add(tf.layers.dense({
  inputShape: [64],
  units: 32,
  activation: 'relu',  // hidden
}));
model.add(tf.layers.dense(
    {units: 32, activation: 'relu', kernelInitializer: tf.initializers.glorotUniform({seed: 1})}));
model.add(tf.layers.dense({units: 10, activation: 'softmax'}));

const LEARNING_RATE = 0.01;
model.compile({
  optimizer: tf.train.adam(LEARNING_RATE),
  loss: 'categoricalCrossentropy',
  metrics: ['accuracy'],
});
await model.fit(xs, ys, {
  epochs: 8,
  batchSize: 50,
  verbose: 0
});
`,
  'layers in an array, require, double quotes, no semicolons': `const tf = require("@tensorflow/tfjs-node")

const model = tf.sequential({
    layers: [
        tf.layers.conv2d({ inputShape: [8, 8, 1], filters: 4, kernelSize: 3, activation: "relu" }), // first
        tf.layers.maxPooling2d({ poolSize: [2, 2], strides: [2, 2] }),
        tf.layers.flatten(),
        tf.layers.dense({ units: 32, activation: "relu", kernelRegularizer: tf.regularizers.l2({ l2: 1e-3 }) }),
        tf.layers.dense({ units: 10, activation: "softmax" })
    ]
})

async function train(data) {
    model.compile({ optimizer: "adam", loss: "categoricalCrossentropy" })
    const training = tf.data
        .zip({ xs: tf.data.array(data.images), ys: tf.data.array(data.labels) })
        .shuffle(300)
        .batch(50)
        .prefetch(2)
    await model.fitDataset(training, { epochs: 6, callbacks: { onEpochEnd: async (epoch, logs) => console.log(\`\${epoch}\`, logs) } })
}
`,
  'functional, destructured names': `import * as tfjs from '@tensorflow/tfjs';
const {layers, train} = tfjs;

const input = tfjs.input({shape: [8, 8, 1]});
let x = layers.conv2d({filters: 8, kernelSize: 3, padding: 'same', activation: 'relu'}).apply(input);
const depth = 3;
for (let i = 0; i < depth; i++) {
  const branch = layers.conv2d({filters: 8, kernelSize: 3, padding: 'same', activation: 'relu'}).apply(x);
  x = layers.add().apply([x, branch]);
}
x = layers.globalAveragePooling2d({}).apply(x);
const output = layers.dense({units: 10, activation: 'softmax'}).apply(x);
const model = tfjs.model({inputs: input, outputs: output});
model.compile({optimizer: train.sgd(0.1), loss: 'categoricalCrossentropy'});
await model.fit(images, labels, {epochs: 3, batchSize: 32});
`,
  "a loop of one's own": `import {layers, sequential, train, losses, tidy} from '@tensorflow/tfjs-node';

const model = sequential({layers: [
  layers.dense({inputShape: [64], units: 32, activation: 'relu'}),
  layers.dropout({rate: 0.5}),
  layers.dense({units: 10}),
]});
const rate = 0.01;
const optimizer = train.adam(rate);
for (let i = 0; i < 60; i++) {
  const cost = optimizer.minimize(() => {
    const logits = model.apply(xs, {training: true});
    const loss = losses.softmaxCrossEntropy(ys, logits);
    return model.calculateLosses().reduce((a, b) => a.add(b), loss);
  }, true);
  cost.dispose();
}
`,
  'in a class, gradients by hand': `'use strict';
const tf = require('@tensorflow/tfjs');

class Trainer {
  constructor() {
    this.model = tf.sequential();
    this.model.add(tf.layers.dense({units: 16, inputShape: [4]}));
    this.model.add(tf.layers.reLU());
    this.model.add(tf.layers.dense({units: 1}));
    this.optimizer = tf.train.sgd(0.1);
  }

  step(xs, ys) {
    const {value, grads} = tf.variableGrads(() => tf.losses.meanSquaredError(ys, this.model.apply(xs, {training: true})));
    this.optimizer.applyGradients(grads);
    tf.dispose([value, grads]);
  }
}

module.exports = {Trainer};
`,
  'a block in onBatchEnd': `import * as tf from '@tensorflow/tfjs';

export async function run(model, xs, ys) {
  model.compile({optimizer: tf.train.rmsprop(1e-3), loss: 'meanSquaredError'});
  const history = await model.fit(xs, ys, {
    epochs: 2,
    callbacks: {
      onBatchEnd: async (batch, logs) => {
        console.log(batch, logs.loss);
      },
    },
  });
  await model.fit(xs, ys);
  return history;
}
`,
};
