/**
 * VS Code served to a browser: code-server with the Node it wants, both from the npm registry, pinned by the lock file in
 * `vscode-server/`. 800 MB and some minutes of compiling, therefore no dependency of the repository: installed when first needed,
 * into a cache that further checkouts share.
 */
import crypto from 'node:crypto';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';

import { root } from './paths.mjs';
import { missingForInstall, provide } from './prerequisites.mjs';
import { run } from './processes.mjs';

const manifestFolder = path.join(root, 'vscode-server');
const installTimeoutMs = 15 * 60_000;
/** Major version that code-server accepts. */
const nodeMajor = 24;

/** @typedef {{ node: string, entry: string }} Server how to start it: Node, and the script it runs */

/** Where it is, or would be: REGLENS_VSCODE_SERVER, else a folder of the user's cache named after the lock file's content. */
export function serverFolder() {
  const named = process.env['REGLENS_VSCODE_SERVER'];
  if (named) return path.resolve(named);
  const lock = fs.readFileSync(path.join(manifestFolder, 'package-lock.json'));
  const hash = crypto.createHash('sha256').update(lock).digest('hex').slice(0, 12);
  const cache = process.env['XDG_CACHE_HOME'] || path.join(os.homedir(), '.cache');
  return path.join(cache, 'reglens', `vscode-server-${hash}`);
}

/** @returns {Server | undefined} the installed server, if it is there */
export function findServer() {
  return serverIn(serverFolder());
}

/**
 * Gives the server, installing it first where it is not there yet.
 *
 * @param {(line: string) => void} log
 * @returns {Promise<Server>}
 */
export async function provideServer(log) {
  const found = findServer();
  if (found) return found;
  if (process.platform === 'win32') {
    throw new Error(
      'code-server does not run on Windows. Install VS Code so that `code` is found.',
    );
  }
  await provide(missingForInstall(), log);
  const folder = serverFolder();
  // Built beside its place and moved there when complete: a broken-off install is never taken for a good one.
  const building = `${folder}.building-${process.pid}`;
  const removeBuilding = () => fs.rmSync(building, { recursive: true, force: true });
  process.once('exit', removeBuilding);
  try {
    await install(building, log);
    if (!findServer()) {
      fs.rmSync(folder, { recursive: true, force: true });
      fs.renameSync(building, folder);
    }
  } finally {
    removeBuilding();
    process.off('exit', removeBuilding);
  }
  const server = findServer();
  if (!server) throw new Error(`${folder} holds no code-server after its installation`);
  return server;
}

/**
 * @param {string} folder
 * @param {(line: string) => void} log
 */
async function install(folder, log) {
  fs.mkdirSync(folder, { recursive: true });
  for (const file of ['package.json', 'package-lock.json']) {
    fs.copyFileSync(path.join(manifestFolder, file), path.join(folder, file));
  }
  log(
    'VS Code is not here yet: fetching code-server and Node from the npm registry, once (800 MB)',
  );
  const options = ['--no-audit', '--no-fund', '--no-update-notifier'];
  // Fetching and compiling apart: the install scripts must run under the Node that the first step brings.
  await npm(['ci', '--ignore-scripts', '--engine-strict=false', ...options], folder, log, {});
  log('Compiling the native modules of VS Code');
  const node = nodeIn(folder);
  await npm(['rebuild', ...options], folder, log, {
    PATH: `${path.dirname(node)}${path.delimiter}${process.env['PATH'] ?? ''}`,
    // The headers that came with this very Node; npm's own way would be a download from nodejs.org.
    npm_config_nodedir: path.dirname(path.dirname(node)),
    npm_config_jobs: 'max',
    JOBS: 'max',
  });
}

/**
 * @param {string[]} args
 * @param {string} cwd
 * @param {(line: string) => void} log
 * @param {NodeJS.ProcessEnv} env
 */
async function npm(args, cwd, log, env) {
  const startedAt = Date.now();
  const seconds = () => Math.round((Date.now() - startedAt) / 1000);
  const timer = setInterval(() => log(`  npm ${args[0]}: ${seconds()} s …`), 15_000);
  try {
    const { code, output, timedOut } = await run('npm', args, {
      cwd,
      env: { ...withoutNpm(process.env), ...env },
      output: 'collect',
      timeoutMs: installTimeoutMs,
    });
    if (code !== 0) {
      const reason = timedOut ? `took longer than ${installTimeoutMs / 60_000} minutes` : 'failed';
      throw new Error(`npm ${args[0]} of code-server ${reason}:\n${output.slice(-4_000)}`);
    }
    log(`  npm ${args[0]}: done in ${seconds()} s`);
  } finally {
    clearInterval(timer);
  }
}

/**
 * An npm that runs us has left settings of its own in the environment (working folder, lifecycle, user agent), which would reach
 * the one we start. Settings of the user that come from files are read again.
 *
 * @param {NodeJS.ProcessEnv} env
 */
export function withoutNpm(env) {
  const kept =
    /^npm_config_(registry|https?_proxy|proxy|no_?proxy|cafile|userconfig|globalconfig|cache)$/i;
  return Object.fromEntries(
    Object.entries(env).filter(
      ([name]) => name !== 'INIT_CWD' && (!/^npm_/i.test(name) || kept.test(name)),
    ),
  );
}

/**
 * @param {string} folder
 * @returns {Server | undefined}
 */
function serverIn(folder) {
  const entry = path.join(folder, 'node_modules/code-server/out/node/entry.js');
  // The last thing that code-server's install script makes.
  const complete = path.join(folder, 'node_modules/code-server/lib/vscode/extensions/node_modules');
  return fs.existsSync(entry) && fs.existsSync(complete)
    ? { node: nodeIn(folder), entry }
    : undefined;
}

/**
 * The Node from npm where there is one for this platform, else our own if it is of the right age.
 *
 * @param {string} folder
 */
function nodeIn(folder) {
  const packaged = path.join(
    folder,
    `node_modules/node-${process.platform}-${process.arch}/bin/node`,
  );
  if (fs.existsSync(packaged)) return packaged;
  if (Number(process.versions.node.split('.')[0]) === nodeMajor) return process.execPath;
  throw new Error(
    `code-server needs Node ${nodeMajor}, and npm has none for ${process.platform}-${process.arch}. ` +
      `Install VS Code so that \`code\` is found, or run this with Node ${nodeMajor}.`,
  );
}
