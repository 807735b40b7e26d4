import { Worker } from 'node:worker_threads';

import { newHeartbeat, patienceWith, silenceText, watchHeartbeat } from '../protocol/heartbeat';
import { connect, RemoteError, serve, type Methods } from '../protocol/rpc';
import { threadPort } from '../protocol/threadPort';

/** A thread that works for one view. Ending it is safe at any time: it holds nothing but files opened for reading. */
export interface WorkerThread<Api> {
  readonly api: Api;
  /** Makes the step in hand end at its next look, also in the middle of a matrix product. */
  stopNow(): void;
  /** Lets steps run again after `stopNow`. */
  allow(): void;
  dispose(): void;
}

/** What the user and the workspace say about kernels; the worker checks it. */
export interface ThreadSettings {
  readonly backend: string;
  readonly tensorflowPath: string;
  readonly trustedFolders: readonly string[];
  readonly verdict: Int32Array;
}

export interface WorkerThreadOptions {
  readonly role: 'analysis' | 'comparison';
  readonly settings: ThreadSettings;
  /** Where results are kept, and how many bytes of them. */
  readonly cache: { readonly folder: string; readonly maxBytes: number; readonly version: string };
  /** After so many seconds without a sign of life the thread is ended. */
  readonly silentSeconds?: number;
}

/**
 * @param file the built worker
 * @param onDied told once, when the thread ends without having been asked to
 */
export function startWorkerThread<Api extends Methods<Api>, Events extends Methods<Events>>(
  file: string,
  { role, settings, cache, silentSeconds = patienceWith(settings) }: WorkerThreadOptions,
  events: Events,
  onDied: (reason: string) => void,
): WorkerThread<Api> {
  const stopFlag = new Int32Array(new SharedArrayBuffer(4));
  const heartbeat = newHeartbeat();
  const worker = new Worker(file, {
    workerData: { role, stopFlag, heartbeat, settings, cache },
    // A checkpoint's arrays live outside this heap; what is inside is the report of its layers.
    resourceLimits: { maxOldGenerationSizeMb: 2048 },
  });
  const port = threadPort(worker);
  const { api, dispose } = connect<Api>(port);
  const stopServing = serve<Events>(port, events);
  let ended = false;
  const end = (reason: string | Error): void => {
    if (ended) return;
    ended = true;
    stopWatching();
    stopServing();
    dispose(reason);
  };
  const died = (reason: string | Error): void => {
    const wasEnded = ended;
    end(reason);
    if (!wasEnded) onDied(typeof reason === 'string' ? reason : reason.message);
  };
  const endSilent = (): void => {
    died(silenceFault(silenceText(`the ${role}`, silentSeconds)));
    void worker.terminate();
  };
  const stopWatching = watchHeartbeat(heartbeat, endSilent, silentSeconds);
  worker.on('error', (error) => died(`The ${role} stopped: ${error.message}`));
  worker.on('exit', (code) => died(`The ${role} stopped with code ${code}`));
  return {
    api,
    stopNow: () => Atomics.store(stopFlag, 0, 1),
    allow: () => Atomics.store(stopFlag, 0, 0),
    dispose: () => {
      end('The checkpoint was closed');
      void worker.terminate();
    },
  };
}

/** The file's fault: it is shown as it is. */
function silenceFault(reason: string): RemoteError {
  return new RemoteError({
    name: 'FormatError',
    message: reason,
    fields: {
      reason,
      remedy:
        'If the file is on a slow or sleeping drive, copy it to this machine and open it there',
    },
  });
}
