/**
 * `npm start`: builds RegLens and opens the example workspace with it: in the VS Code on the PATH where there is one, else in VS Code
 * served to the browser.
 *
 *   --port N    port of the served VS Code (default: 8320, or a free one)
 *   --no-open   do not start a browser
 *   --serve     serve VS Code to the browser even where `code` is on the PATH
 *   --check     start, see that VS Code answers, stop
 */
import { spawn } from 'node:child_process';
import path from 'node:path';
import { parseArgs } from 'node:util';

import { build, isBuilt } from './lib/build.mjs';
import {
  freePort,
  installExtension,
  instanceIn,
  isFree,
  quietSettings,
  startCodeServer,
  workbenchUrl,
  writeSettings,
} from './lib/codeServer.mjs';
import { outFolder, root } from './lib/paths.mjs';
import { onPath } from './lib/prerequisites.mjs';
import { run, stopOnSignals } from './lib/processes.mjs';
import { provideServer } from './lib/vscodeServer.mjs';
import { writeVsix } from './lib/vsix.mjs';

const defaultPort = 8320;
const examples = path.join(root, 'examples');
const script = path.join(examples, 'pytorch/train_digits.py');
const checkpoint = path.join(examples, 'pytorch/checkpoints/digits-l1.safetensors');

const startedAt = Date.now();
const say = (/** @type {string} */ line) =>
  console.log(`[${((Date.now() - startedAt) / 1000).toFixed(1).padStart(5)} s] ${line}`);

stopOnSignals();
try {
  process.exitCode = await main();
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
}

async function main() {
  const options = readOptions();
  const port = await choosePort(options.port);
  if (isBuilt()) {
    say('dist/ is up to date');
  } else {
    say('Building');
    await build();
  }
  say('Packaging the extension');
  const vsix = path.join(outFolder, 'start', 'reglens.vsix');
  await writeVsix(vsix);
  await showSummary();
  const code = options.serve || options.check ? undefined : onPath('code');
  return code ? openInstalled(code, vsix) : serve(vsix, port, options);
}

function readOptions() {
  try {
    const { values } = parseArgs({
      options: {
        port: { type: 'string' },
        'no-open': { type: 'boolean', default: false },
        serve: { type: 'boolean', default: false },
        check: { type: 'boolean', default: false },
      },
    });
    return values;
  } catch (error) {
    // parseArgs says what it does not understand; the exit code says that nothing was tried.
    console.error(error instanceof Error ? error.message : error);
    process.exit(2);
  }
}

/** @param {string | undefined} wanted */
async function choosePort(wanted) {
  if (wanted === undefined) return (await isFree(defaultPort)) ? defaultPort : freePort();
  const port = Number(wanted);
  if (!Number.isInteger(port) || port < 1 || port > 65535) {
    throw new Error(`--port ${wanted} is no port: give a number from 1 to 65535`);
  }
  if (!(await isFree(port))) {
    throw new Error(`Port ${port} is in use: give another one, or none to have one chosen`);
  }
  return port;
}

async function showSummary() {
  const file = path.relative(root, checkpoint);
  say(`reglens inspect ${file}`);
  const { code } = await run(process.execPath, [path.join('dist', 'cli.js'), 'inspect', file], {
    cwd: root,
    timeoutMs: 120_000,
  });
  if (code !== 0) throw new Error(`reglens inspect ended with ${code}`);
}

/**
 * @param {string} code
 * @param {string} vsix
 */
async function openInstalled(code, vsix) {
  say(`Installing RegLens in the VS Code at ${code}`);
  const installed = await run(code, ['--install-extension', vsix, '--force'], {
    timeoutMs: 120_000,
  });
  if (installed.code !== 0) throw new Error('VS Code did not install the extension');
  const opened = await run(code, [examples, script], { timeoutMs: 120_000 });
  if (opened.code !== 0) throw new Error('VS Code did not open the example workspace');
  say('VS Code shows the example workspace; open a file of examples/pytorch/checkpoints');
  return 0;
}

/**
 * @param {string} vsix
 * @param {number} port
 * @param {ReturnType<typeof readOptions>} options
 */
async function serve(vsix, port, options) {
  const server = await provideServer(say);
  const instance = instanceIn(path.join(outFolder, 'start'));
  writeSettings(instance, quietSettings);
  await installExtension(server, instance, vsix);
  const running = await startCodeServer(server, instance, port);
  const url = workbenchUrl(port, examples, script);
  say('VS Code with RegLens and the example workspace:');
  console.log(`\n    ${url}\n`);
  if (options.check) {
    await running.stop();
    say('VS Code answered and was stopped');
    return 0;
  }
  say('Open a file of pytorch/checkpoints there. Ctrl-C stops it.');
  if (!options['no-open']) openBrowser(url);
  await running.exited;
  throw new Error(`VS Code ended:\n${running.log()}`);
}

/** @param {string} url */
function openBrowser(url) {
  const hasDisplay =
    process.platform === 'darwin' || process.env['DISPLAY'] || process.env['WAYLAND_DISPLAY'];
  const opener = onPath(process.platform === 'darwin' ? 'open' : 'xdg-open');
  // Without either the printed address is all that can be given. The browser is the user's: it outlives us.
  if (!hasDisplay || !opener) return;
  const child = spawn(opener, [url], { stdio: 'ignore', detached: true });
  child.on('error', (error) => say(`No browser was opened: ${error.message}`));
  child.unref();
}
