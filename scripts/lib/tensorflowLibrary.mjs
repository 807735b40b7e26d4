/** TensorFlow's C library and its headers: in a folder that is named, in a Python's TensorFlow, or alone out of its wheel from PyPI. */
import fs from 'node:fs';
import path from 'node:path';

import { onPath } from './prerequisites.mjs';
import { run } from './processes.mjs';

/** What `--fetch` takes; tfjs-node 4.22 runs on it. */
const wheelVersion = '2.21.0';
const fetchTimeoutMs = 10 * 60_000;

/** Of 1.3 GB in the wheel, what the binding is compiled with and runs on. */
const wanted = [
  'tensorflow/libtensorflow_cc.so.2',
  'tensorflow/libtensorflow_framework.so.2',
  'tensorflow/include/tensorflow/c/',
  'tensorflow/include/tensorflow/core/platform/ctstring',
  'tensorflow/include/tsl/platform/ctstring',
  'tensorflow/include/xla/tsl/c/',
];

/** @typedef {{ libFolder: string, includeFolder: string, files: string[] }} Library files: names to link with */

/**
 * The library in a folder: that of Python's package, or of the C API's archive (`include/`, `lib/`).
 *
 * @param {string} folder
 * @returns {Library | undefined}
 */
export function libraryIn(folder) {
  const includeFolder = path.join(folder, 'include');
  if (!fs.existsSync(path.join(includeFolder, 'tensorflow/c/c_api.h'))) return undefined;
  for (const libFolder of [folder, path.join(folder, 'lib')]) {
    for (const main of ['libtensorflow_cc.so.2', 'libtensorflow.so.2']) {
      const files = [main, 'libtensorflow_framework.so.2'];
      if (files.every((file) => fs.existsSync(path.join(libFolder, file)))) {
        return { libFolder, includeFolder, files };
      }
    }
  }
  return undefined;
}

/**
 * Interpreters to ask, the likeliest first.
 *
 * @param {string | undefined} named
 */
export function pythons(named) {
  if (named !== undefined) return [named];
  const environment = process.env['VIRTUAL_ENV'];
  return [...(environment ? [path.join(environment, 'bin/python')] : []), 'python3', 'python'];
}

/**
 * The library of a Python's TensorFlow, which is found without being imported.
 *
 * @param {readonly string[]} interpreters
 * @returns {Promise<Library | undefined>}
 */
export async function libraryOfPython(interpreters) {
  const code =
    'import importlib.util as u; s = u.find_spec("tensorflow"); print(s.origin if s else "")';
  for (const python of interpreters) {
    const { output } = await run(python, ['-c', code], { output: 'collect', timeoutMs: 60_000 });
    const origin = output.trim().split('\n').at(-1) ?? '';
    const library = path.isAbsolute(origin) ? libraryIn(path.dirname(origin)) : undefined;
    if (library) return library;
  }
  return undefined;
}

/**
 * Takes the library out of TensorFlow's wheel; nothing is installed into the Python that fetches it.
 *
 * @param {readonly string[]} interpreters
 * @param {string} cache
 * @param {(line: string) => void} log
 * @returns {Promise<Library>}
 */
export async function fetchLibrary(interpreters, cache, log) {
  const folder = path.join(cache, `tensorflow-cpu-${wheelVersion}`);
  const found = libraryIn(path.join(folder, 'tensorflow'));
  if (found) return found;
  const python = interpreters.find((name) => path.isAbsolute(name) || onPath(name));
  if (!python) throw new Error('There is no Python to fetch TensorFlow with');
  // Built beside its place and moved there when complete.
  const building = `${folder}.building-${process.pid}`;
  fs.mkdirSync(building, { recursive: true });
  const removeBuilding = () => fs.rmSync(building, { recursive: true, force: true });
  process.once('exit', removeBuilding);
  try {
    log(`Fetching tensorflow-cpu ${wheelVersion} from PyPI (274 MB, 870 MB unpacked)`);
    const download = ['-m', 'pip', 'download', '--quiet', '--no-deps', '--only-binary', ':all:'];
    await must(
      python,
      [...download, '--retries', '1', '--dest', building, `tensorflow-cpu==${wheelVersion}`],
      'pip download',
    );
    const unpack = [
      'import glob, sys, zipfile',
      'wheel = zipfile.ZipFile(glob.glob(sys.argv[1] + "/*.whl")[0])',
      'names = [n for n in wheel.namelist() if n.startswith(tuple(sys.argv[2:]))]',
      'wheel.extractall(sys.argv[1], names)',
    ].join('\n');
    await must(python, ['-c', unpack, building, ...wanted], 'Unpacking');
    for (const name of fs.readdirSync(building)) {
      if (name.endsWith('.whl')) fs.rmSync(path.join(building, name));
    }
    fs.rmSync(folder, { recursive: true, force: true });
    fs.renameSync(building, folder);
  } finally {
    removeBuilding();
    process.off('exit', removeBuilding);
  }
  const library = libraryIn(path.join(folder, 'tensorflow'));
  if (!library) throw new Error(`${folder} holds no C library after its unpacking`);
  return library;
}

/**
 * @param {string} command
 * @param {readonly string[]} args
 * @param {string} what
 */
async function must(command, args, what) {
  const { code, output, timedOut } = await run(command, args, {
    output: 'collect',
    timeoutMs: fetchTimeoutMs,
  });
  if (code === 0) return;
  throw new Error(`${what} ${timedOut ? 'took too long' : 'failed'}:\n${output.slice(-2_000)}`);
}
