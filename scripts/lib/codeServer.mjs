/** Starts the installed code-server on folders of our own, so that nothing of the user's configuration is read or changed. */
import fs from 'node:fs';
import net from 'node:net';
import path from 'node:path';

import { run, start, stop } from './processes.mjs';

const startTimeoutMs = 60_000;
const pollMs = 100;

/** A window without trust dialogs, welcome pages, chat and calls to the network: what people and screenshots want to see. */
export const quietSettings = {
  'security.workspace.trust.enabled': false,
  'workbench.startupEditor': 'none',
  'workbench.welcomePage.walkthroughs.openOnInstall': false,
  'workbench.tips.enabled': false,
  'workbench.secondarySideBar.defaultVisibility': 'hidden',
  'workbench.enableExperiments': false,
  'chat.disableAIFeatures': true,
  'telemetry.telemetryLevel': 'off',
  'extensions.autoUpdate': false,
  'extensions.autoCheckUpdates': false,
  'extensions.ignoreRecommendations': true,
  'update.mode': 'none',
  'git.enabled': false,
  'git.openRepositoryInParentFolders': 'never',
};

/**
 * Folders of one instance: user data (with settings and logs) and extensions.
 *
 * @param {string} folder
 */
export const instanceIn = (folder) => ({
  userData: path.join(folder, 'user-data'),
  extensions: path.join(folder, 'extensions'),
  config: path.join(folder, 'config.yaml'),
});

/** @typedef {ReturnType<typeof instanceIn>} Instance */

/**
 * @param {Instance} instance
 * @param {Record<string, unknown>} settings
 */
export function writeSettings(instance, settings) {
  const folder = path.join(instance.userData, 'User');
  fs.mkdirSync(folder, { recursive: true });
  fs.writeFileSync(path.join(folder, 'settings.json'), JSON.stringify(settings, undefined, 2));
}

/**
 * @param {import('./vscodeServer.mjs').Server} server
 * @param {Instance} instance
 * @param {string} vsix
 */
export async function installExtension(server, instance, vsix) {
  const { code, output } = await run(
    server.node,
    [server.entry, ...flags(instance), '--install-extension', vsix, '--force'],
    { output: 'collect', timeoutMs: 60_000, env: environment(instance) },
  );
  if (code !== 0) throw new Error(`Installing ${path.basename(vsix)} failed:\n${output}`);
}

/**
 * Starts VS Code on a port and resolves when it answers.
 *
 * @param {import('./vscodeServer.mjs').Server} server
 * @param {Instance} instance
 * @param {number} port
 */
export async function startCodeServer(server, instance, port) {
  const child = start(
    server.node,
    [
      server.entry,
      ...flags(instance),
      ...['--bind-addr', `127.0.0.1:${port}`, '--auth', 'none'],
      ...['--disable-telemetry', '--disable-update-check', '--disable-workspace-trust'],
      ...['--disable-getting-started-override', '--disable-proxy', '--ignore-last-opened'],
    ],
    { stdio: ['ignore', 'pipe', 'pipe'], env: environment(instance) },
  );
  let log = '';
  const add = (/** @type {Buffer} */ chunk) => (log += chunk.toString());
  child.stdout?.on('data', add);
  child.stderr?.on('data', add);
  const exited = new Promise((resolve) => child.once('exit', resolve));
  const deadline = Date.now() + startTimeoutMs;
  while (!(await isHealthy(port))) {
    if (child.exitCode !== null) throw new Error(`VS Code ended at once:\n${log}`);
    if (Date.now() > deadline) {
      await stop(child);
      throw new Error(`VS Code did not answer within ${startTimeoutMs / 1000} s:\n${log}`);
    }
    await new Promise((resolve) => setTimeout(resolve, pollMs));
  }
  return { port, exited, log: () => log, stop: () => stop(child) };
}

/** @returns {Promise<number>} a port that is free now */
export function freePort() {
  return listenOnce(0);
}

/**
 * Whether a port can be listened on.
 *
 * @param {number} port
 */
export async function isFree(port) {
  try {
    await listenOnce(port);
    return true;
  } catch {
    // In use or not allowed: to the caller both mean another port.
    return false;
  }
}

/**
 * The address of a folder in the served VS Code. It must be `localhost`: webviews need a secure context.
 *
 * @param {number} port
 * @param {string} folder
 * @param {string} [file] a text file to open in it
 */
export function workbenchUrl(port, folder, file) {
  const url = new URL(`http://localhost:${port}/`);
  url.searchParams.set('folder', folder);
  if (file) {
    const uri = `vscode-remote://localhost:${port}${file}`;
    url.searchParams.set('payload', JSON.stringify([['openFile', uri]]));
  }
  return url.href;
}

/** @param {Instance} instance */
function flags(instance) {
  return ['--user-data-dir', instance.userData, '--extensions-dir', instance.extensions];
}

/**
 * Without CODE_SERVER_CONFIG it would write its configuration to the user's home; variables of a VS Code whose terminal runs us
 * would make it talk to that one.
 *
 * @param {Instance} instance
 */
function environment(instance) {
  const own = Object.entries(process.env).filter(([name]) => !/^(VSCODE_|CODE_SERVER_)/.test(name));
  return { ...Object.fromEntries(own), CODE_SERVER_CONFIG: instance.config };
}

/** @param {number} port */
async function isHealthy(port) {
  try {
    const response = await fetch(`http://127.0.0.1:${port}/healthz`);
    return response.ok;
  } catch {
    // Not listening yet.
    return false;
  }
}

/**
 * @param {number} port
 * @returns {Promise<number>}
 */
function listenOnce(port) {
  return new Promise((resolve, reject) => {
    const server = net.createServer();
    server.once('error', reject);
    server.listen(port, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => resolve(typeof address === 'object' && address ? address.port : port));
    });
  });
}
