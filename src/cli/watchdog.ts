import { Worker } from 'node:worker_threads';

import {
  newHeartbeat,
  silenceText,
  silentSeconds,
  startBeating,
  type Beat,
} from '../protocol/heartbeat';

/**
 * The thread that ends the process. It is a text of its own, not the built worker: it is up in some ten milliseconds and takes no kernels.
 * In the middle of a parser's loop the main thread hears no message and runs no handler, so the message is written here.
 */
export const watchdogCode = `
const { workerData } = require('node:worker_threads');
const { counter, limit, text } = workerData;
let last = Atomics.load(counter, 0);
let silent = 0;
setInterval(() => {
  const now = Atomics.load(counter, 0);
  silent = now === last ? silent + 1 : 0;
  last = now;
  if (silent < limit) return;
  require('node:fs').writeSync(2, text);
  process.kill(process.pid, 'SIGKILL');
}, 1000);
`;

/** Watches the main thread, where a command line opens files. */
export interface Watchdog {
  /** To be called where the thread works for long without answering messages. */
  readonly beat: Beat;
  end(): Promise<void>;
}

/** Ends the process, with a message, when its main thread is silent for a minute: a file made a parser loop. */
export function startWatchdog(path: string): Watchdog {
  const counter = newHeartbeat();
  const { beat, stop } = startBeating(counter);
  const text = `${path}: ${silenceText('reading it')}\n`;
  const worker = new Worker(watchdogCode, {
    eval: true,
    workerData: { counter, limit: silentSeconds, text },
  });
  worker.unref();
  return {
    beat,
    end: async () => {
      stop();
      await worker.terminate();
    },
  };
}
