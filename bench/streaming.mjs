/**
 * Times how fast a file's elements are measured: read in chunks of 4 MiB and handed to the statistics of the WebAssembly kernels, by
 * one thread and by two over halves of the file; beside `cat FILE > /dev/null`, and NumPy over a memory map for far fewer figures
 * (zeros, sum, sum of squares, least, largest, largest magnitude). In turns, medians of five. Needs assemblyscript and rolldown,
 * which vitest brings.
 *
 *   node bench/streaming.mjs [--python <interpreter with NumPy>] [--file-mb 256]
 */
import { execFileSync } from 'node:child_process';
import { parseArgs } from 'node:util';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import v8 from 'node:v8';

const repetitions = 5;
const chunkBytes = 4 * 2 ** 20;
const columns = 2048;
const byteSizes = { f64: 8, f32: 4, bf16: 2, f16: 2, f8_e4m3fn: 1, i8: 1 };
/** NumPy's names of types; the others it does not have. */
const numpyTypes = { f64: 'f8', f32: 'f4', f16: 'f2', i8: 'i1' };

const median = (times) => times.sort((a, b) => a - b)[Math.floor(times.length / 2)];

/** Opens what a worker needs: the bundled kernels and the compiled module. */
async function openKernels({ bundle, module }) {
  if (Number(process.versions.node.split('.')[0]) < 22) {
    v8.setFlagsFromString('--experimental-wasm-relaxed-simd');
  }
  const { chooseBuild, wasmKernels } = await import(pathToFileURL(bundle).href);
  return wasmKernels(chooseBuild(module.relaxed, module.plain));
}

/** Measures bytes [start, end) of a file as one row-major matrix. */
function measure(kernels, { file, dtype, start, end }) {
  const buffer = Buffer.alloc(chunkBytes);
  const count = (end - start) / byteSizes[dtype];
  const view = {
    blocks: 1,
    rows: count / columns,
    columns,
    axes: [
      { size: count / columns, target: 'row', step: 1 },
      { size: columns, target: 'column', step: 1 },
    ],
  };
  const readAll = (update) => {
    const descriptor = fs.openSync(file, 'r');
    for (let at = start; at < end; at += chunkBytes) {
      const length = fs.readSync(descriptor, buffer, 0, Math.min(chunkBytes, end - at), at);
      update(buffer.subarray(0, length));
    }
    fs.closeSync(descriptor);
  };
  const pass = kernels.startStatistics(dtype, count, view);
  readAll((bytes) => pass.update(bytes));
  const statistics = pass.finish();
  if (statistics.refinement) return;
  const second = kernels.startRefinement(statistics);
  readAll((bytes) => second.update(bytes));
  second.finish();
}

/** A file of Gaussian-like weights of standard deviation 0.02. */
function writeWeights(file, dtype, byteLength) {
  const count = 2 ** 20;
  let state = 1;
  const uniform = () => (state = (Math.imul(state, 1664525) + 1013904223) >>> 0) / 2 ** 32;
  const weights = Float64Array.from(
    { length: count },
    () => (uniform() + uniform() + uniform() + uniform() - 2) * 0.035,
  );
  const bits = new Uint32Array(Float32Array.from(weights).buffer);
  const codes = {
    f64: () => weights,
    f32: () => bits,
    bf16: () => Uint16Array.from(bits, (b) => b >>> 16),
    f16: () => Uint16Array.from(bits, halfOf),
    f8_e4m3fn: () => Uint8Array.from(weights, (x) => (x < 0 ? 128 : 0) + Math.abs(x * 1500)),
    i8: () => Int8Array.from(weights, (x) => x * 1500),
  };
  const part = Buffer.from(codes[dtype]().buffer);
  const descriptor = fs.openSync(file, 'w');
  for (let at = 0; at < byteLength; at += part.length) {
    fs.writeSync(descriptor, part, 0, Math.min(part.length, byteLength - at));
  }
  fs.closeSync(descriptor);
}

/** Truncated; what is too small becomes 0. */
function halfOf(bits) {
  const exponent = ((bits >>> 23) & 255) - 112;
  const sign = (bits >>> 16) & 0x8000;
  return exponent <= 0 ? sign : sign | (exponent << 10) | ((bits >>> 13) & 0x3ff);
}

/** Two threads that measure what they are told to, one after the other. */
function startWorkers(kernels) {
  const workers = [0, 1].map(
    () => new Worker(fileURLToPath(import.meta.url), { workerData: kernels }),
  );
  // A worker that fails ends the program: nobody listens to its error.
  const ask = (worker, task) =>
    new Promise((resolve) => {
      worker.once('message', resolve);
      worker.postMessage(task);
    });
  return {
    measure: (tasks) => Promise.all(tasks.map((task, i) => ask(workers[i], task))),
    stop: () => Promise.all(workers.map((worker) => worker.terminate())),
  };
}

