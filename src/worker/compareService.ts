import { CheckpointAnalysis, localMeasurer, ownThread, type MeasurerPool } from '../analysis';
import { CheckpointComparison, type ComparisonSide } from '../analysis/compare';
import type { CheckpointFiles } from '../core/byteSource';
import { FormatError } from '../core/errors';
import type { Report } from '../core/report';
import { thresholdsFrom, withFindings } from '../findings';
import { openCheckpoint } from '../formats';
import type { KernelChoice } from '../kernels';
import { metricCatalogue } from '../metrics';
import type { CompareApi, CompareEvents } from '../protocol/compareApi';
import type { Location, PlanOptions } from '../protocol/workerApi';
import type { ServiceOptions } from './analysisService';
import { CachedResults, type CacheSettings } from './cachedResults';
import { filesAt } from './filesAt';
import { MeasurerThreads } from './measurerThreads';
import { throttle } from './throttle';

const notifyEveryMs = 100;
/** Rows of one message: a message stays well under a MiB. */
const rowsPerMessage = 200;

/** One checkpoint of the two, opened. */
interface OpenSide extends ComparisonSide {
  readonly files: CheckpointFiles;
  readonly pool: MeasurerPool;
  readonly cached: CachedResults | undefined;
}

/** The comparing thread's side: two checkpoints, opened once. Measuring is done in threads of its own, one checkpoint after the other. */
export function compareService(events: CompareEvents, service: ServiceOptions): CompareApi {
  const { kernels, stopFlag, beat = () => undefined } = service;
  let comparison: CheckpointComparison | undefined;
  let sides: readonly OpenSide[] = [];
  let running: Promise<void> | undefined;
  const changed = new Set<number>();
  const isStopped = (): boolean => {
    beat();
    return Atomics.load(stopFlag, 0) === 1;
  };
  const opened = (): CheckpointComparison => {
    if (!comparison) throw new Error('No checkpoints are open');
    return comparison;
  };
  const notices = throttle(() => {
    if (!comparison) return;
    const indices = [...changed];
    changed.clear();
    for (let start = 0; start < indices.length; start += rowsPerMessage) {
      const rows = indices.slice(start, start + rowsPerMessage).flatMap((index) => {
        return comparison?.rows(index, index + 1) ?? [];
      });
      ignore(events.rowsChanged(rows));
    }
    ignore(events.progressed(comparison.overview()));
  }, notifyEveryMs);
  const close = async (): Promise<void> => {
    const closing = sides;
    sides = [];
    comparison = undefined;
    for (const { files, pool } of closing) {
      if (pool instanceof MeasurerThreads) pool.dispose();
      await files.close();
    }
  };

  return {
    catalogue: () => Promise.resolve(metricCatalogue),

    open: async (locationA, locationB, options) => {
      await close();
      const choice = await kernels;
      const openSideOf = async (location: Location, side: 'a' | 'b'): Promise<OpenSide> => {
        const one = await openSide(location, options, {
          ...service,
          side,
          choice,
          isStopped,
          onProgress: (layer) => comparison?.advanced(side, layer),
        });
        sides = [...sides, one];
        return one;
      };
      try {
        const a = await openSideOf(locationA, 'a');
        const b = await openSideOf(locationB, 'b');
        comparison = await CheckpointComparison.of(a, b, {
          ...options,
          kernels: choice.kernels,
          now: () => performance.now(),
          isStopped,
          onProgress: () => notices.request(),
          onRow: (index) => {
            changed.add(index);
            notices.request();
          },
        });
        return comparison.overview();
      } catch (error) {
        await close();
        throw error;
      }
    },

    compare: async () => {
      running ??= opened()
        .run()
        .finally(async () => {
          running = undefined;
          notices.flush();
          for (const { analysis, cached } of sides) await cached?.write(analysis.snapshot());
        });
      await running;
    },

    // The flag that `isStopped` reads is set before this is called.
    stop: async () => {
      for (const { analysis } of sides) analysis.wake();
      await running;
    },

    rows: async (start, end) => Promise.resolve(opened().rows(start, end)),
    unmatched: async (side, start, end) => Promise.resolve(opened().unmatched(side, start, end)),
    detail: async (pair) => await opened().detail(pair),
    findings: async () => Promise.resolve(opened().findings()),
    comparison: async () => Promise.resolve(opened().comparison()),
    close,
  };
}

interface SideOptions extends Omit<ServiceOptions, 'kernels'> {
  readonly side: 'a' | 'b';
  readonly choice: KernelChoice;
  readonly isStopped: () => boolean;
  readonly cache?: CacheSettings;
  readonly onProgress: (layer?: number) => void;
}

async function openSide(
  location: Location,
  plan: PlanOptions,
  { side, choice, isStopped, stopFlag, beat, threads, cache, onProgress }: SideOptions,
): Promise<OpenSide> {
  const files = await filesAt(location);
  try {
    const checkpoint = await openCheckpoint(files);
    const measuring = { kernels: choice.kernels, now: () => performance.now() };
    const pool =
      threads && location.kind !== 'bytes'
        ? new MeasurerThreads({
            ...threads,
            location,
            tensorCount: checkpoint.tensors.length,
            stopFlag,
            ...(plan.threads === undefined ? {} : { threads: plan.threads }),
          })
        : ownThread(localMeasurer(checkpoint, { ...measuring, isStopped }));
    const analysis = new CheckpointAnalysis(checkpoint, {
      ...plan,
      name: files.main.name,
      choice,
      local: localMeasurer(checkpoint, {
        ...measuring,
        isStopped: () => {
          beat?.();
          return false;
        },
      }),
      pool,
      isStopped,
      onProgress: () => onProgress(),
      onRow: ({ index }) => onProgress(index),
    });
    const cached = cache && (await CachedResults.of(files, choice.describe(), cache));
    analysis.restore(await cached?.read());
    const { thresholds } = thresholdsFrom(plan.thresholds);
    const report = (): Report => withFindings(analysis.report(), thresholds);
    return { files, checkpoint, analysis, pool, cached, report };
  } catch (error) {
    await files.close();
    throw error instanceof FormatError ? naming(side, files.main.name, error) : error;
  }
}

/** There are two files, often of the same name: the message must say which. */
function naming(
  side: 'a' | 'b',
  name: string,
  { format, reason, byteOffset, remedy }: FormatError,
): FormatError {
  const which = `${name} (${side.toUpperCase()})`;
  return new FormatError(format, `${which}: ${reason}`, { byteOffset, remedy });
}

/** A notice that nobody hears is no fault: the other side has closed. */
function ignore(sent: Promise<void>): void {
  sent.catch(() => undefined);
}
