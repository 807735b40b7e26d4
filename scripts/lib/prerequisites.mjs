/** What the machine must have and npm cannot bring: a Chromium browser, and what code-server's native modules are compiled with. */
import fs from 'node:fs';
import path from 'node:path';

import { run } from './processes.mjs';

const browsers = {
  linux: ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable'],
  darwin: [
    '/Applications/Chromium.app/Contents/MacOS/Chromium',
    '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
  ],
  win32: [
    'C:\\Program Files\\Google\\Chrome\\Application\\chrome.exe',
    'C:\\Program Files (x86)\\Microsoft\\Edge\\Application\\msedge.exe',
  ],
};

/** @returns {string | undefined} the browser the tests drive: CHROMIUM in the environment, else the first that is installed */
export function findBrowser() {
  const named = process.env['CHROMIUM'];
  if (named) return fs.existsSync(named) ? named : undefined;
  const candidates = Object.entries(browsers).find(([platform]) => platform === process.platform);
  for (const candidate of candidates?.[1] ?? []) {
    const found = path.isAbsolute(candidate) ? existing(candidate) : onPath(candidate);
    if (found) return found;
  }
  return undefined;
}

/**
 * @param {string} program
 * @returns {string | undefined}
 */
export function onPath(program) {
  const suffixes = process.platform === 'win32' ? ['.cmd', '.exe', ''] : [''];
  for (const folder of (process.env['PATH'] ?? '').split(path.delimiter)) {
    for (const suffix of suffixes) {
      const found = folder && existing(path.join(folder, program + suffix));
      if (found) return found;
    }
  }
  return undefined;
}

/** @typedef {{ name: string, packages: readonly string[], advice: string }} Missing */

/** @returns {Missing[]} what the end-to-end tests need and this machine has not */
export function missingForTests() {
  if (findBrowser()) return [];
  return [
    {
      name: 'Chromium',
      packages: ['chromium'],
      advice: 'Install Chromium or Chrome, or set CHROMIUM to its executable.',
    },
  ];
}

/** @returns {Missing[]} what installing code-server needs and this machine has not */
export function missingForInstall() {
  /** @type {Missing[]} */
  const missing = [];
  if (process.platform === 'linux' && !fs.existsSync('/usr/include/gssapi/gssapi.h')) {
    missing.push({
      name: 'the Kerberos headers (gssapi/gssapi.h)',
      packages: ['libkrb5-dev'],
      advice: 'Install libkrb5-dev (Debian, Ubuntu) or krb5-devel (Fedora).',
    });
  }
  if (!onPath('c++') || !onPath('make')) {
    missing.push({
      name: 'a C++ compiler and make',
      packages: ['g++', 'make'],
      advice: 'Install build-essential (Debian, Ubuntu) or the Xcode command line tools (macOS).',
    });
  }
  if (!onPath('python3')) {
    missing.push({ name: 'python3', packages: ['python3'], advice: 'Install Python 3.' });
  }
  return missing;
}

/**
 * Installs what is missing where that can be done unasked: on Debian and its kin, as root. Elsewhere says how to get it.
 *
 * @param {readonly Missing[]} missing
 * @param {(line: string) => void} log
 */
export async function provide(missing, log) {
  if (missing.length === 0) return;
  const packages = missing.flatMap((item) => item.packages);
  const names = missing.map((item) => item.name).join(', ');
  if (!onPath('apt-get') || process.getuid?.() !== 0) {
    const advice = missing.map((item) => `  ${item.advice}`).join('\n');
    throw new Error(`This machine lacks ${names}.\n${advice}`);
  }
  log(`Installing ${packages.join(' ')} with apt-get (for ${names})`);
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  const install = ['install', '-y', '--no-install-recommends', ...packages];
  const update = await run('apt-get', ['update'], { env, output: 'collect', timeoutMs: 300_000 });
  const { code, output } = await run('apt-get', install, {
    env,
    output: 'collect',
    timeoutMs: 600_000,
  });
  if (code !== 0) {
    throw new Error(
      `apt-get install ${packages.join(' ')} failed:\n${update.output}${output}`.trimEnd(),
    );
  }
}

/** @param {string} file */
function existing(file) {
  return fs.existsSync(file) ? file : undefined;
}
