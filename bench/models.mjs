/** Whole models: the command line with every metric, beside only the singular values of each layer by NumPy, PyTorch, WeightWatcher. */
import os from 'node:os';
import path from 'node:path';
import fs from 'node:fs';

import { root } from '../scripts/lib/paths.mjs';
import { run } from '../scripts/lib/processes.mjs';
import { bar, times as timesText } from './lib/document.mjs';
import { modelShapes } from './lib/modelShapes.mjs';
import { median, race, ratio } from './lib/race.mjs';
import { startTalker } from './lib/talker.mjs';
import {
  cacheFolder,
  elementCount,
  provideFile,
  randomWeights,
  safetensorsLayout,
  writeAll,
} from './lib/weights.mjs';

const cli = path.join(root, 'dist/cli.js');
const all = 'every metric, 2 threads';
const single = 'every metric, 1 thread';
const others = {
  'NumPy svdvals': 'numpy',
  'torch svdvals': 'torch',
  'NumPy Gram + eigvalsh': 'numpy-gram',
  WeightWatcher: 'weightwatcher',
};

/** @returns {Promise<import('./lib/document.mjs').Result>} */
export async function models({ python, quick }) {
  const script = new URL('contestants/python.py', import.meta.url).pathname;
  const talkers = Object.entries(python ? others : {}).map(([name, method]) => [
    name,
    startTalker(python, [script, method]),
  ]);
  const notes = python ? [] : ['No Python with NumPy was found: the others did not take part.'];
  const measured = [];
  try {
    for (const [name, tensorsOf] of Object.entries(modelShapes)) {
      const { file, layers } = provideModel(name, tensorsOf(quick ? 4 : 1));
      const spectra = await spectrumCount(file);
      const contestants = {
        start: () => seconds(['--version']),
        [all]: () => inspectSeconds(file, 2),
        [single]: () => inspectSeconds(file, 1),
        ...Object.fromEntries(
          talkers.map(([other, talker]) => [
            other,
            async () => (await talker.ask({ layers })).seconds,
          ]),
        ),
      };
      const { times, failures } = await race(contestants, {
        repetitions: quick ? 1 : 3,
        // The count of spectra has read the file; a round takes minutes.
        warmUps: 0,
      });
      for (const [other, reason] of Object.entries(failures)) {
        const note = `${other} did not run: ${reason}.`;
        if (!notes.includes(note)) notes.push(note);
      }
      measured.push({ name, spectra, layerCount: layers.length, times: withoutStart(times) });
      process.stdout.write(`  ${rowOf(measured.at(-1)).join('  ')}\n`);
    }
  } finally {
    for (const [, talker] of talkers) await talker.stop();
  }
  return resultOf(measured, notes);
}

/** The time of a run without that of the process: importing NumPy or PyTorch is not counted either. */
function withoutStart({ start, ...times }) {
  const net = (name) => times[name].map((value, round) => value - start[round]);
  return {
    ...times,
    wall: times[all],
    [all]: net(all),
    [single]: net(single),
  };
}

/** The model's file of random weights, and its matrices as others are given them. */
function provideModel(name, tensors) {
  const { head, tensors: places, byteLength } = safetensorsLayout(tensors);
  const stem = name.toLowerCase().replaceAll(' ', '-');
  const file = path.join(cacheFolder('bench'), `${stem}-${byteLength}.safetensors`);
  provideFile(file, (descriptor) => {
    writeAll(descriptor, head, 0);
    places.forEach((place, index) => {
      const isMatrix = place.shape.length > 1;
      const weights = randomWeights(elementCount(place), index + 1, 0.02);
      writeAll(descriptor, isMatrix ? weights : weights.fill(1), place.start);
    });
  });
  const layers = places
    .filter(({ shape }) => shape.length > 1)
    .map(({ shape: [rows, ...rest], start }) => ({
      file,
      offset: start,
      rows,
      columns: rest.reduce((product, size) => product * size, 1),
    }));
  return { file, layers };
}

const inspectArguments = (file, output, threads) => [
  'inspect',
  file,
  '--json',
  ...['--budget', '6000', '--threads', String(threads), '--output', output],
];

async function inspectSeconds(file, threads) {
  return seconds(inspectArguments(file, os.devNull, threads));
}

async function seconds(args) {
  const start = performance.now();
  const { code, output } = await run(process.execPath, [cli, ...args], { output: 'collect' });
  if (code !== 0) throw new Error(`reglens ${args[0]} ended with ${code}: ${output}`);
  return (performance.now() - start) / 1000;
}

/** How many layers have all singular values in the report: a fast run that left layers out would be no run. */
async function spectrumCount(file) {
  const output = path.join(os.tmpdir(), `reglens-bench-${process.pid}.json`);
  await seconds(inspectArguments(file, output, 2));
  const report = JSON.parse(fs.readFileSync(output, 'utf8'));
  fs.rmSync(output);
  return report.layers.filter(
    ({ metrics, precision }) => Array.isArray(metrics.singular_values) && precision === undefined,
  ).length;
}

const columns = [all, 'wall', single, ...Object.keys(others)];

function rowOf({ name, spectra, layerCount, times }) {
  const cell = (key) => (times[key]?.length ? median(times[key]).toFixed(2) : '–');
  return [name, `${spectra} of ${layerCount}`, ...columns.map(cell)];
}

function resultOf(measured, notes) {
  const values = (other) =>
    measured.map(({ name, times }) => ({ label: name, value: ratio(times, other, all) }));
  return {
    tables: [
      {
        caption: 'Seconds a model, medians',
        head: ['Model', 'Spectra', all, 'with its process', ...columns.slice(2)],
        rows: measured.map(rowOf),
      },
      {
        caption: 'Times as long as RegLens with every metric, 2 threads',
        head: ['Model', ...Object.keys(others)],
        rows: measured.map(({ name, times }) => [
          name,
          ...Object.keys(others).map((other) => timesText(ratio(times, other, all))),
        ]),
      },
    ],
    bars: [bar('NumPy svdvals of each layer', { atLeast: 2.5 }, values('NumPy svdvals'))],
    notes: [
      'Spectra: how many of the matrices have all singular values in double precision in the report. The others compute those of all matrices and nothing else.',
      ...notes,
    ],
  };
}
