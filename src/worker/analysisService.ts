import type { CheckpointFiles } from '../core/byteSource';
import { CheckpointAnalysis, localMeasurer, ownThread } from '../analysis';
import { manifestOf } from '../analysis/manifest';
import { defaultThresholds, thresholdsFrom, withFindings } from '../findings';
import { openCheckpoint } from '../formats';
import type { KernelChoice } from '../kernels';
import { metricCatalogue } from '../metrics';
import type { Beat } from '../protocol/heartbeat';
import type { LayerRow } from '../protocol/layers';
import type { WorkerApi, WorkerEvents } from '../protocol/workerApi';
import { CachedResults, type CacheSettings } from './cachedResults';
import { filesAt } from './filesAt';
import { MeasurerThreads, type MeasurerThreadsOptions } from './measurerThreads';
import { throttle } from './throttle';

const notifyEveryMs = 100;
/** Rows of one message: a message stays well under a MiB. */
const rowsPerMessage = 200;

export interface ServiceOptions {
  readonly kernels: Promise<KernelChoice>;
  /** 1 in its first element stops all measuring. */
  readonly stopFlag: Int32Array;
  /** Called at every look at the flag: who watches the thread sees that it works. Absent: nobody watches. */
  readonly beat?: Beat;
  /** The built worker and what it is started with, for threads that measure; undefined measures in this one. */
  readonly threads: Pick<MeasurerThreadsOptions, 'workerFile' | 'settings'> | undefined;
  /** Where results are kept; absent: nowhere. */
  readonly cache?: CacheSettings;
}

/** The analysis thread's side: one checkpoint, opened once. It plans and answers; measuring is done in threads of its own. */
export function analysisService(
  events: WorkerEvents,
  { kernels, stopFlag, beat = () => undefined, threads, cache }: ServiceOptions,
): WorkerApi {
  let files: CheckpointFiles | undefined;
  let analysis: CheckpointAnalysis | undefined;
  let running: Promise<void> | undefined;
  let cached: CachedResults | undefined;
  let thresholds = defaultThresholds;
  const changed = new Map<number, LayerRow>();
  const isStopped = (): boolean => {
    beat();
    return Atomics.load(stopFlag, 0) === 1;
  };

  const opened = (): CheckpointAnalysis => {
    if (!analysis) throw new Error('No checkpoint is open');
    return analysis;
  };
  const save = async (): Promise<void> => {
    await cached?.write(analysis?.snapshot());
  };
  const notices = throttle(() => {
    if (!analysis) return;
    const rows = [...changed.values()];
    changed.clear();
    for (let start = 0; start < rows.length; start += rowsPerMessage) {
      ignore(events.rowsChanged(rows.slice(start, start + rowsPerMessage)));
    }
    ignore(events.progressed(analysis.overview()));
  }, notifyEveryMs);

  return {
    catalogue: () => Promise.resolve(metricCatalogue),

    open: async (location, options) => {
      await files?.close();
      const opening = await filesAt(location);
      files = opening;
      ({ thresholds } = thresholdsFrom(options.thresholds ?? {}));
      const checkpoint = await openCheckpoint(opening);
      const choice = await kernels;
      const now = (): number => performance.now();
      const local = localMeasurer(checkpoint, {
        kernels: choice.kernels,
        now,
        isStopped: () => {
          beat();
          return false;
        },
      });
      const { length: tensorCount } = checkpoint.tensors;
      const pool =
        threads && location.kind !== 'bytes'
          ? new MeasurerThreads({
              ...threads,
              location,
              tensorCount,
              stopFlag,
              ...(options.threads === undefined ? {} : { threads: options.threads }),
            })
          : ownThread(localMeasurer(checkpoint, { kernels: choice.kernels, now, isStopped }));
      analysis = new CheckpointAnalysis(checkpoint, {
        ...options,
        name: opening.main.name,
        choice,
        local,
        pool,
        isStopped,
        onProgress: () => notices.request(),
        onRow: (row) => {
          changed.set(row.index, row);
          notices.request();
        },
      });
      cached = cache && (await CachedResults.of(files, choice.describe(), cache));
      analysis.restore(await cached?.read());
      return analysis.overview();
    },

    analyse: async () => {
      running ??= opened()
        .run()
        .finally(async () => {
          running = undefined;
          notices.flush();
          await save();
        });
      await running;
    },

    // The flag that `isStopped` reads is set by the host before it calls.
    stop: async () => {
      analysis?.wake();
      await running;
    },
    pause: () => {
      opened().pause();
      return Promise.resolve();
    },
    resume: () => {
      opened().resume();
      return Promise.resolve();
    },

    rows: async (start, end) => Promise.resolve(opened().rows(start, end)),
    tensors: async (start, end) => Promise.resolve(opened().tensors(start, end)),
    skipped: async (start, end) => Promise.resolve(opened().skipped().slice(start, end)),
    detail: async (layer) => await opened().detail(layer),
    measureNow: async (layer) => {
      await opened().measureNow(layer);
      notices.flush();
      await save();
    },
    findings: async () => {
      const { findings, techniques } = withFindings(opened().report(), thresholds);
      return await Promise.resolve({ findings, techniques });
    },
    manifest: async () => Promise.resolve(manifestOf(withFindings(opened().report(), thresholds))),
    report: async () => Promise.resolve(withFindings(opened().report(), thresholds)),
  };
}

/** A notice that nobody hears is no fault: the other side has closed. */
function ignore(sent: Promise<void>): void {
  sent.catch(() => undefined);
}
