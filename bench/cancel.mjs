/** How soon all threads have stopped when the user cancels, at several moments of the analysis of a file of 4 GB. */
import path from 'node:path';
import { Worker } from 'node:worker_threads';

import { root } from '../scripts/lib/paths.mjs';
import { caller } from './lib/caller.mjs';
import { bar } from './lib/document.mjs';
import { provideLargeFile } from './lib/largeFile.mjs';
import { median } from './lib/race.mjs';

const rounds = 3;
/** Seconds after the start: in the pass over all weights, and, later, in Gram matrices and eigenvalues. */
const moments = [0.1, 0.5, 2, 5, 12, 25, 45];
const plan = { maxSpectrumSide: 4096, budgetSeconds: 600, threads: 0 };

/** @returns {Promise<import('./lib/document.mjs').Result>} */
export async function cancel({ quick }) {
  const { file, byteLength } = provideLargeFile(quick ? 0.25e9 : 4e9);
  const rows = [];
  for (const seconds of quick ? moments.slice(0, 3) : moments) {
    const times = [];
    let measured = '';
    for (let round = 0; round < (quick ? 1 : rounds); round++) {
      const { ms, progress } = await cancelAfter(file, seconds);
      times.push(ms);
      measured = `${progress.done} of ${progress.total}`;
    }
    rows.push({ seconds, measured, times });
  }
  const worst = Math.max(...rows.flatMap(({ times }) => times));
  return {
    tables: [
      {
        caption: `Milliseconds until all threads have stopped, a file of ${(byteLength / 1e9).toFixed(2)} GB`,
        head: ['Cancelled after', 'Steps done', 'Median', 'Longest'],
        rows: rows.map(({ seconds, measured, times }) => [
          `${seconds} s`,
          measured,
          median(times).toFixed(0),
          Math.max(...times).toFixed(0),
        ]),
      },
    ],
    bars: [bar('Longest', { atMost: 200, unit: 'ms', digits: 0 }, [{ value: worst }])],
    notes: [`${quick ? 1 : rounds} times each, in threads as the editor starts them.`],
  };
}

async function cancelAfter(file, seconds) {
  const stopFlag = new Int32Array(new SharedArrayBuffer(4));
  const verdict = new Int32Array(new SharedArrayBuffer(8));
  const settings = { backend: 'wasm', tensorflowPath: '', trustedFolders: [], verdict };
  const thread = new Worker(path.join(root, 'dist/worker.js'), {
    workerData: { role: 'analysis', stopFlag, settings },
  });
  try {
    let progress;
    const call = caller(thread, (method, [overview]) => {
      if (method === 'progressed') ({ progress } = overview);
    });
    await call('open', { kind: 'path', path: file }, plan);
    const running = call('analyse');
    await new Promise((resolve) => setTimeout(resolve, 1000 * seconds));
    const start = performance.now();
    Atomics.store(stopFlag, 0, 1);
    await call('stop');
    const ms = performance.now() - start;
    await running;
    return { ms, progress };
  } finally {
    await thread.terminate();
  }
}
