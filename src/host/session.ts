import { EventEmitter, type Uri } from 'vscode';

import type { Skipped } from '../core/checkpoint';
import type { MetricDescriptor } from '../core/metric';
import type { TensorReport } from '../core/report';
import type { LayerDetail, LayerRow } from '../protocol/layers';
import type { Failure, FindingsView, Overview } from '../protocol/viewApi';
import { startAnalysisThread, type AnalysisThread } from './analysisThread';
import { failureOf } from './failures';
import { threadSettings } from './threadSettings';
import { locate } from './location';
import { log } from './log';
import { cacheBytes, planFor } from './plan';
import type { AccessTokens } from './remote';

const rowsPerPage = 200;
const findingsEveryMs = 1000;
const noFindings: FindingsView = { findings: [], techniques: [] };

/** What the extension brings to every session. */
export interface Build {
  readonly workerFile: string;
  readonly version: string;
  readonly tokens: AccessTokens;
  /** Where results are kept. */
  readonly cacheFolder: string;
}

/**
 * One checkpoint, read and measured in its own thread. Keeps the rows, so that a view can be rebuilt, and what was measured stays,
 * whatever becomes of the thread.
 */
export class Session {
  private thread: AnalysisThread | undefined;
  private readonly panels = new Map<object, boolean>();
  private neededUnseen = false;
  private isPaused = false;
  private generation = 0;
  private readonly progressEmitter = new EventEmitter<Overview>();
  private readonly rowsEmitter = new EventEmitter<readonly LayerRow[]>();
  private readonly restartEmitter = new EventEmitter<void>();
  private readonly findingsEmitter = new EventEmitter<FindingsView>();
  private findingsTimer: NodeJS.Timeout | undefined;
  private readonly changeEmitter = new EventEmitter<void>();
  readonly onDidProgress = this.progressEmitter.event;
  readonly onDidChangeRows = this.rowsEmitter.event;
  readonly onDidChangeFindings = this.findingsEmitter.event;
  /** The checkpoint was opened, opened again, or could not be. */
  readonly onDidRestart = this.restartEmitter.event;
  /** The file was written anew and is not read again without being asked. */
  readonly onDidChangeOnDisk = this.changeEmitter.event;

  overview: Overview | undefined;
  failure: Failure | undefined;
  catalogue: readonly MetricDescriptor[] = [];
  rows: LayerRow[] = [];
  findings: FindingsView = noFindings;
  /** Settles when the checkpoint is open or has failed to open. */
  opened: Promise<void>;

  constructor(
    readonly uri: Uri,
    private readonly build: Build,
  ) {
    this.opened = this.restart();
  }

  /** Reads the file anew. */
  reload(): Promise<void> {
    this.opened = this.restart();
    return this.opened;
  }

  /** Whether a panel shows the checkpoint now; undefined: it is gone. Nothing new is measured while all panels are hidden. */
  setVisible(panel: object, isVisible: boolean | undefined): void {
    if (isVisible === undefined) this.panels.delete(panel);
    else this.panels.set(panel, isVisible);
    this.pauseOrResume();
  }

  /** Whether somebody waits for the numbers without a panel. */
  set isNeededUnseen(needed: boolean) {
    this.neededUnseen = needed;
    this.pauseOrResume();
  }

  noteChange(): void {
    this.changeEmitter.fire();
  }

  /** The checkpoint's detail for one layer; starts the thread again where it has died. */
  async detail(layer: number): Promise<LayerDetail> {
    return await (await this.living()).api.detail(layer);
  }

  async tensors(start: number, end: number): Promise<readonly TensorReport[]> {
    return await (await this.living()).api.tensors(start, end);
  }

  async skipped(start: number, end: number): Promise<readonly Skipped[]> {
    return await (await this.living()).api.skipped(start, end);
  }

  /** What is measured, as plain text. */
  async manifest(): Promise<string> {
    return await (await this.living()).api.manifest();
  }

  /** What the rules say now, without waiting for the next time that they are applied. */
  async latestFindings(): Promise<FindingsView> {
    return await (await this.living()).api.findings();
  }

  async measureNow(layer: number): Promise<void> {
    const thread = await this.living();
    thread.allow();
    await thread.api.measureNow(layer);
  }

  async cancel(): Promise<void> {
    this.thread?.stopNow();
    await this.thread?.api.stop();
  }

  async resume(): Promise<void> {
    const thread = await this.living();
    thread.allow();
    void this.analyse(thread, this.generation);
  }

