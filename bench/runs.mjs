/** A run of 100 checkpoints of 10 MB: how long until all are measured, and how long when their results are on the disk already. */
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';

import { root } from '../scripts/lib/paths.mjs';
import { run } from '../scripts/lib/processes.mjs';
import { bar } from './lib/document.mjs';
import { median } from './lib/race.mjs';
import {
  cacheFolder,
  elementCount,
  provideFile,
  randomWeights,
  safetensorsLayout,
  writeAll,
} from './lib/weights.mjs';

const timeoutMs = 30 * 60_000;
const side = 512;
const layersPerPoint = 10;

/** @returns {Promise<import('./lib/document.mjs').Result>} */
export async function runs({ quick }) {
  const { files, byteLength } = provideRun(quick ? 4 : 100);
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'reglens-bench-'));
  try {
    const first = await openRun(files, folder);
    const again = [];
    for (let i = 0; i < (quick ? 1 : 3); i++) again.push(await openRun(files, folder));
    const seconds = median(again.map((one) => one.seconds));
    const peak = Math.max(...again.map((one) => one.megabytes));
    const cached = sizeOf(folder) / 1e6;
    const row = (name, time, megabytes) => [
      name,
      time.toFixed(2),
      ((1000 * time) / files.length).toFixed(0),
      `${megabytes.toFixed(0)} MB`,
    ];
    return {
      tables: [
        {
          caption: `${files.length} checkpoints of ${(byteLength / 1e6).toFixed(1)} MB, ${layersPerPoint} layers of ${side} × ${side} each`,
          head: ['Opened', 'Seconds', 'Milliseconds a checkpoint', 'Peak resident'],
          rows: [
            row('for the first time', first.seconds, first.megabytes),
            row('again', seconds, peak),
          ],
        },
      ],
      bars: [
        bar('Again, a checkpoint', { below: 100, unit: 'ms', digits: 0 }, [
          { value: (1000 * seconds) / files.length },
        ]),
      ],
      notes: [
        `All layers with all singular values. Kept results: ${cached.toFixed(1)} MB. Again: median of ${again.length}, each in a new process; the files are in the page cache.`,
      ],
    };
  } finally {
    fs.rmSync(folder, { recursive: true, force: true });
  }
}

/** @param {readonly string[]} files @param {string} folder where results and the peak are kept */
async function openRun(files, folder) {
  const peakFile = path.join(folder, 'peak');
  const { code, output } = await run(
    process.execPath,
    [
      ...['--require', path.join(root, 'bench/lib/peak.cjs')],
      path.join(root, 'bench/lib/openRun.mjs'),
      ...[path.join(root, 'dist/worker.js'), path.join(folder, 'results'), ...files],
    ],
    { env: { ...process.env, REGLENS_PEAK_FILE: peakFile }, output: 'collect', timeoutMs },
  );
  if (code !== 0) throw new Error(`opening the run ended with ${code}: ${output}`);
  const { seconds, layers } = JSON.parse(output);
  // A fast run that left layers out would be no run.
  const expected = files.length * layersPerPoint;
  if (layers !== expected) throw new Error(`${layers} layers of ${expected} were measured`);
  return { seconds, megabytes: Number(fs.readFileSync(peakFile, 'utf8')) / 1024 };
}

/** @param {string} folder */
function sizeOf(folder) {
  const results = path.join(folder, 'results');
  return fs
    .readdirSync(results)
    .reduce((sum, name) => sum + fs.statSync(path.join(results, name)).size, 0);
}

/** Weights that move from epoch to epoch: each checkpoint is cut from one block at another place. */
function provideRun(count) {
  const tensors = Array.from({ length: layersPerPoint }, (_, i) => ({
    name: `layers.${i}.fc.weight`,
    shape: [side, side],
  }));
  const { head, tensors: places, byteLength } = safetensorsLayout(tensors);
  const folder = path.join(cacheFolder('bench'), `run-${byteLength}`);
  fs.mkdirSync(folder, { recursive: true });
  let block;
  const files = Array.from({ length: count }, (_, epoch) => {
    const name = `model_epoch${String(epoch + 1).padStart(3, '0')}.safetensors`;
    return provideFile(path.join(folder, name), (descriptor) => {
      block ??= randomWeights(2 ** 23, 1, 0.02);
      writeAll(descriptor, head, 0);
      for (const [index, place] of places.entries()) {
        const size = elementCount(place);
        const cut = ((epoch * layersPerPoint + index) * 5_003) % (block.length - size);
        writeAll(descriptor, block.subarray(cut, cut + size), place.start);
      }
    });
  });
  return { files, byteLength };
}
