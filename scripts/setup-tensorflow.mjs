/**
 * `npm run setup:tensorflow`: makes `@tensorflow/tfjs-node` run without the download of its install script: its native binding is
 * compiled here, against a TensorFlow 2 C library that is on the machine. Linux; does nothing where it runs already.
 *
 *   --python FILE   interpreter whose TensorFlow is used (default: that of VIRTUAL_ENV, else python3)
 *   --library DIR   folder of TensorFlow's C library, with `include`
 *   --fetch         where there is no TensorFlow: take its library from PyPI
 *   --force         compile anew
 */
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';

import { root } from './lib/paths.mjs';
import { onPath } from './lib/prerequisites.mjs';
import { run, stopOnSignals } from './lib/processes.mjs';
import { fetchLibrary, libraryIn, libraryOfPython, pythons } from './lib/tensorflowLibrary.mjs';
import { withoutNpm } from './lib/vscodeServer.mjs';

const name = '@tensorflow/tfjs-node';
const headersVersion = '1.9.0';
const minute = 60_000;

/** Runs in a process of its own, which a broken library may end. */
const check = `
const util = require('node:util');
util.isNullOrUndefined ??= (value) => value === null || value === undefined;
util.isArray ??= Array.isArray;
const tf = require(process.argv[1]);
const { binding } = tf.backend();
const matrix = tf.randomUniform([512, 512]);
const started = performance.now();
const gram = tf.matMul(matrix, matrix, false, true);
const [values] = tf.backend().executeMultipleOutputs('SelfAdjointEigV2', [
  { name: 'T', type: binding.TF_ATTR_TYPE, value: binding.TF_FLOAT },
  { name: 'compute_v', type: binding.TF_ATTR_BOOL, value: false },
], [gram], 2);
const sum = values.dataSync().reduce((a, b) => a + b, 0);
const ms = performance.now() - started;
const trace = matrix.square().sum().dataSync()[0];
if (!(Math.abs(sum / trace - 1) < 1e-3)) throw new Error('eigenvalues of ' + sum + ', trace of ' + trace);
console.log('512 singular values in ' + ms.toFixed(0) + ' ms');
`;

stopOnSignals();
try {
  await main();
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
}

async function main() {
  const { values: flags } = parseArgs({
    options: {
      python: { type: 'string' },
      library: { type: 'string' },
      fetch: { type: 'boolean', default: false },
      force: { type: 'boolean', default: false },
    },
  });
  const { version, folder, cache } = await packageFolder();
  const before = flags.force ? undefined : await tryIt(folder);
  if (!before?.runs) {
    if (process.platform !== 'linux') {
      throw new Error(
        `The binding is compiled on Linux only. Elsewhere: npm rebuild ${name} --allow-scripts`,
      );
    }
    const library = await findLibrary(flags, cache);
    console.log(`TensorFlow's library: ${library.libFolder}`);
    await compile(folder, library, await nodeHeaders(cache));
  }
  const { runs, output } = before?.runs ? before : await tryIt(folder);
  if (!runs) throw new Error(`${name} ${version} does not run in ${folder}:\n${output}`);
  console.log(
    `${name} ${version} runs on Node ${process.versions.node}: ${output.split('\n').at(-1)}`,
  );
  console.log(`Setting reglens.tensorflowPath, or REGLENS_TFJS_NODE for the tests:\n${folder}`);
}

/** The project's own copy where npm has installed it, else one in the user's cache. */
async function packageFolder() {
  const manifest = JSON.parse(fs.readFileSync(path.join(root, 'package.json'), 'utf8'));
  /** @type {string} */
  const version = manifest.optionalDependencies[name];
  const cache = path.join(
    process.env['XDG_CACHE_HOME'] || path.join(os.homedir(), '.cache'),
    'reglens',
  );
  const home = path.join(cache, `tfjs-node-${version}`);
  for (const place of [root, home]) {
    const folder = path.join(place, 'node_modules', name);
    if (versionIn(folder) === version) return { version, folder, cache };
  }
  console.log(`Installing ${name} ${version} into ${home}`);
  await npmInstall(home, `${name}@${version}`);
  return { version, folder: path.join(home, 'node_modules', name), cache };
}

/** @param {string} folder */
function versionIn(folder) {
  const file = path.join(folder, 'package.json');
  return fs.existsSync(file) ? JSON.parse(fs.readFileSync(file, 'utf8')).version : undefined;
}