  dispose(): void {
    this.generation += 1;
    clearTimeout(this.findingsTimer);
    this.thread?.dispose();
    this.thread = undefined;
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
      const location = await locate(this.uri, this.build.tokens);
      if (generation !== this.generation) return;
      if ('title' in location) {
        this.fail(location);
        return;
      }
      const thread = this.start(generation);
      const catalogue = await thread.api.catalogue();
      const overview = await thread.api.open(location, planFor(this.uri));
      const rows: LayerRow[] = [];
      while (rows.length < overview.layerCount) {
        const page = await thread.api.rows(rows.length, rows.length + rowsPerPage);
        if (page.length === 0) break;
        rows.push(...page);
      }
      if (generation !== this.generation) return;
      this.catalogue = catalogue;
      this.overview = overview;
      this.rows = rows;
      this.failure = undefined;
      this.findings = await thread.api.findings();
      this.restartEmitter.fire();
      if (this.isPaused) await thread.api.pause();
      void this.analyse(thread, generation);
    } catch (error) {
      if (generation !== this.generation) return;
      this.fail(failureOf(error), error);
    }
  }

  private pauseOrResume(): void {
    const visible = [...this.panels.values()];
    const isPaused = visible.length > 0 && !visible.includes(true) && !this.neededUnseen;
    if (isPaused === this.isPaused) return;
    this.isPaused = isPaused;
    const { thread } = this;
    if (!thread || !this.overview) return;
    // A thread that has died is started anew when it is asked for something.
    void (isPaused ? thread.api.pause() : thread.api.resume()).catch(() => undefined);
  }

  private start(generation: number): AnalysisThread {
    const thread = startAnalysisThread(
      this.build.workerFile,
      {
        settings: threadSettings(this.uri),
        cache: {
          folder: this.build.cacheFolder,
          maxBytes: cacheBytes(),
          version: this.build.version,
        },
      },
      {
        progressed: async (overview) => {
          if (generation !== this.generation) return;
          this.overview = overview;
          this.progressEmitter.fire(overview);
          this.refreshFindingsSoon();
          await Promise.resolve();
        },
        rowsChanged: async (rows) => {
          if (generation !== this.generation) return;
          for (const row of rows) this.rows[row.index] = row;
          this.rowsEmitter.fire(rows);
          await Promise.resolve();
        },
      },
      (reason) => {
        if (generation !== this.generation) return;
        this.thread = undefined;
        log.error(`${this.uri.toString()}: ${reason}`);
        if (this.overview === undefined) return;
        this.overview = {
          ...this.overview,
          progress: { ...this.overview.progress, phase: 'cancelled' },
        };
        this.progressEmitter.fire(this.overview);
      },
    );
    this.thread = thread;
    return thread;
  }

  /** Rules look at all layers, so they are not applied at every step. */
  private refreshFindingsSoon(): void {
    const { generation } = this;
    this.findingsTimer ??= setTimeout(() => {
      this.findingsTimer = undefined;
      this.refreshFindings(generation).catch((error: unknown) => {
        if (generation === this.generation) log.error('Applying the rules failed', error);
      });
    }, findingsEveryMs);
  }

  private async refreshFindings(generation: number): Promise<void> {
    const found = await this.thread?.api.findings();
    if (!found || generation !== this.generation) return;
    this.findings = found;
    this.findingsEmitter.fire(found);
  }

  private async analyse(thread: AnalysisThread, generation: number): Promise<void> {
    try {
      await thread.api.analyse();
    } catch (error) {
      if (generation !== this.generation || this.thread !== thread) return;
      log.error('Analysis failed', error);
      this.fail(failureOf(error), error);
    }
  }

  /** The thread, started and opened anew where it has died; what was measured stays in the rows. */
  private async living(): Promise<AnalysisThread> {
    await this.opened;
    if (this.thread) return this.thread;
    await this.reload();
    const thread = this.thread as AnalysisThread | undefined;
    if (!thread) throw new Error(this.failure?.message ?? 'The checkpoint is closed');
    return thread;
  }

  private fail(failure: Failure, error?: unknown): void {
    if (failure.internal && error !== undefined) {
      log.error(this.uri.toString(), error);
    }
    this.thread?.dispose();
    this.thread = undefined;
    this.failure = failure;
    this.overview = undefined;
    this.rows = [];
    this.findings = noFindings;
    this.restartEmitter.fire();
  }
}
