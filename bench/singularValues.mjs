/** All singular values of one layer in single precision storage, n × n and 4n × n: ours beside NumPy, PyTorch, TensorFlow.js, ml-matrix. */
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';

import { run } from '../scripts/lib/processes.mjs';
import { bundle, startKernelThreads } from './lib/kernels.mjs';
import { bar, milliseconds, times as timesText } from './lib/document.mjs';
import { growth, median, race, ratio } from './lib/race.mjs';
import { startTalker } from './lib/talker.mjs';
import { cacheFolder, provideFile, randomWeights, writeAll } from './lib/weights.mjs';

const largestForMlMatrix = 512;
const mlMatrixVersion = '6.12.1';
/** Largest difference that is allowed, as a share of σ₁: NumPy gives its values in single precision. */
const tolerances = { f64: 1e-6, f32: 5e-4 };

/**
 * @typedef {object} Options
 * @property {string | undefined} python
 * @property {boolean} quick
 * @property {boolean} full
 * @property {readonly number[] | undefined} sides
 */

/** @param {Options} options @returns {Promise<import('./lib/document.mjs').Result>} */
export async function singularValues({ python, quick, full, sides }) {
  const chosen = sides ?? (quick ? [128, 256] : [256, 512, 1024, 2048, ...(full ? [4096] : [])]);
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'reglens-bench-'));
  const threads = await startKernelThreads(folder, 2);
  const { talkers, notes } = await startOthers(folder, python);
  const measured = [];
  try {
    for (const n of chosen) {
      for (const tallness of [1, 4]) {
        const layer = provideLayer(n * tallness, n);
        await check(layer, threads, talkers['NumPy svdvals']);
        const contestants = contestantsFor(layer, threads, talkers);
        const repetitions = quick ? 1 : n >= 2048 ? 3 : 5;
        // What is large is warm from the check and from what was smaller.
        const outcome = await race(contestants, { repetitions, warmUps: n >= 2048 ? 0 : 1 });
        for (const [name, reason] of Object.entries(outcome.failures)) {
          const note = `${name} did not run: ${reason}.`;
          if (!notes.includes(note)) notes.push(note);
        }
        measured.push({ n, tallness, times: outcome.times });
        progress(layer, outcome.times);
      }
    }
  } finally {
    await threads.stop();
    for (const talker of Object.values(talkers)) await talker.stop();
    fs.rmSync(folder, { recursive: true, force: true });
  }
  return resultOf(measured, notes);
}

/** Who else takes part, as far as it is here. */
async function startOthers(folder, python) {
  const notes = [];
  const talkers = {};
  const script = new URL('contestants/python.py', import.meta.url).pathname;
  if (python) {
    talkers['NumPy svdvals'] = startTalker(python, [script, 'numpy']);
    talkers['NumPy Gram + eigvalsh'] = startTalker(python, [script, 'numpy-gram']);
    talkers['torch svdvals'] = startTalker(python, [script, 'torch']);
  } else {
    notes.push('No Python with NumPy was found: NumPy and PyTorch did not take part.');
  }
  const tensorflow = new URL('contestants/tensorflow.mjs', import.meta.url).pathname;
  talkers['tfjs-node f32'] = startTalker(process.execPath, [
    tensorflow,
    await bundle(folder, 'io/tensorflowModule.ts'),
    await bundle(folder, 'kernels/tensorflow/tensorFlow.ts'),
  ]);
  const mlMatrix = await provideMlMatrix();
  if (typeof mlMatrix === 'string') {
    const contestant = new URL('contestants/mlMatrix.mjs', import.meta.url).pathname;
    talkers['ml-matrix'] = startTalker(process.execPath, [contestant, mlMatrix]);
  } else {
    notes.push(`ml-matrix ${mlMatrixVersion} could not be had from the npm registry.`);
  }
  return { talkers, notes };
}

/** A folder with ml-matrix in its node_modules; undefined where npm cannot get it. */
async function provideMlMatrix() {
  const folder = cacheFolder('bench-node');
  const manifest = path.join(folder, 'package.json');
  if (!fs.existsSync(manifest)) fs.writeFileSync(manifest, '{ "private": true }\n');
  const installed = path.join(folder, 'node_modules/ml-matrix/package.json');
  const isThere = () =>
    fs.existsSync(installed) &&
    JSON.parse(fs.readFileSync(installed, 'utf8')).version === mlMatrixVersion;
  if (isThere()) return folder;
  const args = ['install', '--no-save', '--no-audit', '--no-fund', '--ignore-scripts'];
  await run('npm', [...args, `ml-matrix@${mlMatrixVersion}`], {
    cwd: folder,
    output: 'collect',
    timeoutMs: 120_000,
  });
  return isThere() ? folder : undefined;
}

function provideLayer(rows, columns) {
  const file = path.join(cacheFolder('bench'), `layer-${rows}x${columns}.f32`);
  provideFile(file, (descriptor) =>
    writeAll(descriptor, randomWeights(rows * columns, columns, 0.02), 0),
  );
  return { file, rows, columns, offset: 0 };
}