/**
 * @param {string} home
 * @param {string} what
 */
async function npmInstall(home, what) {
  fs.mkdirSync(home, { recursive: true });
  const manifest = path.join(home, 'package.json');
  if (!fs.existsSync(manifest)) fs.writeFileSync(manifest, '{ "private": true }\n');
  const options = ['--ignore-scripts', '--no-audit', '--no-fund', '--save-exact'];
  const { code, output } = await run('npm', ['install', ...options, what], {
    cwd: home,
    env: withoutNpm(process.env),
    output: 'collect',
    timeoutMs: 5 * minute,
  });
  if (code !== 0) throw new Error(`npm install ${what} failed:\n${output.slice(-2_000)}`);
}

/**
 * @param {{ python?: string | undefined, library?: string | undefined, fetch: boolean }} flags
 * @param {string} cache
 */
async function findLibrary(flags, cache) {
  if (flags.library !== undefined) {
    const library = libraryIn(path.resolve(flags.library));
    if (library) return library;
    throw new Error(
      `${flags.library} holds no libtensorflow_cc.so.2 or libtensorflow.so.2 with include/tensorflow/c`,
    );
  }
  const interpreters = pythons(flags.python);
  const library = await libraryOfPython(interpreters);
  if (library) return library;
  if (flags.fetch) return fetchLibrary(interpreters, cache, console.log);
  throw new Error(
    `No TensorFlow in ${interpreters.join(', ')}. Name one with --python or --library, ` +
      'or take its library from PyPI with --fetch (274 MB).',
  );
}

/**
 * Node's C headers: those beside this Node, else from npm.
 *
 * @param {string} cache
 */
async function nodeHeaders(cache) {
  const beside = path.join(path.dirname(path.dirname(process.execPath)), 'include/node');
  if (fs.existsSync(path.join(beside, 'node_api.h'))) return beside;
  const home = path.join(cache, `node-api-headers-${headersVersion}`);
  const folder = path.join(home, 'node_modules/node-api-headers/include');
  if (!fs.existsSync(folder)) await npmInstall(home, `node-api-headers@${headersVersion}`);
  return folder;
}

/**
 * @param {string} folder
 * @param {import('./lib/tensorflowLibrary.mjs').Library} library
 * @param {string} headers
 */
async function compile(folder, { libFolder, includeFolder, files }, headers) {
  const compiler = ['c++', 'g++', 'clang++'].find((program) => onPath(program));
  if (!compiler) throw new Error('There is no C++ compiler: install g++ or clang');
  for (const [link, target] of Object.entries({ include: includeFolder, lib: libFolder })) {
    const at = path.join(folder, 'deps', link);
    fs.mkdirSync(path.dirname(at), { recursive: true });
    fs.rmSync(at, { recursive: true, force: true });
    fs.symlinkSync(target, at);
  }
  const target = path.join(folder, 'lib/napi-v8/tfjs_binding.node');
  fs.mkdirSync(path.dirname(target), { recursive: true });
  console.log(`Compiling the binding with ${compiler}`);
  const building = `${target}.${process.pid}`;
  const { code, output, timedOut } = await run(
    compiler,
    [
      ...['-shared', '-fPIC', '-O2', '-std=c++17', '-DNAPI_VERSION=8'],
      ...['-I', headers, '-I', '..', '-I', 'deps/include'],
      ...['binding/tfjs_backend.cc', 'binding/tfjs_binding.cc', '-L', libFolder],
      ...files.map((file) => `-l:${file}`),
      ...[`-Wl,-rpath,${libFolder}`, '-o', building],
    ],
    { cwd: folder, output: 'collect', timeoutMs: 5 * minute },
  );
  if (code !== 0) {
    fs.rmSync(building, { force: true });
    throw new Error(
      `${compiler} ${timedOut ? 'took too long' : 'failed'}:\n${output.slice(-4_000)}`,
    );
  }
  fs.renameSync(building, target);
}

/** @param {string} folder */
async function tryIt(folder) {
  const { code, output } = await run(process.execPath, ['-e', check, folder], {
    env: { ...process.env, TF_CPP_MIN_LOG_LEVEL: '2' },
    output: 'collect',
    timeoutMs: 2 * minute,
  });
  return { runs: code === 0, output: output.trim() };
}
