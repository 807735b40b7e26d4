import { existsSync } from 'node:fs';
import { join } from 'node:path';

import { CheckpointAnalysis, localMeasurer, ownThread } from '../analysis';
import { FormatError } from '../core/errors';
import type { Report } from '../core/report';
import { withFindings, type Thresholds } from '../findings';
import { openCheckpoint } from '../formats';
import type { BackendSetting, KernelChoice } from '../kernels';
import type { Location } from '../protocol/workerApi';
import { filesAt } from '../worker/filesAt';
import { kernelsFor, type KernelSettings } from '../worker/kernelSettings';
import { MeasurerThreads } from '../worker/measurerThreads';
import { locationOf } from './checkpointPath';
import { ProgressLine } from './progressLine';
import type { Terminal } from './terminal';
import { startWatchdog } from './watchdog';

/** Side above which a spectrum is left out: its Gram matrix would take more than 128 MiB. */
export const maxSpectrumSide = 4096;

/** How much is measured, and with what. */
export interface MeasureOptions {
  readonly budgetSeconds: number;
  /** 0: as many as there are cores, up to 4. */
  readonly threads: number;
  readonly backend: BackendSetting;
  /** Folder of a `@tensorflow/tfjs-node`. */
  readonly tensorflow: string | undefined;
  /** Instead of the defaults, on which the rules turn. */
  readonly thresholds?: Thresholds;
}

/** Measures checkpoints one after the other with kernels that are loaded once. */
export interface FileMeasurer {
  measure(path: string): Promise<Report>;
}

/** Measures one file after the other with the kernels that the options ask for. */
export async function fileMeasurer(
  options: MeasureOptions,
  terminal: Terminal,
): Promise<FileMeasurer> {
  const settings = kernelSettings(options);
  const choice = await kernelsFor(__dirname, settings);
  if (choice.problem !== undefined) terminal.err(`${choice.problem}\n`);
  return { measure: (path) => reportOf(path, choice, { options, settings, terminal }) };
}

interface ReportContext {
  readonly options: MeasureOptions;
  readonly settings: KernelSettings;
  readonly terminal: Terminal;
}

/** Native code is loaded from where it was named or installed with RegLens, never from the folder the command happens to run in. */
export function kernelSettings({ backend, tensorflow }: MeasureOptions): KernelSettings {
  const verdict = new Int32Array(new SharedArrayBuffer(8));
  return { backend, tensorflowPath: tensorflow ?? '', trustedFolders: [], verdict };
}

async function reportOf(
  path: string,
  choice: KernelChoice,
  { options, settings, terminal }: ReportContext,
): Promise<Report> {
  const location = await locationOf(path);
  const line = new ProgressLine(terminal);
  const files = await filesAt(location);
  const watchdog = startWatchdog(path);
  let pool: MeasurerThreads | undefined;
  try {
    const checkpoint = await openCheckpoint(files);
    const isStopped = (): boolean => {
      watchdog.beat();
      return false;
    };
    const now = (): number => performance.now();
    const local = localMeasurer(checkpoint, { kernels: choice.kernels, now, isStopped });
    pool = threadsFor(location, checkpoint.tensors.length, { options, settings });
    const analysis: CheckpointAnalysis = new CheckpointAnalysis(checkpoint, {
      name: files.main.name,
      choice,
      local,
      pool: pool ?? ownThread(local),
      isStopped,
      maxSpectrumSide,
      budgetSeconds: options.budgetSeconds,
      onProgress: () => line.draw(() => analysis.currentProgress),
    });
    await analysis.run();
    return withFindings(analysis.report(), options.thresholds);
  } finally {
    line.clear();
    pool?.dispose();
    await files.close();
    await watchdog.end();
  }
}

/** Threads that measure, where the built worker lies beside the command line. */
function threadsFor(
  location: Location,
  tensorCount: number,
  { options, settings }: Omit<ReportContext, 'terminal'>,
): MeasurerThreads | undefined {
  const workerFile = builtWorker();
  if (workerFile === undefined) return undefined;
  const stopFlag = new Int32Array(new SharedArrayBuffer(4));
  const { threads } = options;
  return new MeasurerThreads({ workerFile, settings, location, tensorCount, stopFlag, threads });
}

/** The worker beside the built command line; undefined where that runs from its sources. */
export function builtWorker(): string | undefined {
  const workerFile = join(__dirname, 'worker.js');
  return existsSync(workerFile) ? workerFile : undefined;
}

/** What is said of a file that cannot be read; undefined for a fault of ours. */
export function messageOf(error: unknown): string | undefined {
  if (error instanceof FormatError) {
    const place = error.byteOffset === undefined ? '' : ` (byte ${error.byteOffset})`;
    const remedy = error.remedy === undefined ? '' : `\n  ${error.remedy}`;
    return `${error.message}${place}${remedy}`;
  }
  if (error instanceof Error && 'code' in error && typeof error.code === 'string') {
    return error.message;
  }
  return undefined;
}
