/** Most memory that the command line has resident while it inspects a file of 4 GB, with limits as they come. */
import os from 'node:os';
import path from 'node:path';
import fs from 'node:fs';

import { root } from '../scripts/lib/paths.mjs';
import { run } from '../scripts/lib/processes.mjs';
import { bar } from './lib/document.mjs';
import {
  cacheFolder,
  elementCount,
  provideFile,
  randomWeights,
  safetensorsLayout,
  toBfloat16,
  writeAll,
} from './lib/weights.mjs';

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

/** A wide layer, a large embedding, and squares of both types until the file is large enough. */
function provideLargeFile(bytes) {
  const scale = bytes < 1e9 ? 4 : 1;
  const side = 4096 / scale;
  const tensors = [
    { name: 'model.embed_tokens.weight', shape: [128256 / scale, side], dtype: 'BF16' },
    { name: 'model.layers.0.mlp.down_proj.weight', shape: [side, 11008 / scale], dtype: 'F32' },
  ];
  for (let i = 0; safetensorsLayout(tensors).byteLength < bytes; i++) {
    const dtype = i % 2 ? 'F32' : 'BF16';
    const name = `model.layers.${i >> 2}.self_attn.${'qkvo'[i & 3]}_proj.weight`;
    tensors.push({ name, shape: [side, side], dtype });
  }
  const { head, tensors: places, byteLength } = safetensorsLayout(tensors);
  const file = path.join(cacheFolder('bench'), `large-${byteLength}.safetensors`);
  provideFile(file, (descriptor) => {
    writeAll(descriptor, head, 0);
    // One block of random values, cut at other places each time: values for the whole file would take minutes.
    const block = randomWeights(2 ** 24, 1, 0.02);
    const blocks = { F32: block, BF16: toBfloat16(block) };
    let cut = 0;
    for (const place of places) {
      const source = blocks[place.dtype];
      for (let at = 0, count = elementCount(place); at < count;) {
        cut = (cut + 5_000_011) % (source.length / 2);
        const part = source.subarray(cut, cut + Math.min(count - at, source.length - cut));
        writeAll(descriptor, part, place.start + at * source.BYTES_PER_ELEMENT);
        at += part.length;
      }
    }
  });
  return { file, byteLength, count: places.length };
}