function numpyScript(file, type) {
  return [
    'import numpy, sys, time',
    `x = numpy.memmap(${JSON.stringify(file)}, dtype='${type}', mode='r')`,
    'wide = numpy.float64 if x.dtype.kind == "f" else numpy.int64',
    'start = time.perf_counter()',
    'zeros = x.size - numpy.count_nonzero(x)',
    'total = x.sum(dtype=wide)',
    'step = 1 << 20',
    'squares = sum(float(numpy.square(x[i:i+step], dtype=wide).sum()) for i in range(0, x.size, step))',
    'low, high = x.min(), x.max()',
    'largest = max(abs(low), abs(high))',
    'print(time.perf_counter() - start)',
  ].join('\n');
}

/**
 * One row a dtype: gigabytes per second of each contestant, and ratios to ours.
 *
 * @param {{ python?: string, fileMb?: number, dtypes?: string[] }} [options]
 * @returns {Promise<{ dtype: string, speeds: Record<string, number> }[]>}
 */
export async function streamingRows({
  python,
  fileMb = 256,
  dtypes = Object.keys(byteSizes),
} = {}) {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'streaming-'));
  const { rolldown } = await import('rolldown');
  const { compileKernels } = await import('../scripts/kernels.mjs');
  const input = fileURLToPath(new URL('../src/kernels/wasm/index.ts', import.meta.url));
  const bundle = path.join(folder, 'kernels.mjs');
  await (await rolldown({ input, platform: 'node' })).write({ file: bundle, format: 'esm' });
  const built = await compileKernels();
  const module = { relaxed: built['kernels-relaxed.wasm'], plain: built['kernels.wasm'] };
  const kernels = await openKernels({ bundle, module });
  const workers = startWorkers({ bundle, module });
  const rows = [];
  try {
    for (const dtype of dtypes) {
      // Halves of whole rows.
      const unit = 2 * columns * byteSizes[dtype];
      const byteLength = Math.floor((fileMb * 2 ** 20) / unit) * unit;
      const file = path.join(folder, dtype);
      writeWeights(file, dtype, byteLength);
      const whole = { file, dtype, start: 0, end: byteLength };
      const contestants = {
        'one thread': () => measure(kernels, whole),
        'two threads': () =>
          workers.measure([
            { ...whole, end: byteLength / 2 },
            { ...whole, start: byteLength / 2 },
          ]),
        cat: () => execFileSync('sh', ['-c', 'cat "$1" > /dev/null', 'sh', file]),
        ...(python && numpyTypes[dtype]
          ? {
              NumPy: () =>
                Number(execFileSync(python, ['-c', numpyScript(file, numpyTypes[dtype])])),
            }
          : {}),
      };
      rows.push({ dtype, speeds: await race(contestants, byteLength) });
      fs.rmSync(file);
    }
  } finally {
    await workers.stop();
    fs.rmSync(folder, { recursive: true });
  }
  return rows;
}

/** In turns, after one round to warm up. A contestant may tell its seconds itself. */
async function race(contestants, byteLength) {
  const times = Object.fromEntries(Object.keys(contestants).map((name) => [name, []]));
  for (let round = 0; round <= repetitions; round++) {
    for (const [name, run] of Object.entries(contestants)) {
      const start = performance.now();
      const told = await run();
      const seconds = typeof told === 'number' ? told : (performance.now() - start) / 1000;
      if (round > 0) times[name].push(seconds);
    }
  }
  return Object.fromEntries(
    Object.entries(times).map(([name, list]) => [name, byteLength / median(list) / 1e9]),
  );
}

async function main() {
  const { values: flags } = parseArgs({
    options: { python: { type: 'string' }, 'file-mb': { type: 'string', default: '256' } },
  });
  const rows = await streamingRows({ python: flags.python, fileMb: Number(flags['file-mb']) });
  const names = ['one thread', 'two threads', 'cat', 'NumPy'];
  const line = (cells) =>
    process.stdout.write(`${cells.map((cell, i) => cell.padEnd(i ? 22 : 12)).join('')}\n`);
  line([
    'GB/s',
    ...names.map((name) => (name === 'one thread' ? name : `${name} (one thread is)`)),
  ]);
  for (const { dtype, speeds } of rows) {
    const cells = names.map((name) => {
      const speed = speeds[name];
      if (speed === undefined) return '–';
      const ratio = name === 'one thread' ? '' : ` (${(speeds['one thread'] / speed).toFixed(2)}×)`;
      return `${speed.toFixed(2)}${ratio}`;
    });
    line([dtype, ...cells]);
  }
}

if (!isMainThread && workerData?.bundle) {
  const kernels = await openKernels(workerData);
  parentPort.on('message', (task) => {
    measure(kernels, task);
    parentPort.postMessage('done');
  });
} else if (process.argv[1] && path.resolve(process.argv[1]) === fileURLToPath(import.meta.url)) {
  await main();
}
