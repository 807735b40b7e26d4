/**
 * Runs the scripts of test/fixtures/training/tfjs before and after each edit, with @tensorflow/tfjs on the CPU in plain JavaScript,
 * and looks at what the edit does to the weights, the outputs and the batches.
 *
 *   node test/training/effects/tfjs.mjs [--json FILE] [case …]
 *
 * @tensorflow/tfjs 4.22 is taken from where REGLENS_TFJS_NODE names @tensorflow/tfjs-node (`npm run setup:tensorflow`), or else from
 * RegLens' cache. TypeScript is transpiled, and checked by `tsc --strict` at the end.
 */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import { createRequire } from 'node:module';
import os from 'node:os';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';

import ts from 'typescript';

const root = path.resolve(import.meta.dirname, '../../..');
const fixtures = path.join(root, 'test/fixtures/training/tfjs');
const { values: flags, positionals: only } = parseArgs({
  options: { json: { type: 'string' } },
  allowPositionals: true,
});

const modules = modulesFolder();
const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'reglens-tfjs-'));
process.on('exit', () => fs.rmSync(folder, { recursive: true, force: true }));
fs.symlinkSync(modules, path.join(folder, 'node_modules'));
fs.writeFileSync(path.join(folder, 'package.json'), '{"type": "module"}');
for (const name of ['digits.js', 'digits.json']) {
  fs.copyFileSync(path.join(fixtures, name), path.join(folder, name));
}
const tf = createRequire(path.join(folder, 'any.js'))('@tensorflow/tfjs');
await tf.setBackend('cpu');
// "Hi there" in Node, about the native binding.
console.warn = () => {};

/** TensorFlow.js, or its dependency below it. */
function modulesFolder() {
  const named = process.env['REGLENS_TFJS_NODE'];
  const cache = path.join(os.homedir(), '.cache/reglens/tfjs-node-4.22.0/node_modules');
  const found = [named && path.resolve(named, '../..'), cache].find(
    (place) => place && fs.existsSync(path.join(place, '@tensorflow/tfjs/package.json')),
  );
  if (!found) throw new Error('@tensorflow/tfjs is not there: run npm run setup:tensorflow');
  return found;
}

/** Every run draws the same numbers. */
function seedRandom() {
  let state = 12345;
  Math.random = () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
}

const runs = new Map();

/** The module that a script is, run once. */
async function run(name) {
  const known = runs.get(name);
  if (known) return known;
  seedRandom();
  const text = fs.readFileSync(path.join(fixtures, name), 'utf8');
  const isTyped = name.endsWith('.ts');
  const options = { module: ts.ModuleKind.ESNext, target: ts.ScriptTarget.ES2022 };
  const code = isTyped ? ts.transpileModule(text, { compilerOptions: options }).outputText : text;
  const isCommon = code.includes('module.exports');
  const file = path.join(folder, name.replace(/\.\w+$/, isCommon ? '.cjs' : '.mjs'));
  fs.writeFileSync(file, code);
  const loaded = await import(pathToFileURL(file));
  let made = loaded;
  if (isCommon) {
    const { readDigits } = await import(pathToFileURL(path.join(folder, 'digits.js')));
    made = { model: await loaded.default.train(readDigits(tf)) };
  }
  runs.set(name, made);
  return made;
}

const kernels = (model) =>
  model.trainableWeights.map((w) => w.read()).filter(({ rank }) => rank > 1);
const entries = (model) => kernels(model).flatMap((w) => [...w.dataSync()]);
const norm = (model) => Math.sqrt(entries(model).reduce((sum, w) => sum + w * w, 0));
const mass = (w) => w.abs().sum().dataSync()[0];
const zeros = (model) => entries(model).filter((w) => w === 0).length / entries(model).length;
const classes = (model) => model.layers.map((layer) => layer.getClassName());
const gramError = (w) =>
  tf.tidy(() => {
    const m = w.reshape([-1, w.shape.at(-1)]);
    const isTall = m.shape[0] >= m.shape[1];
    const gram = tf.matMul(m, m, isTall, !isTall);
    return gram.sub(tf.eye(gram.shape[0])).square().sum().dataSync()[0];
  });
