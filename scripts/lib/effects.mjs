/** The scripts of test/training/effects, which run training code before and after our edits, two at a time. */
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';

import { root } from './paths.mjs';
import { run } from './processes.mjs';
import { add } from './results.mjs';

/** @typedef {import('./results.mjs').Counts} Counts */
/** @typedef {{ name: string, command: string | undefined, missing: string }} Runner */

const runnerTimeoutMs = 8 * 60_000;

/** In pairs of about the same length. */
const pythonRunners = ['flax', 'keras', 'torch_loop', 'torch_layers'];

/**
 * @param {string} folder where `effects-<runner>.json` are written
 * @returns {Promise<Counts>}
 */
export async function runEffects(folder) {
  const python = process.env['REGLENS_PYTHON'] || undefined;
  /** @type {Runner[]} */
  const waiting = pythonRunners.map((name) => ({
    name: `${name}.py`,
    command: python,
    missing: 'REGLENS_PYTHON names no interpreter with test/training/requirements.txt',
  }));
  waiting.push({
    name: 'tfjs.mjs',
    command: hasTensorFlowJs() ? process.execPath : undefined,
    missing: '@tensorflow/tfjs is not there: npm run setup:tensorflow',
  });
  /** @type {Counts} */
  let counts = { passed: 0, failed: 0, skipped: 0 };
  const lane = async () => {
    for (let runner = waiting.shift(); runner; runner = waiting.shift()) {
      // Read after the wait: the other lane counts meanwhile.
      const own = await runOne(runner, folder);
      counts = add(counts, own);
    }
  };
  await Promise.all([lane(), lane()]);
  return counts;
}

/**
 * @param {Runner} runner
 * @param {string} folder
 * @returns {Promise<Counts>}
 */
async function runOne({ name, command, missing }, folder) {
  if (command === undefined) {
    console.log(`skip ${name}: ${missing}`);
    return { passed: 0, failed: 0, skipped: 1 };
  }
  const report = path.join(folder, `effects-${path.parse(name).name}.json`);
  fs.rmSync(report, { force: true });
  const script = path.join(root, 'test/training/effects', name);
  const startedAt = Date.now();
  // One thread each: the models are too small to share, and two of them run side by side.
  const { code, output, timedOut } = await run(command, [script, '--json', report], {
    cwd: root,
    output: 'collect',
    timeoutMs: runnerTimeoutMs,
    env: {
      ...process.env,
      OMP_NUM_THREADS: '1',
      TF_CPP_MIN_LOG_LEVEL: '3',
      PYTHONDONTWRITEBYTECODE: '1',
    },
  });
  const seconds = ((Date.now() - startedAt) / 1000).toFixed(1);
  console.log(`${code === 0 ? 'ok  ' : 'FAIL'} ${name} (${seconds} s)`);
  const lines = output.split('\n');
  if (code !== 0) console.log(output.slice(-4_000));
  else console.log(lines.filter((line) => line.startsWith('ok')).join('\n'));
  if (timedOut) console.error(`${name}: stopped after ${runnerTimeoutMs / 60_000} minutes`);
  const passed = lines.filter((line) => /^ok\s/.test(line)).length;
  const failed = lines.filter((line) => /^FAILS?\s/.test(line)).length;
  // Nothing asserted, or an end that no case explains, is a failure too.
  const isBroken = failed === 0 && (code !== 0 || passed === 0);
  return { passed, failed: failed + (isBroken ? 1 : 0), skipped: 0 };
}

/** As test/training/effects/tfjs.mjs looks for it. */
function hasTensorFlowJs() {
  const named = process.env['REGLENS_TFJS_NODE'];
  const cache = path.join(os.homedir(), '.cache/reglens/tfjs-node-4.22.0/node_modules');
  return [named && path.resolve(named, '../..'), cache].some(
    (place) => place && fs.existsSync(path.join(place, '@tensorflow/tfjs/package.json')),
  );
}
