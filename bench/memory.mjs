/** Most memory that the command line has resident while it inspects a file of 4 GB, with limits as they come. */
import os from 'node:os';
import path from 'node:path';
import fs from 'node:fs';

import { root } from '../scripts/lib/paths.mjs';
import { run } from '../scripts/lib/processes.mjs';
import { bar } from './lib/document.mjs';
import { provideLargeFile } from './lib/largeFile.mjs';

const timeoutMs = 30 * 60_000;

/** @returns {Promise<import('./lib/document.mjs').Result>} */
export async function memory({ quick }) {
  const { file, byteLength, count } = provideLargeFile(quick ? 0.25e9 : 4e9);
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'reglens-bench-'));
  try {
    const peakFile = path.join(folder, 'peak');
    const output = path.join(folder, 'report.json');
    const preload = path.join(root, 'bench/lib/peak.cjs');
    const start = performance.now();
    const { code, output: said } = await run(
      process.execPath,
      [
        '--require',
        preload,
        path.join(root, 'dist/cli.js'),
        'inspect',
        file,
        '--json',
        '--output',
        output,
      ],
      {
        env: { ...process.env, REGLENS_PEAK_FILE: peakFile },
        output: 'collect',
        timeoutMs,
      },
    );
    const seconds = (performance.now() - start) / 1000;
    if (code !== 0) throw new Error(`reglens inspect ended with ${code}: ${said}`);
    const megabytes = Number(fs.readFileSync(peakFile, 'utf8')) / 1024;
    const { layers } = JSON.parse(fs.readFileSync(output, 'utf8'));
    const spectra = layers.filter(({ metrics }) => Array.isArray(metrics.singular_values)).length;
    return {
      tables: [
        {
          caption: 'One file, default limits',
          head: ['File', 'Tensors', 'With a spectrum', 'Peak resident', 'Seconds'],
          rows: [
            [
              `${(byteLength / 1e9).toFixed(2)} GB`,
              String(count),
              String(spectra),
              `${megabytes.toFixed(0)} MB`,
              seconds.toFixed(1),
            ],
          ],
        },
      ],
      bars: [bar('Peak resident', { below: 600, unit: 'MB', digits: 0 }, [{ value: megabytes }])],
      notes: ['Resident memory of the whole process, all threads, Node itself included.'],
    };
  } finally {
    fs.rmSync(folder, { recursive: true, force: true });
  }
}