const distance = (a, b) => tf.tidy(() => a.sub(b).abs().max().dataSync()[0]);
const inputs = (model, count = 16) => {
  const shape = model.inputs[0].shape.slice(1);
  return tf.randomUniform([count, ...shape], 0, 1, 'float32', 7);
};
const isRandomInTrainingOnly = (model) => {
  const x = inputs(model);
  assert.ok(
    distance(model.apply(x, { training: true }), model.apply(x, { training: true })) > 1e-6,
  );
  assert.equal(distance(model.predict(x), model.predict(x)), 0);
};
const survivesSaving = async (model) => {
  const copy = await tf.models.modelFromJSON(model.toJSON(null, false));
  copy.setWeights(model.getWeights());
  const x = inputs(model);
  assert.ok(distance(copy.predict(x), model.predict(x)) < 1e-6);
  return copy;
};
/** Mean of many passes in training, against prediction: nothing has to be scaled at test time. */
const meanOfTraining = (layer, x, rounds) =>
  tf.tidy(() => {
    let sum = layer.apply(x, { training: true });
    for (let i = 1; i < rounds; i++) sum = sum.add(layer.apply(x, { training: true }));
    return distance(sum.div(rounds), layer.apply(x)) / layer.apply(x).abs().max().dataSync()[0];
  });
const show = (value) =>
  Math.abs(value) < 1e-3 && value !== 0 ? value.toExponential(1) : value.toFixed(3);
const maxLength = (model) =>
  Math.max(
    ...kernels(model).map((w) =>
      tf.tidy(
        () =>
          w
            .reshape([-1, w.shape.at(-1)])
            .square()
            .sum(0)
            .sqrt()
            .max()
            .dataSync()[0],
      ),
    ),
  );
const firstBatch = async (dataset) => (await (await dataset.iterator()).next()).value;
const isTrained = ({ model }) => assert.ok(entries(model).every(Number.isFinite));

