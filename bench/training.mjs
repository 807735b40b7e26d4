/** Reading training code while it is typed: parsing, the whole analysis in its thread, and how long the host's own thread is busy. */
import { fileURLToPath, pathToFileURL } from 'node:url';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { Worker } from 'node:worker_threads';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';

import { bar, milliseconds } from './lib/document.mjs';
import { bundle } from './lib/kernels.mjs';
import { longScript } from './lib/longScript.mjs';
import { median } from './lib/race.mjs';

const typed = '\nhead = nn.Linear(128, 10)  # typed';
const file = (name) => fileURLToPath(new URL(`../node_modules/${name}`, import.meta.url));

/** @returns {Promise<import('./lib/document.mjs').Result>} */
export async function training({ quick }) {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'reglens-bench-'));
  try {
    const code = {
      training: await bundle(folder, 'training/index.ts'),
      rpc: await bundle(folder, 'protocol/rpc.ts'),
      port: await bundle(folder, 'protocol/threadPort.ts'),
      runtime: file('web-tree-sitter/web-tree-sitter.wasm'),
      grammars: file('@vscode/tree-sitter-wasm/wasm'),
    };
    const measured = [];
    for (const lines of quick ? [600] : [600, 6000]) {
      const text = longScript(lines);
      const figures = {
        lines: text.split('\n').length,
        ...(await parsing(code, text, quick ? 2 : 9)),
        ...(await analysing(code, text, quick ? 2 : 7)),
      };
      process.stdout.write(`  ${JSON.stringify(figures)}\n`);
      measured.push(figures);
    }
    return resultOf(measured);
  } finally {
    fs.rmSync(folder, { recursive: true, force: true });
  }
}

/** Seconds of processor time of a first parse and of one after every key, which is typed at the start, in the middle and at the end. */
async function parsing(code, text, repetitions) {
  const parser = await parserOf(code);
  const first = [];
  for (let i = -1; i < repetitions; i++) {
    const script = await parser.open('python');
    const seconds = processorSeconds(() => script.read(text));
    if (i >= 0) first.push(seconds);
    script.close();
  }
  const script = await parser.open('python');
  script.read(text);
  const keys = [];
  for (const share of [0.5, 0.02, 0.5, 0.98]) {
    const own = [...keystrokes(text, share)].map((next) =>
      processorSeconds(() => script.read(next)),
    );
    // The first round is compiled on the way.
    if (share !== 0.5 || keys.length > 0) keys.push(...own);
    else keys.push(own.at(-1));
  }
  return { first: median(first), key: median(keys), slowest: Math.max(...keys) };
}

/** The same in the thread that the product has for it, seen from the thread that asks. */
async function analysing(code, text, repetitions) {
  const { connect } = await import(pathToFileURL(code.rpc).href);
  const { threadPort } = await import(pathToFileURL(code.port).href);
  const { mayBeTrainingCode } = await import(pathToFileURL(code.training).href);
  const worker = new Worker(new URL('contestants/trainingThread.mjs', import.meta.url), {
    workerData: code,
  });
  const { api } = connect(threadPort(worker));
  try {
    const whole = [];
    await api.facts('bench', 'python', text);
    const loop = monitorEventLoopDelay({ resolution: 1 });
    for (const next of [...keystrokes(text, 0.5)].slice(0, repetitions)) {
      loop.enable();
      const start = performance.now();
      if (mayBeTrainingCode(next, 'python')) await api.facts('bench', 'python', next);
      whole.push((performance.now() - start) / 1000);
      loop.disable();
    }
    return { whole: median(whole), blocked: loop.max / 1e9 };
  } finally {
    await worker.terminate();
  }
}

/** The text after every key. */
function* keystrokes(text, share) {
  const at = text.indexOf('\n', Math.floor(text.length * share));
  for (let length = 1; length <= typed.length; length++) {
    // Decoded anew, as a document gives it: one flat string, no sum of pieces.
    yield Buffer.from(text.slice(0, at) + typed.slice(0, length) + text.slice(at)).toString();
  }
}

function processorSeconds(action) {
  const before = process.cpuUsage();
  action();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1e6;
}

async function parserOf({ training, runtime, grammars }) {
  const { createScriptParser } = await import(pathToFileURL(training).href);
  return createScriptParser({
    runtime: fs.readFileSync(runtime),
    grammar: async (language) => fs.readFileSync(`${grammars}/tree-sitter-${language}.wasm`),
  });
}

function resultOf(measured) {
  const longest = measured.at(-1);
  return {
    tables: [
      {
        caption: 'Milliseconds, medians',
        head: [
          'Lines',
          'First parse',
          'Parse after a key',
          'The slowest of them',
          'Parse and whole analysis after a key, in the thread',
          'Longest turn of the asking thread',
        ],
        rows: measured.map(({ lines, first, key, slowest, whole, blocked }) => [
          `${lines}`,
          ...[first, key, slowest, whole, blocked].map(milliseconds),
        ]),
      },
    ],
    bars: [
      bar('First parse', { below: 100, unit: 'ms', digits: 0 }, [
        { label: `${longest.lines} lines`, value: 1000 * longest.first },
      ]),
      bar('Parse after a key', { below: 16, unit: 'ms', digits: 1 }, [
        { label: `${longest.lines} lines`, value: 1000 * longest.key },
      ]),
      bar('Longest turn of the host’s thread', { atMost: 50, unit: 'ms', digits: 1 }, [
        { label: `${longest.lines} lines`, value: 1000 * longest.blocked },
      ]),
    ],
    notes: [
      'PyTorch code with models, loops and evaluation, one after the other. Keys: the line `head = nn.Linear(128, 10)  # typed`, letter by letter, near the start, in the middle and near the end; most states of it are not valid Python.',
      'Parses: processor time. The other two: time that passes.',
      'A parse takes in finding what changed, tree-sitter’s own work and the copy of the tree for the analysis. The analysis looks for layers, saved files, all techniques and all hazards.',
      'Longest turn: how late a timer of 1 ms comes in the thread that sends the text and gets the answer.',
    ],
  };
}
