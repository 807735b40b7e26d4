import { Worker } from 'node:worker_threads';

import { connect, serve } from '../protocol/rpc';
import { threadPort } from '../protocol/threadPort';
import type { WorkerApi, WorkerEvents } from '../protocol/workerApi';

/** The thread that reads and measures one checkpoint. Ending it is safe at any time: it holds nothing but a file opened for reading. */
export interface AnalysisThread {
  readonly api: WorkerApi;
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

export interface AnalysisThreadOptions {
  readonly settings: ThreadSettings;
  /** Where results are kept, and how many bytes of them. */
  readonly cache: { readonly folder: string; readonly maxBytes: number; readonly version: string };
}

/**
 * @param file the built worker
 * @param onDied told once, when the thread ends without having been asked to
 */
export function startAnalysisThread(
  file: string,
  { settings, cache }: AnalysisThreadOptions,
  events: WorkerEvents,
  onDied: (reason: string) => void,
): AnalysisThread {
  const stopFlag = new Int32Array(new SharedArrayBuffer(4));
  const worker = new Worker(file, {
    workerData: { role: 'analysis', stopFlag, settings, cache },
    // A checkpoint's arrays live outside this heap; what is inside is the report of its layers.
    resourceLimits: { maxOldGenerationSizeMb: 2048 },
  });
  const port = threadPort(worker);
  const { api, dispose } = connect<WorkerApi>(port);
  const stopServing = serve<WorkerEvents>(port, events);
  let ended = false;
  const end = (reason: string): void => {
    if (ended) return;
    ended = true;
    stopServing();
    dispose(reason);
  };
  worker.on('error', (error) => {
    const wasEnded = ended;
    end(`The analysis stopped: ${error.message}`);
    if (!wasEnded) onDied(`The analysis stopped: ${error.message}`);
  });
  worker.on('exit', (code) => {
    const wasEnded = ended;
    end(`The analysis stopped with code ${code}`);
    if (!wasEnded) onDied(`The analysis stopped with code ${code}`);
  });
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
