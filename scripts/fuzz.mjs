/**
 * Opens damaged checkpoints of every format and reads of their tensors: each must give a checkpoint or a FormatError, soon and in
 * little memory. Damage is made from the fixtures and examples, the same for the same seed. Ends with a tally; inputs that crash,
 * hang or take too much memory are left in out/fuzz.
 *
 *     node scripts/fuzz.mjs [--inputs 2000] [--seed 1] [--format ID] [--only NUMBER]
 */
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';

import { Opener } from './fuzz/opener.mjs';
import { inputOf } from './fuzz/inputs.mjs';
import { findSeeds } from './fuzz/seeds.mjs';
import { Tally } from './fuzz/tally.mjs';
import { outFolder } from './lib/paths.mjs';
import { stopOnSignals } from './lib/processes.mjs';
import { bundleReaders, loadReaders } from './lib/readers.mjs';

stopOnSignals();
const { values } = parseArgs({
  options: {
    inputs: { type: 'string', default: '2000' },
    seed: { type: 'string', default: '1' },
    format: { type: 'string' },
    only: { type: 'string' },
    processes: { type: 'string', default: String(Math.min(4, os.availableParallelism())) },
  },
});
const folder = path.join(outFolder, 'fuzz');
fs.rmSync(folder, { recursive: true, force: true });
fs.mkdirSync(folder, { recursive: true });

const seedNumber = Number(values.seed);
const readersFolder = await bundleReaders(path.join(folder, 'readers'));
const seeds = await findSeeds(await loadReaders(readersFolder), values.format);
if (seeds.size === 0) throw new Error(`no fixture of the format ${values.format ?? 'any'} opens`);
console.log([...seeds].map(([format, own]) => `${format} ${own.length}`).join(', '));

const tally = new Tally();
const first = values.only === undefined ? 0 : Number(values.only);
const end = values.only === undefined ? Number(values.inputs) : first + 1;
let next = first;

/** @param {Opener} opener */
async function work(opener) {
  while (next < end) {
    const number = next++;
    const input = inputOf(seeds, seedNumber, number);
    const result = await opener.open(number);
    if (tally.add(number, input, result)) keep(number, input);
  }
  opener.stop();
}

/** @param {number} number @param {import('./fuzz/inputs.mjs').Input} input */
function keep(number, { seed, main, siblings }) {
  const own = path.join(folder, String(number));
  for (const [name, bytes] of [[seed.main, main], ...siblings]) {
    fs.mkdirSync(path.dirname(path.join(own, name)), { recursive: true });
    fs.writeFileSync(path.join(own, name), bytes);
  }
}

const message = { readersFolder, seeds: [...seeds], seedNumber };
await Promise.all(
  Array.from({ length: Number(values.processes) }, () => work(new Opener(message))),
);
console.log(tally.text());
fs.rmSync(readersFolder, { recursive: true });
process.exitCode = tally.failureCount === 0 ? 0 : 1;