const effects = {
  'l1.regularizer': (before, after) => {
    const [a, b] = [mass(kernels(before.model)[0]), mass(kernels(after.model)[0])];
    assert.ok(b < a * 0.97, `${a} -> ${b}`);
    const terms = after.model.calculateLosses().map((term) => term.dataSync()[0]);
    assert.ok(terms.length >= 2 && terms.every((term) => term > 0));
    return `sum |W| of the first layer ${show(a)} -> ${show(b)}; the term is ${show(terms[0])}`;
  },
  'l1.proximal': (before, after) => {
    const [a, b] = [zeros(before.model), zeros(after.model)];
    assert.ok(a === 0 && b > 0.03, `${a} -> ${b}`);
    return `exactly 0: ${show(a)} -> ${show(b)}`;
  },
  'l2.regularizer': (before, after) => {
    const [a, b] = [norm(before.model), norm(after.model)];
    assert.ok(b < a * 0.99, `${a} -> ${b}`);
    return `|W| ${show(a)} -> ${show(b)}`;
  },
  'l2.decoupled': (before, after) => {
    const [a, b] = [norm(before.model), norm(after.model)];
    assert.ok(b < a * 0.9995, `${a} -> ${b}`);
    return `|W| ${show(a)} -> ${show(b)}`;
  },
  'max-norm.batch': (before, after) => {
    const b = maxLength(after.model);
    assert.ok(b <= 3.0001, `${b}`);
    return `longest unit ${show(maxLength(before.model))} -> ${show(b)}`;
  },
  'orthogonality.gram': async (before, after) => {
    const [a, b] = [before, after].map(({ model }) =>
      kernels(model)
        .slice(0, -1)
        .map(gramError)
        .reduce((x, y) => x + y),
    );
    assert.ok(b < a / 2, `${a} -> ${b}`);
    const copy = await survivesSaving(after.model);
    assert.equal(copy.layers[0].kernelRegularizer.factor, 1e-2);
    return `||WᵀW - I||² ${show(a)} -> ${show(b)}; loads again`;
  },
  'orthogonality.initializer': (before, after) => {
    const layer = after.model.layers.find(({ kernelInitializer }) => kernelInitializer);
    const start = layer.kernelInitializer.apply([32, 32], 'float32');
    assert.ok(gramError(start) < 1e-8);
    return `||WᵀW - I||² at the start ${show(gramError(start))}`;
  },
  'dropout.layer': (before, after) => {
    isRandomInTrainingOnly(after.model);
    const layer = after.model.layers.find((found) => found.getClassName() === 'Dropout');
    const error = meanOfTraining(layer, tf.ones([1, 500]), 200);
    assert.ok(error < 0.4);
    return `${classes(after.model).join(' ')}; random in training only`;
  },
  'batch-norm.layer': (before, after) => {
    const names = classes(after.model);
    const at = names.indexOf('BatchNormalization');
    const layer = after.model.layers[at];
    assert.equal(names[at + 1], 'Activation');
    const mean = layer.getWeights()[2];
    assert.ok(mass(mean) > 0);
    const x = inputs(after.model);
    assert.ok(distance(after.model.apply(x, { training: true }), after.model.predict(x)) > 1e-6);
    assert.equal(after.model.layers.find(({ useBias }) => useBias !== undefined).useBias, false);
    return `${names.join(' ')}; moving mean ${show(mass(mean))}; batch statistics in training only`;
  },
  'dropconnect.dense': async (before, after) => {
    isRandomInTrainingOnly(after.model);
    await survivesSaving(after.model);
    const layer = after.model.layers.find((found) => found.getClassName() === 'DropConnectDense');
    // Units are not dropped as a whole: with one input of 64 ones hardly any of 32 sums is exactly 0.
    const wide = layer.getWeights()[0].shape[0];
    const linear = new layer.constructor({ units: 200, useBias: false, rate: 0.5 });
    const y = linear.apply(tf.ones([1, wide]), { training: true });
    assert.ok(tf.notEqual(y, 0).mean().dataSync()[0] > 0.99);
    const error = meanOfTraining(linear, tf.ones([1, wide]), 300);
    assert.ok(error < 0.25, `${error}`);
    return `masks weights, not units; mean of training is prediction within ${show(error)}; loads again`;
  },
  'gradient-clipping.optimizer': (before, after) => {
    // One step of SGD at rate 1 from a huge gradient: the step has the length of the limit.
    const text = fs.readFileSync(path.join(fixtures, 'mlp.gradient-clipping.optimizer.js'), 'utf8');
    const [helper] = /function clipGradients[^]*?\n}/.exec(text);
    const clipGradients = new Function('tf', `${helper}; return clipGradients;`)(tf);
    const w = tf.variable(tf.zeros([10]));
    const small = tf.variable(tf.zeros([1]));
    clipGradients(tf.train.sgd(1), 1).minimize(() => w.mul(1e4).sum(), true, [w]);
    clipGradients(tf.train.sgd(1), 1).minimize(() => small.mul(0.25).sum(), true, [small]);
    const length = Math.sqrt(w.square().sum().dataSync()[0]);
    assert.ok(Math.abs(length - 1) < 1e-3, `${length}`);
    assert.ok(Math.abs(small.dataSync()[0] + 0.25) < 1e-6);
    isTrained(after);
    return `a step of length 3e4 becomes ${show(length)}; one of 0.25 stays`;
  },
  'label-smoothing.compile': (before, after) => {
    const [a, b] = [before, after].map(
      ({ model }) => model.predict(inputs(model, 200)).max(1).mean().dataSync()[0],
    );
    assert.ok(b < a, `${a} -> ${b}`);
    return `mean confidence ${show(a)} -> ${show(b)}`;
  },
  'label-smoothing.loss': (before, after) => {
    const [a, b] = [before, after].map(
      ({ model }) => model.predict(inputs(model, 200)).softmax().max(1).mean().dataSync()[0],
    );
    assert.ok(b < a, `${a} -> ${b}`);
    return `mean confidence ${show(a)} -> ${show(b)}`;
  },
  'mixup.epochs': (before, after) => {
    isTrained(after);
    return mixes(helperOf('mlp.mixup.epochs.js', 'mixup'));
  },
  'mixup.dataset': async (before, after) => {
    const { xs, ys } = await firstBatch(after.training);
    assert.deepEqual(xs.shape, [40, 8, 8, 1]);
    const soft = tf.tidy(() => ys.greater(0).logicalAnd(ys.less(1)).any(1).mean().dataSync()[0]);
    assert.ok(soft > 0.1 && distance(ys.sum(1), tf.ones([40])) < 1e-5);
    return `${show(soft)} of the labels are mixed and sum to 1; ${mixes(helperOf('mlp.mixup.epochs.js', 'mixup'))}`;
  },
  'augmentation.dataset': async (before, after) => {
    const [a, b] = [await firstBatch(after.training), await firstBatch(after.training)];
    assert.deepEqual(a.xs.shape, [40, 8, 8, 1]);
    const shift = helperOf('cnn.augmentation.dataset.ts', 'randomShift');
    const dot = tf.tensor4d(
      Array.from({ length: 64 }, (_, i) => (i === 27 ? 1 : 0)),
      [1, 8, 8, 1],
    );
    const places = new Set(
      Array.from({ length: 200 }, () => shift(dot, 1).flatten().argMax().dataSync()[0]),
    );
    assert.deepEqual(
      [...places].sort((x, y) => x - y),
      [18, 19, 20, 26, 27, 28, 34, 35, 36],
    );
    assert.ok(b.xs.shape[0] === 40);
    return `a pixel comes to lie at ${places.size} places around its own`;
  },
  'cutout.dataset': async (before, after) => {
    assert.deepEqual((await firstBatch(after.training)).xs.shape, [40, 8, 8, 1]);
    const cutout = helperOf('cnn.cutout.dataset.ts', 'cutout');
    const holes = [
      ...cutout(tf.ones([300, 8, 8, 1]), 4)
        .equal(0)
        .sum([1, 2, 3])
        .dataSync(),
    ];
    assert.ok(Math.max(...holes) === 16 && Math.min(...holes) >= 4);
    return `holes of ${Math.min(...holes)} to ${Math.max(...holes)} pixels`;
  },
  'fractional-pooling.layer': async (before, after) => {
    const layer = after.model.layers.find(
      (found) => found.getClassName() === 'FractionalMaxPooling2d',
    );
    assert.deepEqual(layer.outputShape, [null, 5, 5, 4]);
    for (let i = 0; i < 200; i++) {
      for (const length of [8, 13, 28]) {
        const starts = layer.starts(length, true);
        const steps = starts.slice(1).map((start, at) => start - starts[at]);
        assert.ok(
          starts[0] === 0 &&
            starts.at(-1) === length - 2 &&
            steps.every((step) => step === 1 || step === 2),
          `${starts}`,
        );
      }
    }
    const x = tf.randomUniform([2, 8, 8, 3]);
    assert.ok(Math.abs(layer.call(x, {}).max().dataSync()[0] - x.max().dataSync()[0]) < 1e-6);
    assert.equal(distance(layer.call(x, {}), layer.call(x, {})), 0);
    const drawn = Array.from({ length: 10 }, () =>
      distance(layer.call(x, { training: true }), layer.call(x, { training: true })),
    );
    assert.ok(drawn.some((difference) => difference > 0));
    await survivesSaving(after.model);
    return '8x8 -> 5x5, windows 1 or 2 apart; random in training only; loads again';
  },
  'stochastic-depth.branch': async (before, after) => {
    const layers = after.model.layers.filter((layer) => layer.getClassName() === 'StochasticDepth');
    assert.deepEqual(
      layers.map(({ rate }) => Math.round(rate * 1e6) / 1e6),
      [0, 0.066667, 0.133333, 0.2],
    );
    const y = layers[3].apply(tf.ones([4000, 32]), { training: true });
    const dropped = tf.tidy(() => y.max(1).equal(0).mean().dataSync()[0]);
    assert.ok(Math.abs(dropped - 0.2) < 0.03, `${dropped}`);
    assert.ok(distance(y.max(1), y.min(1)) === 0 && Math.abs(y.mean().dataSync()[0] - 1) < 0.03);
    assert.equal(distance(layers[3].apply(tf.ones([40, 32])), tf.ones([40, 32])), 0);
    isRandomInTrainingOnly(after.model);
    await survivesSaving(after.model);
    return `whole samples are dropped: ${show(dropped)}; none in predict; loads again`;
  },
  fixes: (before, after) => {
    const [a, b] = [norm(before.model), norm(after.model)];
    assert.ok(b < a * 0.8, `${a} -> ${b}`);
    return `the penalty reaches the weights: |W| ${show(a)} -> ${show(b)}`;
  },
};

