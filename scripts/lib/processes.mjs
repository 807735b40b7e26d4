/**
 * Child processes that never outlive this one. Each is the leader of its own process group (a session on POSIX), so that what it
 * starts is stopped with it; groups still alive when this process ends, for whatever reason it can notice, are killed.
 */
import { spawn } from 'node:child_process';

const windows = process.platform === 'win32';
const stopPatienceMs = 5_000;

/** @type {Set<import('node:child_process').ChildProcess>} */
const running = new Set();

process.on('exit', () => {
  for (const child of running) signalGroup(child, 'SIGKILL');
});

/**
 * Starts a program in a process group of its own.
 *
 * @param {string} command
 * @param {readonly string[]} args
 * @param {import('node:child_process').SpawnOptions} [options]
 */
export function start(command, args, options = {}) {
  const child = spawn(command, [...args], { detached: !windows, ...options });
  running.add(child);
  child.once('error', () => running.delete(child));
  // What a program leaves behind in its group when it ends is of no use to anyone.
  child.once('exit', () => {
    signalGroup(child, 'SIGKILL');
    running.delete(child);
  });
  return child;
}

/**
 * Ends a program and all it started: asks first, insists after five seconds.
 *
 * @param {import('node:child_process').ChildProcess} child
 * @returns {Promise<void>}
 */
export function stop(child) {
  if (child.exitCode !== null || child.signalCode !== null || child.pid === undefined) {
    return Promise.resolve();
  }
  return new Promise((resolve) => {
    const insist = setTimeout(() => signalGroup(child, 'SIGKILL'), stopPatienceMs);
    child.once('exit', () => {
      clearTimeout(insist);
      resolve();
    });
    signalGroup(child, 'SIGTERM');
  });
}

/**
 * @typedef {object} RunOptions
 * @property {string} [cwd]
 * @property {NodeJS.ProcessEnv} [env]
 * @property {number} [timeoutMs] the program is stopped after this time
 * @property {'inherit' | 'collect'} [output] collected output is returned; the default is to show it
 *
 * @typedef {object} RunResult
 * @property {number} code 0 when all went well, -1 when the program could not be started or was stopped
 * @property {string} output
 * @property {boolean} timedOut
 */

/**
 * Runs a program to its end.
 *
 * @param {string} command
 * @param {readonly string[]} args
 * @param {RunOptions} [options]
 * @returns {Promise<RunResult>}
 */
export async function run(command, args, options = {}) {
  const collect = options.output === 'collect';
  const child = start(command, args, {
    cwd: options.cwd,
    env: options.env,
    stdio: ['ignore', collect ? 'pipe' : 'inherit', collect ? 'pipe' : 'inherit'],
  });
  let output = '';
  const add = (/** @type {Buffer} */ chunk) => (output += chunk.toString());
  child.stdout?.on('data', add);
  child.stderr?.on('data', add);
  let timedOut = false;
  const timer = setTimeout(
    () => {
      timedOut = true;
      void stop(child);
    },
    options.timeoutMs ?? 2 ** 31 - 1,
  );
  try {
    const code = await new Promise((resolve) => {
      child.once('error', (error) => {
        output += `${error.message}\n`;
        resolve(-1);
      });
      child.once('close', (status) => resolve(status ?? -1));
    });
    return { code: timedOut ? -1 : code, output, timedOut };
  } finally {
    clearTimeout(timer);
  }
}

/**
 * Stops this process, and with it all it started, on Ctrl-C, on termination, when the terminal goes away, and when the program that
 * started it is gone: npm passes a signal to the shell between us, and the shell not to us.
 */
export function stopOnSignals() {
  const end = (/** @type {number} */ code) => {
    void Promise.all([...running].map(stop)).then(() => process.exit(code));
  };
  process.once('SIGINT', () => end(130));
  process.once('SIGTERM', () => end(143));
  process.once('SIGHUP', () => end(129));
  const parent = process.ppid;
  const watch = setInterval(() => {
    if (process.ppid === parent) return;
    clearInterval(watch);
    end(143);
  }, 500);
  watch.unref();
}

/**
 * @param {import('node:child_process').ChildProcess} child
 * @param {NodeJS.Signals} signal
 */
function signalGroup(child, signal) {
  if (child.pid === undefined) return;
  try {
    if (windows) child.kill(signal);
    else process.kill(-child.pid, signal);
  } catch (error) {
    // ESRCH: the group is gone already, which is what was wanted.
    if (!(error instanceof Error && 'code' in error && error.code === 'ESRCH')) throw error;
  }
}
