/**
 * Has every framework write checkpoints with its own writer, and holds what the readers give to what was written: names, dtypes,
 * shapes, and every byte of the values. Puts the table into docs/formats.md.
 *
 *     node scripts/conformance.mjs --python PYTHON [--check]
 *
 * PYTHON is an interpreter that has torch, safetensors, numpy, h5py, keras, tensorflow, onnx, gguf, flax and orbax-checkpoint;
 * what it lacks is named and not compared. With --check the document stays as it is.
 */
import fs from 'node:fs';
import path from 'node:path';
import { parseArgs } from 'node:util';

import { compareCase } from './conformance/compare.mjs';
import { withTable } from './conformance/table.mjs';
import { writeTfjs } from './conformance/tfjs.mjs';
import { outFolder, root } from './lib/paths.mjs';
import { run, stopOnSignals } from './lib/processes.mjs';
import { bundleReaders, loadReaders } from './lib/readers.mjs';

stopOnSignals();
const { values } = parseArgs({
  options: {
    python: { type: 'string', default: 'python3' },
    check: { type: 'boolean', default: false },
  },
});
const folder = path.join(outFolder, 'conformance');
fs.rmSync(folder, { recursive: true, force: true });
fs.mkdirSync(folder, { recursive: true });

const script = path.join(root, 'scripts/conformance/write.py');
const { code } = await run(values.python, ['-B', script, folder], { timeoutMs: 20 * 60_000 });
if (code !== 0) throw new Error(`${values.python} could not write the checkpoints`);
const { cases, absent } = JSON.parse(fs.readFileSync(path.join(folder, 'cases.json'), 'utf8'));
cases.push(...(await writeTfjs(folder)));

const readers = await loadReaders(await bundleReaders(path.join(folder, 'readers')));
const results = [];
for (const one of cases) {
  const result = await compareCase(readers, folder, one);
  results.push(result);
  for (const difference of result.differences.slice(0, 5)) {
    console.log(`${one.format}, ${one.variant}: ${difference}`);
  }
}
for (const reason of absent) console.log(`not compared: ${reason}`);
const count = (/** @type {(one: any) => number} */ of) =>
  results.reduce((sum, one) => sum + of(one), 0);
const differences = count((one) => one.differences.length);
console.log(
  `${results.length} files, ${count((one) => one.tensorCount)} tensors, ${differences} differences`,
);
if (!values.check) {
  const file = path.join(root, 'docs/formats.md');
  fs.writeFileSync(file, withTable(fs.readFileSync(file, 'utf8'), results, absent));
}
process.exitCode = differences === 0 ? 0 : 1;