/** A fast wrong answer is no answer. */
async function check(layer, threads, numpy) {
  if (!numpy) return;
  const { values } = await numpy.ask({ layers: [layer], keep: true, values: true });
  for (const [precision, tolerance] of Object.entries(tolerances)) {
    const [ours] = await threads.run({ ...layer, precision, count: 1 }, 1);
    const worst = Math.max(...values.map((value, i) => Math.abs(value - ours[i])));
    if (!(worst <= tolerance * values[0])) {
      throw new Error(`${layer.rows} × ${layer.columns} ${precision}: off by ${worst / values[0]}`);
    }
  }
}

function contestantsFor(layer, threads, talkers) {
  // Small layers several at a time: a message takes a tenth of a millisecond.
  const count = layer.columns <= 512 ? 4 : 1;
  const ours = (precision, threadCount) => async () => {
    const start = performance.now();
    await threads.run({ ...layer, precision, count }, threadCount);
    return (performance.now() - start) / 1000 / (count * threadCount);
  };
  const theirs = Object.entries(talkers)
    .filter(([name]) => name !== 'ml-matrix' || layer.columns <= largestForMlMatrix)
    .map(([name, talker]) => {
      const own = name === 'ml-matrix' ? 1 : count;
      return [
        name,
        async () => (await talker.ask({ layers: [layer], keep: true, count: own })).seconds,
      ];
    });
  return {
    'f64, 1 thread': ours('f64', 1),
    'f64, 2 threads': ours('f64', 2),
    'f32, 1 thread': ours('f32', 1),
    'f32, 2 threads': ours('f32', 2),
    ...Object.fromEntries(theirs),
  };
}

const ourNames = ['f64, 1 thread', 'f64, 2 threads', 'f32, 1 thread', 'f32, 2 threads'];
const otherNames = [
  'NumPy svdvals',
  'torch svdvals',
  'NumPy Gram + eigvalsh',
  'tfjs-node f32',
  'ml-matrix',
];

function resultOf(measured, notes) {
  const names = [...ourNames, ...otherNames];
  const label = ({ n, tallness }) => `${n * tallness} × ${n}`;
  const cell = (times, name) => milliseconds(times[name] && median(times[name]));
  const exponents = (tallness, name) => {
    const points = measured
      .filter((one) => one.tallness === tallness && one.n >= 512 && one.times[name])
      .map((one) => [one.n, median(one.times[name])]);
    return growth(points)?.toFixed(2) ?? '–';
  };
  const growthRow = (tallness, shape) => [
    `p of n^p from 512, ${shape}`,
    ...names.map((name) => exponents(tallness, name)),
  ];
  const ratios = (base) => ({
    caption: `Times as long as ours, ${base}`,
    head: ['Layer', ...otherNames],
    rows: measured.map((one) => [
      label(one),
      ...otherNames.map((name) => timesText(ratio(one.times, name, base))),
    ]),
  });
  return {
    tables: [
      {
        caption: 'Milliseconds a layer, medians',
        head: ['Layer', ...names],
        rows: [
          ...measured.map((one) => [label(one), ...names.map((name) => cell(one.times, name))]),
          growthRow(1, 'n × n'),
          growthRow(4, '4n × n'),
        ],
      },
      ratios('f64, 2 threads'),
      ratios('f32, 2 threads'),
    ],
    bars: [1, 4].flatMap((tallness) => barsOf(measured, tallness)),
    notes: [
      'Two threads of ours are two layers side by side, each with kernels of its own: the time a layer is the wall time of both, halved. All others work on one layer with all their threads.',
      ...notes,
    ],
  };
}

function barsOf(measured, tallness) {
  const shape = tallness === 1 ? 'n × n' : '4n × n';
  const values = (name, base, from, own = () => undefined) =>
    measured
      .filter((one) => one.tallness === tallness && one.n >= from)
      .map(({ n, times }) => ({
        label: String(n),
        value: ratio(times, name, base),
        atLeast: own(n),
      }));
  const f64 = 'f64, 2 threads';
  const looser = (n) => (n === 1024 ? 1.8 : undefined);
  return [
    bar(
      `${shape}: f64 over NumPy svdvals`,
      { atLeast: 2 },
      values('NumPy svdvals', f64, 512, looser),
    ),
    bar(`${shape}: f64 over torch svdvals`, { atLeast: 1.3 }, values('torch svdvals', f64, 512)),
    bar(
      `${shape}: f64 over NumPy Gram + eigvalsh`,
      { atLeast: 1 },
      values('NumPy Gram + eigvalsh', f64, 2048),
    ),
    bar(
      `${shape}: f32 preview over NumPy svdvals`,
      { atLeast: 3 },
      values('NumPy svdvals', 'f32, 2 threads', 512),
    ),
  ];
}

function progress({ rows, columns }, times) {
  const parts = Object.entries(times).map(
    ([name, list]) => `${name} ${milliseconds(median(list))} ms`,
  );
  process.stdout.write(`  ${rows} × ${columns}: ${parts.join('; ')}\n`);
}
