/**
 * Times the WebAssembly kernels against the plain TypeScript ones, in turns, one thread each. Prints medians of CPU time in
 * milliseconds and their ratio. Needs assemblyscript and rolldown, which vitest brings.
 *
 *   node bench/kernels.mjs [--python <interpreter with NumPy>]
 */
import { execFileSync } from 'node:child_process';
import { parseArgs } from 'node:util';
import { fileURLToPath, pathToFileURL } from 'node:url';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import v8 from 'node:v8';

import { rolldown } from 'rolldown';

import { compileKernels } from '../scripts/kernels.mjs';

const repetitions = 5;
const sides = [256, 512, 1024];
const elements = 2 ** 22;

const { values: flags } = parseArgs({ options: { python: { type: 'string' } } });

if (Number(process.versions.node.split('.')[0]) < 22) {
  v8.setFlagsFromString('--experimental-wasm-relaxed-simd');
}

/** Bundles a module of `src` into `folder` and loads it. */
async function load(folder, file) {
  const input = fileURLToPath(new URL(`../src/${file}`, import.meta.url));
  const output = path.join(folder, `${file.replaceAll('/', '-')}.mjs`);
  const bundle = await rolldown({ input, platform: 'node' });
  await bundle.write({ file: output, format: 'esm' });
  return import(pathToFileURL(output).href);
}

const cpuMs = () => process.cpuUsage().user / 1000;
const median = (times) => times.sort((a, b) => a - b)[Math.floor(times.length / 2)];

/** Runs all contestants in turns, after one round to warm up; median of each in milliseconds. */
async function race(contestants) {
  const times = Object.fromEntries(Object.keys(contestants).map((name) => [name, []]));
  for (let round = 0; round <= repetitions; round++) {
    for (const [name, run] of Object.entries(contestants)) {
      const start = cpuMs();
      await run();
      if (round > 0) times[name].push(cpuMs() - start);
    }
  }
  return Object.fromEntries(Object.entries(times).map(([name, list]) => [name, median(list)]));
}

async function report(title, backends, task) {
  const contestants = Object.entries(backends).map(([name, kernels]) => [
    name,
    () => task(kernels),
  ]);
  const medians = await race(Object.fromEntries(contestants));
  const parts = Object.entries(medians).map(
    ([name, ms]) =>
      `${name} ${ms.toFixed(1)} ms` +
      (name === 'typescript' ? '' : ` (${(medians.typescript / ms).toFixed(1)}×)`),
  );
  process.stdout.write(`${title.padEnd(28)} ${parts.join('  ')}\n`);
}

function random(count) {
  let state = 1;
  return Float32Array.from({ length: count }, () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 31 - 1;
  });
}

const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'kernels-'));
try {
  const { typescriptKernels } = await load(folder, 'kernels/index.ts');
  const { wasmKernels } = await load(folder, 'kernels/wasm/index.ts');
  const modules = await compileKernels();
  const backends = {
    typescript: typescriptKernels,
    plain: wasmKernels(modules['kernels.wasm']),
    relaxed: wasmKernels(modules['kernels-relaxed.wasm']),
  };
  const values = random(elements);
  const bits = new Uint32Array(values.buffer);
  const inputs = { f32: values, bf16: Uint16Array.from(bits, (b) => b >>> 16) };
  const view = {
    blocks: 1,
    rows: 2048,
    columns: 2048,
    axes: [
      { size: 2048, target: 'row', step: 1 },
      { size: 2048, target: 'column', step: 1 },
    ],
  };
  for (const [dtype, data] of Object.entries(inputs)) {
    await report(`statistics ${dtype} 2048 × 2048`, backends, (kernels) => {
      const pass = kernels.startStatistics(dtype, elements, view);
      pass.update(new Uint8Array(data.buffer));
      return pass.finish();
    });
  }
  for (const n of sides) {
    const matrix = { rows: n, columns: n, data: values.subarray(0, n * n) };
    await report(`Gram ${n} × ${n}`, backends, (kernels) => kernels.gram(matrix, 'rows'));
    const g = await typescriptKernels.gram(matrix, 'rows');
    await report(`eigenvalues ${n}`, backends, (kernels) =>
      kernels.symmetricEigenvalues(g),
    );
  }
  if (flags.python) {
    const script = [
      'import numpy, statistics, time',
      `for n in ${JSON.stringify(sides)}:`,
      '  a = numpy.random.default_rng(0).uniform(-1, 1, (n, n))',
      '  times = []',
      `  for _ in range(${repetitions + 1}):`,
      '    start = time.process_time(); numpy.linalg.eigvalsh(a @ a.T)',
      '    times.append(1e3 * (time.process_time() - start))',
      '  print(f"NumPy Gram and eigenvalues {n}: {statistics.median(times[1:]):.1f} ms")',
    ].join('\n');
    const env = { ...process.env, OPENBLAS_NUM_THREADS: '1' };
    process.stdout.write(execFileSync(flags.python, ['-c', script], { env }));
  }
} finally {
  fs.rmSync(folder, { recursive: true });
}
