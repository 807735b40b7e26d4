import { parentPort, workerData } from 'node:worker_threads';

import type { CompareApi, CompareEvents } from '../protocol/compareApi';
import { startBeating } from '../protocol/heartbeat';
import { connect, serve } from '../protocol/rpc';
import { threadPort } from '../protocol/threadPort';
import type { WorkerApi, WorkerEvents } from '../protocol/workerApi';
import { analysisService } from './analysisService';
import type { CacheSettings } from './cachedResults';
import { compareService } from './compareService';
import { kernelsFor, type KernelSettings } from './kernelSettings';
import { measurerService, type MeasurerApi } from './measurerService';

/** Entry of the threads that analyse or compare, and of those that measure for them: joins the port to the service, no more. */
const parent = parentPort;
if (!parent) throw new Error('The worker runs in a worker thread');

/** What a thread is started with. */
interface WorkerStart {
  readonly role: 'analysis' | 'comparison' | 'measurer';
  readonly stopFlag: Int32Array;
  /** Counted up while the thread lives; absent: nobody watches. */
  readonly heartbeat?: Int32Array;
  readonly settings: KernelSettings;
  /** Where results are kept; absent: nowhere. */
  readonly cache?: CacheSettings;
}

const port = threadPort(parent);
const { role, stopFlag, heartbeat, settings, cache } = workerData as WorkerStart;
const beat = heartbeat ? startBeating(heartbeat).beat : (): void => undefined;
const kernels = kernelsFor(__dirname, settings);
if (role === 'measurer') {
  serve<MeasurerApi>(
    port,
    measurerService(kernels, () => {
      beat();
      return Atomics.load(stopFlag, 0) === 1;
    }),
  );
} else {
  const threads = { workerFile: __filename, settings };
  const options = { kernels, stopFlag, beat, threads, ...(cache && { cache }) };
  if (role === 'comparison') {
    const { api: events } = connect<CompareEvents>(port);
    serve<CompareApi>(port, compareService(events, options));
  } else {
    const { api: events } = connect<WorkerEvents>(port);
    serve<WorkerApi>(port, analysisService(events, options));
  }
}
