import { availableParallelism } from 'node:os';
import { Worker } from 'node:worker_threads';

import { MeasurerLost, type Measurer, type MeasurerPool } from '../analysis';
import { newHeartbeat, patienceWith, silenceText, watchHeartbeat } from '../protocol/heartbeat';
import { connect } from '../protocol/rpc';
import { threadPort } from '../protocol/threadPort';
import type { Location } from '../protocol/workerApi';
import type { KernelSettings } from './kernelSettings';
import type { MeasurerApi } from './measurerService';

/** Threads with nothing to do are kept so long: starting one takes a tenth of a second, and memory is the user's. */
const lingerMs = 5000;
/** More threads than this wait for the disk, and each holds its own Gram matrices. */
const maxThreads = 4;

export interface MeasurerThreadsOptions {
  /** The built worker. */
  readonly workerFile: string;
  readonly settings: KernelSettings;
  readonly location: Location;
  readonly tensorCount: number;
  /** 1 in its first element makes all threads stop what they are at. */
  readonly stopFlag: Int32Array;
  /** 0: as many as there are cores, up to 4. */
  readonly threads?: number;
  /** After so many seconds without a sign of life a thread is ended. */
  readonly silentSeconds?: number;
}

/** Measurers in threads of their own, each with its own file handle and kernels. */
export class MeasurerThreads implements MeasurerPool {
  private started: Promise<readonly Thread[]> | undefined;
  private users = 0;
  private timer: NodeJS.Timeout | undefined;

  constructor(private readonly options: MeasurerThreadsOptions) {}

  async start(): Promise<readonly Measurer[]> {
    this.users += 1;
    clearTimeout(this.timer);
    this.started ??= this.open();
    try {
      const living = (await this.started).filter(({ isLost }) => !isLost);
      if (living.length > 0) return inPairs(living);
      this.started = this.open();
      return inPairs(await this.started);
    } catch (error) {
      this.started = undefined;
      this.users -= 1;
      throw error;
    }
  }

  end(): void {
    this.users -= 1;
    if (this.users > 0) return;
    this.timer = setTimeout(() => this.dispose(), lingerMs);
    // A command line that is done does not wait for it.
    this.timer.unref();
  }

  dispose(): void {
    clearTimeout(this.timer);
    const { started } = this;
    this.started = undefined;
    void started?.then(
      (threads) => threads.forEach((thread) => thread.dispose()),
      () => undefined,
    );
  }

  private async open(): Promise<readonly Thread[]> {
    const { threads = 0, location, tensorCount } = this.options;
    const count = threads > 0 ? threads : Math.min(maxThreads, availableParallelism());
    const all = Array.from({ length: count }, () => new Thread(this.options));
    const opened = await Promise.allSettled(
      all.map(async (thread) => {
        await thread.open(location, tensorCount);
        return thread;
      }),
    );
    const living = opened.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : []));
    for (const thread of all) if (!living.includes(thread)) thread.dispose();
    const failure = opened.find((one) => one.status === 'rejected');
    if (living.length === 0 && failure) throw failure.reason;
    return living;
  }
}

/** Each twice: the next task waits in the thread while one is computed, not on its way there. */
function inPairs(threads: readonly Thread[]): readonly Measurer[] {
  return [...threads, ...threads].map(({ measurer }) => measurer);
}

class Thread {
  private readonly api: MeasurerApi;
  readonly measurer: Measurer;
  isLost = false;
  private working = 0;
  private readonly worker: Worker;
  private readonly disconnect: (reason?: string) => void;
  private readonly stopWatching: () => void;

  constructor({
    workerFile,
    stopFlag,
    settings,
    silentSeconds = patienceWith(settings),
  }: MeasurerThreadsOptions) {
    const heartbeat = newHeartbeat();
    this.worker = new Worker(workerFile, {
      workerData: { role: 'measurer', stopFlag, heartbeat, settings },
      resourceLimits: { maxOldGenerationSizeMb: 1024 },
    });
    this.worker.unref();
    const { worker } = this;
    const { api, dispose } = connect<MeasurerApi>(threadPort(worker));
    this.api = api;
    this.disconnect = dispose;
    this.stopWatching = watchHeartbeat(
      heartbeat,
      () => {
        this.lose(silenceText('the measuring thread', silentSeconds));
        void worker.terminate();
      },
      silentSeconds,
    );
    worker.on('error', (error) => this.lose(`the measuring thread ended: ${error.message}`));
    worker.on('exit', (code) => this.lose(`the measuring thread ended with code ${code}`));
    this.measurer = {
      statistics: (layer) => this.unlessLost(() => api.statistics(layer)),
      tensor: (index) => this.unlessLost(() => api.tensor(index)),
      spectrum: (layer, limits) => this.unlessLost(() => api.spectrum(layer, limits)),
      gramPart: (layer, part) => this.unlessLost(() => api.gramPart(layer, part)),
      operatorNorms: (layer) => this.unlessLost(() => api.operatorNorms(layer)),
    };
  }

  open(location: Location, tensorCount: number): Promise<void> {
    return this.unlessLost(() => this.api.open(location, tensorCount));
  }

  dispose(): void {
    this.lose('the checkpoint was closed');
    void this.worker.terminate();
  }

  private lose(reason: string): void {
    if (this.isLost) return;
    this.isLost = true;
    this.stopWatching();
    this.disconnect(reason);
  }

  private async unlessLost<T>(task: () => Promise<T>): Promise<T> {
    // A thread that works keeps the process alive; one that waits does not.
    this.working += 1;
    this.worker.ref();
    try {
      return await task();
    } catch (error) {
      if (this.isLost && error instanceof Error) throw new MeasurerLost(error.message);
      throw error;
    } finally {
      this.working -= 1;
      if (this.working === 0) this.worker.unref();
    }
  }
}
