import { existsSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { CheckpointAnalysis, localMeasurer, ownThread } from '../analysis';
import { FormatError } from '../core/errors';
import type { Report } from '../core/report';
import { openCheckpoint } from '../formats';
import { openLocalFiles } from '../io/checkpointFiles';
import type { KernelChoice } from '../kernels';
import { metricCatalogue } from '../metrics';
import { kernelsFor, type KernelSettings } from '../worker/kernelSettings';
import { MeasurerThreads } from '../worker/measurerThreads';
import { csvOf } from './csv';
import { globToRegExp } from './glob';
import { markdownOf } from './markdown';
import { inspectOptions, type InspectOptions } from './options';
import { ProgressLine } from './progressLine';
import { tableOf } from './table';
import type { Terminal } from './terminal';
import { usage, UsageError } from './usage';

/** Side above which a spectrum is left out: its Gram matrix would take more than 128 MiB. */
const maxSpectrumSide = 4096;

/** `reglens inspect`: every readable file is reported, also when another one is not. */
export async function inspect(argv: readonly string[], terminal: Terminal): Promise<number> {
  const options = inspectOptions(argv, new Set(metricCatalogue.map(({ id }) => id)));
  if (options.help) {
    terminal.out(usage);
    return 0;
  }
  const settings = kernelSettings(options);
  const choice = await kernelsFor(__dirname, settings);
  if (choice.problem !== undefined) terminal.err(`${choice.problem}\n`);
  const reports: Report[] = [];
  for (const file of options.files) {
    try {
      reports.push(
        selected(await reportOf(file, choice, { options, settings, terminal }), options),
      );
    } catch (error) {
      const message = messageOf(error);
      if (message === undefined) throw error;
      terminal.err(`${file}: ${message}\n`);
    }
  }
  const text = reports.length > 0 ? render(reports, options, terminal) : '';
  if (options.output === undefined) {
    terminal.out(text);
  } else if (reports.length > 0) {
    await write(options.output, text);
  }
  return reports.length === options.files.length ? 0 : 1;
}

interface ReportContext {
  readonly options: InspectOptions;
  readonly settings: KernelSettings;
  readonly terminal: Terminal;
}

/** Native code is loaded from where it was named or installed with RegLens, never from the folder the command happens to run in. */
function kernelSettings({ backend, tensorflow }: InspectOptions): KernelSettings {
  const verdict = new Int32Array(new SharedArrayBuffer(8));
  return { backend, tensorflowPath: tensorflow ?? '', trustedFolders: [], verdict };
}

async function reportOf(
  path: string,
  choice: KernelChoice,
  { options, settings, terminal }: ReportContext,
): Promise<Report> {
  const line = new ProgressLine(terminal);
  const files = await openLocalFiles(path);
  let pool: MeasurerThreads | undefined;
  try {
    const checkpoint = await openCheckpoint(files);
    const isStopped = (): boolean => false;
    const now = (): number => performance.now();
    const local = localMeasurer(checkpoint, { kernels: choice.kernels, now, isStopped });
    pool = threadsFor(path, checkpoint.tensors.length, { options, settings });
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
    return analysis.report();
  } finally {
    line.clear();
    pool?.dispose();
    await files.close();
  }
}

/** Threads that measure, where the built worker lies beside the command line. */
function threadsFor(
  path: string,
  tensorCount: number,
  { options, settings }: Omit<ReportContext, 'terminal'>,
): MeasurerThreads | undefined {
  const workerFile = join(__dirname, 'worker.js');
  if (!existsSync(workerFile)) return undefined;
  const stopFlag = new Int32Array(new SharedArrayBuffer(4));
  const { threads } = options;
  return new MeasurerThreads({ workerFile, settings, path, tensorCount, stopFlag, threads });
}

function selected(report: Report, { layers, metrics }: InspectOptions): Report {
  const pattern = layers === undefined ? undefined : globToRegExp(layers);
  return {
    ...report,
    layers: report.layers
      .filter(({ name, tensor }) => !pattern || pattern.test(name) || pattern.test(tensor))
      .map((layer) => {
        if (!metrics) return layer;
        const keep = <T>(record: Readonly<Record<string, T>>): Record<string, T> =>
          Object.fromEntries(Object.entries(record).filter(([id]) => metrics.includes(id)));
        return {
          ...layer,
          metrics: keep(layer.metrics),
          baselines: keep(layer.baselines),
          bounds: keep(layer.bounds),
        };
      }),
  };
}

function render(reports: readonly Report[], options: InspectOptions, terminal: Terminal): string {
  switch (options.format) {
    case 'json':
      return `${JSON.stringify(reports.length === 1 ? reports[0] : reports, null, 2)}\n`;
    case 'markdown':
      return reports.map((report) => markdownOf(report, options.metrics)).join('\n');
    case 'csv':
      return csvOf(reports, options.metrics);
    case 'table': {
      const colours = terminal.hasColours && options.output === undefined;
      return reports
        .map((report) =>
          tableOf(report, { metrics: options.metrics, colours, width: terminal.columns }),
        )
        .join('\n');
    }
  }
}

async function write(path: string, text: string): Promise<void> {
  try {
    await writeFile(path, text);
  } catch (error) {
    throw new UsageError(
      `cannot write "${path}": ${error instanceof Error ? error.message : String(error)}`,
    );
  }
}

/** What is said of a file that cannot be read; undefined for a fault of ours. */
function messageOf(error: unknown): string | undefined {
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
