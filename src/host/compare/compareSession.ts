import { EventEmitter, type Uri } from 'vscode';

import type { ComparedLayer, FindingsChange } from '../../core/comparison';
import type { MetricDescriptor } from '../../core/metric';
import type { CompareApi, CompareEvents, CompareOverview } from '../../protocol/compareApi';
import type { PairDetail, PairRow } from '../../protocol/compareApi';
import type { Side } from '../../protocol/compareViewApi';
import type { Failure } from '../../protocol/viewApi';
import { setting, table } from '../config';
import { failureOf } from '../failures';
import { FileWatch } from '../fileWatch';
import { log } from '../log';
import type { Build } from '../session';
import { threadSettings } from '../threadSettings';
import { startWorkerThread, type WorkerThread } from '../workerThread';
import { findFile } from './findFile';

const rowsPerPage = 200;
type Thread = WorkerThread<CompareApi>;

/** Two checkpoints, compared in a thread of their own. Keeps the rows, so that a page can be rebuilt whatever becomes of the thread. */
export class CompareSession {
  private thread: Thread | undefined;
  private generation = 0;
  private readonly watches: readonly FileWatch[];
  private readonly progressEmitter = new EventEmitter<CompareOverview>();
  private readonly rowsEmitter = new EventEmitter<readonly PairRow[]>();
  private readonly restartEmitter = new EventEmitter<void>();
  private readonly findingsEmitter = new EventEmitter<FindingsChange>();
  private readonly changeEmitter = new EventEmitter<Side>();
  readonly onDidProgress = this.progressEmitter.event;
  readonly onDidChangeRows = this.rowsEmitter.event;
  readonly onDidFindFindings = this.findingsEmitter.event;
  /** The files were opened, opened again, or could not be. */
  readonly onDidRestart = this.restartEmitter.event;
  readonly onDidChangeOnDisk = this.changeEmitter.event;

  overview: CompareOverview | undefined;
  failure: Failure | undefined;
  findings: FindingsChange | undefined;
  catalogue: readonly MetricDescriptor[] = [];
  rows: PairRow[] = [];
  /** Settles when both files are open or one has failed to open. */
  opened: Promise<void>;

  constructor(
    readonly a: Uri,
    readonly b: Uri,
    private readonly build: Build,
  ) {
    this.watches = [
      new FileWatch(a, () => this.changeEmitter.fire('a')),
      new FileWatch(b, () => this.changeEmitter.fire('b')),
    ];
    this.opened = this.restart();
  }

  /** Reads both files anew. */
  reload(): Promise<void> {
    this.opened = this.restart();
    return this.opened;
  }

  async detail(pair: number): Promise<PairDetail> {
    return await (await this.living()).api.detail(pair);
  }

  async unmatched(side: Side, start: number, end: number): Promise<readonly ComparedLayer[]> {
    return await (await this.living()).api.unmatched(side, start, end);
  }

  async cancel(): Promise<void> {
    this.thread?.stopNow();
    await this.thread?.api.stop();
  }

  async resume(): Promise<void> {
    const thread = await this.living();
    thread.allow();
    void this.compare(thread, this.generation);
  }

  dispose(): void {
    this.generation += 1;
    this.thread?.dispose();
    this.thread = undefined;
    for (const watch of this.watches) watch.dispose();
    for (const emitter of [
      this.progressEmitter,
      this.rowsEmitter,
      this.restartEmitter,
      this.findingsEmitter,
      this.changeEmitter,
    ]) {
      emitter.dispose();
    }
  }

  private async restart(): Promise<void> {
    this.generation += 1;
    const generation = this.generation;
    this.thread?.dispose();
    this.thread = undefined;
    try {
      const { tokens } = this.build;
      const a = await findFile(this.a, 'a', tokens);
      const b = await findFile(this.b, 'b', tokens);
      if (generation !== this.generation) return;
      if ('title' in a) {
        this.fail(a);
        return;
      }
      if ('title' in b) {
        this.fail(b);
        return;
      }
      const thread = this.start(generation);
      const catalogue = await thread.api.catalogue();
      const overview = await thread.api.open(a, b, {
        maxSpectrumSide: setting('analysis.maxSpectrumSide', this.b),
        budgetSeconds: setting('analysis.budgetSeconds', this.b),
        threads: setting('analysis.threads', this.b),
        thresholds: table('findings.thresholds', this.b),
      });
      const rows = await allRows(thread, overview.totals.pairCount);
      if (generation !== this.generation) return;
      this.catalogue = catalogue;
      this.overview = overview;
      this.rows = rows;
      this.failure = undefined;
      this.findings = undefined;
      this.restartEmitter.fire();
      void this.compare(thread, generation);
    } catch (error) {
      if (generation === this.generation) this.fail(failureOf(error), error);
    }
  }

  private start(generation: number): Thread {
    const isCurrent = (): boolean => generation === this.generation;
    const thread = startWorkerThread<CompareApi, CompareEvents>(
      this.build.workerFile,
      {
        role: 'comparison',
        settings: threadSettings(this.b),
        cache: {
          folder: this.build.cacheFolder,
          maxBytes: setting('cache.maxMB') * 2 ** 20,
          version: this.build.version,
        },
      },
      {
        progressed: (overview) => {
          if (isCurrent()) this.advance(overview);
          return Promise.resolve();
        },
        rowsChanged: (rows) => {
          if (isCurrent()) {
            for (const row of rows) this.rows[row.index] = row;
            this.rowsEmitter.fire(rows);
          }
          return Promise.resolve();
        },
      },
      (reason) => {
        if (!isCurrent()) return;
        this.thread = undefined;
        log.error(`${this.a.toString()} and ${this.b.toString()}: ${reason}`);
        const { overview } = this;
        if (!overview) return;
        this.advance({ ...overview, progress: { ...overview.progress, phase: 'cancelled' } });
      },
    );
    this.thread = thread;
    return thread;
  }

  private advance(overview: CompareOverview): void {
    this.overview = overview;
    this.progressEmitter.fire(overview);
  }

  private async compare(thread: Thread, generation: number): Promise<void> {
    try {
      await thread.api.compare();
      if (generation !== this.generation || this.overview?.progress.phase !== 'done') return;
      this.findings = await thread.api.findings();
      this.findingsEmitter.fire(this.findings);
    } catch (error) {
      if (generation !== this.generation || this.thread !== thread) return;
      this.fail(failureOf(error), error);
    }
  }

  /** The thread, started and opened anew where it has died. */
  private async living(): Promise<Thread> {
    await this.opened;
    if (this.thread) return this.thread;
    await this.reload();
    const thread = this.thread as Thread | undefined;
    if (!thread) throw new Error(this.failure?.message ?? 'The checkpoints are closed');
    return thread;
  }

  private fail(failure: Failure, error?: unknown): void {
    if (failure.internal) log.error(`${this.a.toString()} and ${this.b.toString()}`, error);
    this.thread?.dispose();
    this.thread = undefined;
    this.failure = failure;
    this.overview = undefined;
    this.findings = undefined;
    this.rows = [];
    this.restartEmitter.fire();
  }
}

async function allRows(thread: Thread, count: number): Promise<PairRow[]> {
  const rows: PairRow[] = [];
  while (rows.length < count) {
    const page = await thread.api.rows(rows.length, rows.length + rowsPerPage);
    if (page.length === 0) break;
    rows.push(...page);
  }
  return rows;
}
