/** What a measurement depends on and a reader has to know. */
import os from 'node:os';

import { run } from '../../scripts/lib/processes.mjs';

/** First Python that has NumPy: the one that was named, else those on the PATH. @param {string | undefined} named */
export async function findPython(named) {
  for (const python of named === undefined ? ['python3', 'python'] : [named]) {
    const { code } = await run(python, ['-c', 'import numpy'], { output: 'collect' });
    if (code === 0) return python;
  }
  if (named !== undefined) throw new Error(`${named} has no NumPy`);
  return undefined;
}

/** @param {string | undefined} python */
export async function machineFacts(python) {
  const cores = os.cpus();
  const memory = Math.round(os.totalmem() / 2 ** 30);
  const facts = [
    `Machine: ${cores[0]?.model.trim()}, ${os.availableParallelism()} cores, ${memory} GiB; ${os.type()} ${os.arch()}; Node ${process.versions.node}.`,
  ];
  if (python) facts.push(`${await pythonVersions(python)}; as many threads as there are cores.`);
  return facts;
}

/** Of the machine when a bench began and ended: more than the contestants themselves make of it is noise. */
export function load() {
  return os.loadavg()[0].toFixed(1);
}

/** @param {string} python */
async function pythonVersions(python) {
  const script = [
    'import platform, numpy',
    'parts = ["Python " + platform.python_version(), "NumPy " + numpy.__version__]',
    'try:',
    '  blas = numpy.show_config(mode="dicts")["Build Dependencies"]["blas"]',
    "  parts[1] += f\" ({blas['name']} {blas['version']})\"",
    'except Exception: pass',
    'try:',
    '  import torch; parts.append("torch " + torch.__version__)',
    'except ImportError: parts.append("no torch")',
    'print(", ".join(parts))',
  ].join('\n');
  const { output } = await run(python, ['-c', script], { output: 'collect' });
  return output.trim();
}
