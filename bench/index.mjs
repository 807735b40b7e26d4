/**
 * `npm run bench`: measures, prints, and writes the tables of docs/performance.md.
 *
 *   --only NAMES     some of them, separated by commas: kernels, streaming, training, singularValues, models, runs, memory, cancel, firstPaint
 *   --python PY      interpreter with NumPy and PyTorch (default: the first on the PATH that has NumPy)
 *   --quick          small and once, to see that it runs; writes to out/bench/performance.md
 *   --full           singular values up to n = 4096
 *   --sides N,N      sides of the layers of singularValues
 *   --document FILE  where the tables are written
 *   --no-build       measures dist/ as it is
 */
import { parseArgs } from 'node:util';
import fs from 'node:fs';
import path from 'node:path';

import { build, isBuilt } from '../scripts/lib/build.mjs';
import { outFolder, root } from '../scripts/lib/paths.mjs';
import { stopOnSignals } from '../scripts/lib/processes.mjs';
import { markdown, replaceSection } from './lib/document.mjs';
import { findPython, load, machineFacts } from './lib/machine.mjs';

/** The slow and greedy ones last; what they need is loaded when it is their turn. */
const benches = {
  kernels: async () => (await import('./kernels.mjs')).kernels,
  streaming: async () => (await import('./streamingTables.mjs')).streaming,
  training: async () => (await import('./training.mjs')).training,
  singularValues: async () => (await import('./singularValues.mjs')).singularValues,
  models: async () => (await import('./models.mjs')).models,
  runs: async () => (await import('./runs.mjs')).runs,
  memory: async () => (await import('./memory.mjs')).memory,
  cancel: async () => (await import('./cancel.mjs')).cancel,
  firstPaint: async () => (await import('./firstPaint.mjs')).firstPaint,
};
const needBuild = ['models', 'runs', 'memory', 'cancel', 'firstPaint'];

stopOnSignals();
try {
  process.exitCode = await main();
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.stack : error}\n`);
  process.exitCode = 1;
}
// What was started and did not end by itself ends with us.
process.exit();

async function main() {
  const { values: flags } = parseArgs({
    options: {
      only: { type: 'string' },
      python: { type: 'string' },
      quick: { type: 'boolean', default: false },
      full: { type: 'boolean', default: false },
      sides: { type: 'string' },
      document: { type: 'string' },
      'no-build': { type: 'boolean', default: false },
    },
  });
  const names = flags.only?.split(',') ?? Object.keys(benches);
  const unknown = names.filter((name) => !Object.hasOwn(benches, name));
  if (unknown.length > 0) {
    process.stderr.write(`No bench ${unknown.join(', ')}. There are ${Object.keys(benches)}\n`);
    return 2;
  }
  const python = await findPython(flags.python);
  const sides = flags.sides?.split(',').map(Number);
  const options = { python, quick: flags.quick, full: flags.full, sides };
  const document = target(flags);
  if (!flags['no-build'] && names.some((name) => needBuild.includes(name)) && !isBuilt()) {
    await build();
  }
  const facts = await machineFacts(python);
  let failed = 0;
  for (const name of names) {
    process.stdout.write(`${name}\n`);
    const before = load();
    try {
      const bench = await benches[name]();
      const result = await bench(options);
      const loads = `Load of the machine (1 minute): ${before} before, ${load()} after.`;
      const text = markdown(result, [...facts, loads]);
      process.stdout.write(`\n${text}\n\n`);
      replaceSection(document, name, text);
    } catch (error) {
      // The others are measured all the same; the tables of this one stay as they were.
      failed += 1;
      process.stderr.write(`${name}: ${error instanceof Error ? error.stack : error}\n`);
    }
  }
  process.stdout.write(`Tables are in ${path.relative(process.cwd(), document)}\n`);
  return failed === 0 ? 0 : 1;
}

/** What was measured in a hurry must not replace what was measured with care. */
function target({ document, quick }) {
  if (document !== undefined) return path.resolve(document);
  const own = path.join(root, 'docs/performance.md');
  if (!quick) return own;
  const copy = path.join(outFolder, 'bench/performance.md');
  fs.mkdirSync(path.dirname(copy), { recursive: true });
  fs.copyFileSync(own, copy);
  return copy;
}