/** A helper of an edited script, by itself. */
function helperOf(script, name) {
  const text = fs.readFileSync(path.join(fixtures, script), 'utf8');
  const [code] = new RegExp(`function ${name}\\([^]*?\\n}`).exec(text);
  const plain = ts.transpileModule(code, { compilerOptions: { target: ts.ScriptTarget.ES2022 } });
  return new Function('tf', `${plain.outputText}; return ${name};`)(tf);
}

/** Inputs and labels are mixed with the same weight: one-hot inputs give it away. */
function mixes(mixup) {
  const { xs, ys } = mixup(tf.eye(200), tf.eye(200), 0.4);
  assert.equal(distance(xs, ys), 0);
  const largest = [...ys.max(1).dataSync()];
  assert.ok(largest.every((weight) => weight > 0.499) && largest.some((weight) => weight < 0.9));
  return 'inputs and labels with the same weights';
}

const results = [];
for (const name of fs.readdirSync(fixtures).sort()) {
  const match = /^(\w+)\.([\w.-]+)\.(js|ts)$/.exec(name);
  if (!match || (only.length > 0 && !only.some((part) => name.includes(part)))) continue;
  const [, script, variant, extension] = match;
  const result = {
    case: name,
    technique: variant === 'fixes' ? 'hazards' : variant.split('.')[0],
    variant: `tfjs.${variant}`,
    framework: 'TensorFlow.js',
    shape: script,
  };
  try {
    const check = effects[variant];
    assert.ok(check, `nothing is known of ${variant}`);
    const [before, after] = [await run(`${script}.${extension}`), await run(name)];
    result.effect = await check(before, after);
    result.runs = true;
  } catch (error) {
    result.effect = error instanceof Error ? error.message : String(error);
    result.runs = false;
  }
  results.push(result);
  console.log(`${result.runs ? 'ok  ' : 'FAIL'} ${name}: ${result.effect}`);
}
if (only.length === 0) checkTypes();
if (flags.json) fs.writeFileSync(flags.json, JSON.stringify(results, null, 1));
if (results.length === 0 || results.some(({ runs: isRun }) => !isRun)) process.exitCode = 1;

/** All TypeScript together, as strictly as tsc can. */
function checkTypes() {
  const files = fs.readdirSync(fixtures).filter((name) => name.endsWith('.ts'));
  for (const name of files) fs.copyFileSync(path.join(fixtures, name), path.join(folder, name));
  const compilerOptions = {
    strict: true,
    noEmit: true,
    target: 'ES2022',
    module: 'ESNext',
    moduleResolution: 'bundler',
    skipLibCheck: true,
    types: [],
    lib: ['ES2022', 'DOM'],
  };
  fs.writeFileSync(path.join(folder, 'tsconfig.json'), JSON.stringify({ compilerOptions, files }));
  const tsc = path.join(root, 'node_modules/typescript/bin/tsc');
  const done = spawnSync(process.execPath, [tsc], { cwd: folder, encoding: 'utf8' });
  const runsFine = done.status === 0;
  console.log(`${runsFine ? 'ok  ' : 'FAIL'} tsc --strict on ${files.length} files ${done.stdout}`);
  results.push({
    case: 'tsc --strict',
    technique: 'all',
    variant: 'types',
    framework: 'TensorFlow.js',
    shape: 'ts',
    runs: runsFine,
    effect: done.stdout,
  });
}
