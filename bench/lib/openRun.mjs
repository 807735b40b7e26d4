/**
 * Opens the checkpoints of a run as the editor does, the newest first: one thread looks them up among the results that were kept in a
 * folder; what is not there is measured, two at once, each by an analysis thread of its own. Its own process, so that its memory is
 * nobody else's.
 *
 *   node openRun.mjs WORKER CACHE FILE…
 *
 * Prints `{ seconds, points, layers }` as JSON.
 */
import { Worker } from 'node:worker_threads';

import { caller } from './caller.mjs';

const atOnce = 2;
/** What the settings of the editor are if nobody has changed them. */
const plan = { maxSpectrumSide: 4096, budgetSeconds: 60, threads: 0 };
const cacheBytes = 256 * 2 ** 20;
const rowsPerPage = 200;

const [workerFile, cacheFolder, ...files] = process.argv.slice(2);
const verdict = new Int32Array(new SharedArrayBuffer(8));
const settings = { backend: 'wasm', tensorflowPath: '', trustedFolders: [], verdict };
const cache = { folder: cacheFolder, maxBytes: cacheBytes, version: 'bench' };

const waiting = [...files];
const rows = [];
const started = performance.now();
const recall = caller(start());
let looking = Promise.resolve();
await Promise.all(
  Array.from({ length: atOnce }, async () => {
    for (let file = waiting.pop(); file !== undefined; file = waiting.pop()) {
      rows.push((await lookUp(file)) ?? (await measure(file)));
    }
  }),
);
const seconds = (performance.now() - started) / 1000;
const measured = rows.flat().filter(({ state }) => state === 'done');
console.log(JSON.stringify({ seconds, points: rows.length, layers: measured.length }));
process.exit(0);

function start() {
  const stopFlag = new Int32Array(new SharedArrayBuffer(4));
  return new Worker(workerFile, { workerData: { role: 'analysis', stopFlag, settings, cache } });
}

/** Rows of a checkpoint of which all results were kept; one at a time. @param {string} file */
function lookUp(file) {
  const found = looking.then(async () => {
    const { progress, layerCount } = await recall('open', { kind: 'path', path: file }, plan);
    if (progress.done < progress.total) return undefined;
    return await rowsOf(recall, layerCount);
  });
  looking = found;
  return found;
}

/** @param {string} file @returns {Promise<readonly { state: string }[]>} */
async function measure(file) {
  const thread = start();
  try {
    const call = caller(thread);
    const { layerCount } = await call('open', { kind: 'path', path: file }, plan);
    await call('analyse');
    return await rowsOf(call, layerCount);
  } finally {
    await thread.terminate();
  }
}

async function rowsOf(call, layerCount) {
  const found = [];
  while (found.length < layerCount) {
    found.push(...(await call('rows', found.length, found.length + rowsPerPage)));
  }
  await call('findings');
  await call('catalogue');
  return found;
}
