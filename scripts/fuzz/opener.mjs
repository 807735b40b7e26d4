import { fileURLToPath } from 'node:url';

import { start } from '../lib/processes.mjs';

const child = fileURLToPath(new URL('child.mjs', import.meta.url));
const startMs = 60_000;
const limitMs = 2_000;
/** Where the machine is busy with something else, two seconds say nothing: a second try has more. */
const patientMs = 15_000;
const maxHeapMegabytes = 384;
/** Of the whole process, in which the readers and the HDF5 library are as well. */
const maxProcessBytes = 1024 * 2 ** 20;
/** One array. */
const maxArrayBytes = 256 * 2 ** 20;

/**
 * @typedef {object} Result
 * @property {'ok' | 'refused' | 'crash' | 'hang' | 'memory'} kind
 * @property {string} detail
 * @property {number} ms
 * @property {number} largest bytes of the largest array
 * @property {number} peak bytes of the process at most until now
 */

/** A process that opens inputs, started again whenever one of them ends it. */
export class Opener {
  /** @type {import('node:child_process').ChildProcess | undefined} */
  #process;
  #message;

  /** @param {object} message what the process begins with */
  constructor(message) {
    this.#message = message;
  }

  /** @param {number} number @returns {Promise<Result>} */
  async open(number) {
    const result = await this.#try(number, limitMs);
    return result.kind === 'hang' ? this.#try(number, patientMs) : result;
  }

  stop() {
    this.#process?.kill('SIGKILL');
    this.#process = undefined;
  }

  /** @param {number} number @param {number} patience @returns {Promise<Result>} */
  async #try(number, patience) {
    if (!this.#process) {
      this.#process = start(process.execPath, [`--max-old-space-size=${maxHeapMegabytes}`, child], {
        stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
      });
      const ready = await this.#ask(this.#message, startMs);
      if (ready.kind !== 'answer') throw new Error('the process that opens inputs does not start');
    }
    const answer = await this.#ask(number, patience);
    if (answer.kind === 'answer') {
      const result = /** @type {Result} */ (answer.value);
      if (result.largest <= maxArrayBytes && result.peak <= maxProcessBytes) return result;
      this.stop();
      return {
        ...result,
        kind: 'memory',
        detail: `array of ${result.largest}, process of ${result.peak} bytes`,
      };
    }
    this.stop();
    const nothing = { ms: patience, largest: 0, peak: 0 };
    if (answer.kind === 'late') return { kind: 'hang', detail: `over ${patience} ms`, ...nothing };
    return { kind: 'memory', detail: `the process ended: ${answer.reason}`, ...nothing };
  }

  /**
   * @param {unknown} message
   * @param {number} patience
   * @returns {Promise<{ kind: 'answer', value: unknown } | { kind: 'late' } | { kind: 'ended', reason: string }>}
   */
  #ask(message, patience) {
    const asked = this.#process;
    return new Promise((resolve) => {
      const settle = (/** @type {any} */ result) => {
        clearTimeout(timer);
        asked?.removeAllListeners('message');
        asked?.removeListener('exit', onExit);
        resolve(result);
      };
      const onExit = (/** @type {number | null} */ code, /** @type {string | null} */ signal) =>
        settle({ kind: 'ended', reason: signal ?? `code ${code}` });
      const timer = setTimeout(() => settle({ kind: 'late' }), patience);
      asked?.once('message', (value) => settle({ kind: 'answer', value }));
      asked?.once('exit', onExit);
      asked?.send(/** @type {any} */ (message));
    });
  }
}
