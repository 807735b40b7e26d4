import fs from 'node:fs';
import path from 'node:path';

import { outFolder, root, webpackCli } from './paths.mjs';
import { run } from './processes.mjs';

const sources = ['src', 'webview', 'webpack.config.js', 'package.json', 'package-lock.json'];
const bundles = [
  ...['extension.js', 'worker.js', 'training.js', 'cli.js', 'webview.js'],
  ...['hdf5.js', 'kernels.wasm'],
];
/** Its time is that of the last build: webpack leaves files alone whose content stays the same. */
const stamp = path.join(outFolder, 'built');
const buildTimeoutMs = 5 * 60_000;

/** Bundles into `dist/`. Types are not checked here. */
export async function build() {
  const startedAt = new Date();
  const { code, timedOut } = await run(
    process.execPath,
    [webpackCli, '--mode', 'production', '--stats', 'errors-warnings'],
    { cwd: root, timeoutMs: buildTimeoutMs },
  );
  if (code !== 0) throw new Error(timedOut ? 'The build took too long' : 'The build failed');
  fs.mkdirSync(outFolder, { recursive: true });
  fs.writeFileSync(stamp, '');
  // What changed while it ran is not in it.
  fs.utimesSync(stamp, startedAt, startedAt);
}

/** Whether every bundle is there and nothing it is made from has changed since. */
export function isBuilt() {
  const files = [stamp, ...bundles.map((name) => path.join(root, 'dist', name))];
  if (!files.every((file) => fs.existsSync(file))) return false;
  const builtAt = changedAt(stamp);
  return sources.every((source) => newest(path.join(root, source)) <= builtAt);
}

/**
 * @param {string} file a file or a folder
 * @returns {number}
 */
function newest(file) {
  if (!fs.existsSync(file)) return 0;
  if (!fs.statSync(file).isDirectory()) return changedAt(file);
  return fs
    .readdirSync(file)
    .reduce((latest, name) => Math.max(latest, newest(path.join(file, name))), 0);
}

/** @param {string} file */
function changedAt(file) {
  return fs.statSync(file).mtimeMs;
}
