/** The WebAssembly kernels beside the plain TypeScript ones: processor time of one thread each, in turns. */
import { pathToFileURL } from 'node:url';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import v8 from 'node:v8';

import { compileKernels } from '../scripts/kernels.mjs';
import { milliseconds, times as timesText } from './lib/document.mjs';
import { bundle } from './lib/kernels.mjs';
import { median, race, ratio } from './lib/race.mjs';
import { randomWeights, toBfloat16 } from './lib/weights.mjs';

const side = 2048;

/** @returns {Promise<import('./lib/document.mjs').Result>} */
export async function kernels({ quick }) {
  if (Number(process.versions.node.split('.')[0]) < 22) {
    v8.setFlagsFromString('--experimental-wasm-relaxed-simd');
  }
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'reglens-bench-'));
  const rows = [];
  try {
    const { backends, reference } = await loadBackends(folder);
    for (const [title, task] of tasksOf(reference, quick ? [128] : [256, 512, 1024])) {
      const contestants = Object.entries(backends).map(([name, backend]) => [
        name,
        () => processorSeconds(() => task(backend)),
      ]);
      const repetitions = quick ? 1 : 5;
      const { times } = await race(Object.fromEntries(contestants), { repetitions });
      rows.push([
        title,
        ...Object.keys(backends).map((name) => milliseconds(median(times[name]))),
        timesText(ratio(times, 'TypeScript', 'plain')),
        timesText(ratio(times, 'TypeScript', 'relaxed')),
      ]);
      process.stdout.write(`  ${rows.at(-1).join('  ')}\n`);
    }
  } finally {
    fs.rmSync(folder, { recursive: true, force: true });
  }
  const head = ['', 'TypeScript', 'plain', 'relaxed', 'TypeScript / plain'];
  return {
    tables: [
      {
        caption: 'Milliseconds of processor time, medians',
        head: [...head, 'TypeScript / relaxed'],
        rows,
      },
    ],
    bars: [],
    notes: [
      'plain and relaxed: the two builds of the WebAssembly module, without and with fused multiply-add.',
    ],
  };
}

async function loadBackends(folder) {
  const load = async (file) => import(pathToFileURL(await bundle(folder, file)).href);
  const { typescriptKernels } = await load('kernels/index.ts');
  const { wasmKernels } = await load('kernels/wasm/index.ts');
  const modules = await compileKernels();
  return {
    reference: typescriptKernels,
    backends: {
      TypeScript: typescriptKernels,
      plain: wasmKernels(modules['kernels.wasm']),
      relaxed: wasmKernels(modules['kernels-relaxed.wasm']),
    },
  };
}

/** @returns {[title: string, task: (backend: unknown) => unknown][]} what each backend is given to do */
function tasksOf(reference, sides) {
  const values = randomWeights(side * side, 1, 0.02);
  const inputs = { f32: values, bf16: toBfloat16(values) };
  const view = {
    blocks: 1,
    rows: side,
    columns: side,
    axes: [
      { size: side, target: 'row', step: 1 },
      { size: side, target: 'column', step: 1 },
    ],
  };
  const statistics = Object.entries(inputs).map(([dtype, data]) => [
    `statistics of ${dtype}, ${side} × ${side}`,
    (backend) => {
      const pass = backend.startStatistics(dtype, side * side, view);
      pass.update(new Uint8Array(data.buffer));
      pass.finish();
    },
  ]);
  const spectra = sides.flatMap((n) => {
    const matrix = { rows: n, columns: n, data: values.subarray(0, n * n) };
    const gram = reference.gram(matrix, 'rows');
    return [
      [`Gram matrix, ${n} × ${n}`, (backend) => backend.gram(matrix, 'rows')],
      [`eigenvalues, ${n}`, async (backend) => backend.symmetricEigenvalues(await gram)],
    ];
  });
  return [...statistics, ...spectra];
}

async function processorSeconds(action) {
  const before = process.cpuUsage();
  await action();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1e6;
}
