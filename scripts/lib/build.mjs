import fs from 'node:fs';
import path from 'node:path';

import { root, webpackCli } from './paths.mjs';
import { run } from './processes.mjs';

const sources = [
  'src',
  'webview',
  'media',
  'webpack.config.js',
  'package.json',
  'package-lock.json',
];
const bundles = ['extension.js', 'worker.js', 'cli.js', 'webview.js'];
const buildTimeoutMs = 5 * 60_000;

/** Bundles into `dist/`. Types are not checked here. */
export async function build() {
  const { code, timedOut } = await run(
    process.execPath,
    [webpackCli, '--mode', 'production', '--stats', 'errors-warnings'],
    { cwd: root, timeoutMs: buildTimeoutMs },
  );
  if (code !== 0) throw new Error(timedOut ? 'The build took too long' : 'The build failed');
}

/** Whether every bundle is there and newer than what it is made from. */
export function isBuilt() {
  const files = bundles.map((name) => path.join(root, 'dist', name));
  if (!files.every((file) => fs.existsSync(file))) return false;
  const built = Math.min(...files.map(changedAt));
  return sources.every((source) => newest(path.join(root, source)) <= built);
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
