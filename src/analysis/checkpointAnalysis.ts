import type { Checkpoint, Skipped } from '../core/checkpoint';
import type { MetricValue } from '../core/metric';
import { reportVersion, type Measurements, type TensorReport } from '../core/report';
import type { Role } from '../core/tensor';
import type { KernelChoice } from '../kernels';
import type { LayerDetail, LayerRow, Progress } from '../protocol/layers';
import type { Overview } from '../protocol/viewApi';
import type { PlanOptions } from '../protocol/workerApi';
import { detailOf } from './detail';
import { withEffectiveWeights } from './effective';
import {
  addFailure,
  addMeasured,
  addSpectrum,
  addStatistics,
  newEntry,
  rowOf,
  type LayerEntry,
} from './entry';
import { highlightsOf } from './highlights';
import { findLayers } from './layers';
import {
  MeasurerLost,
  type LocalMeasurer,
  type Measurer,
  type MeasurerPool,
  type Outcome,
} from './measurer';
import { maxAskedSide, Schedule, type Task } from './schedule';
import { Stopped, throwIfStopped, type IsStopped } from './stop';
import { restore, snapshotOf, type Snapshot } from './snapshot';
import { summaryOf, totalsOf } from './summary';
import { hasElementStatistics, skippedOf, tensorReportOf } from './tensors';

export interface AnalysisOptions extends PlanOptions {
  /** Base name of the checkpoint, for the report. */
  readonly name: string;
  /** Which kernels compute, and why not those that were asked for. */
  readonly choice: KernelChoice;
  /** For what a view waits for: in this thread, and not stopped with the rest. */
  readonly local: LocalMeasurer;
  readonly pool: MeasurerPool;
  readonly isStopped: IsStopped;
  /** Something advanced; `overview()` tells what. */
  onProgress?(): void;
  onRow?(row: LayerRow): void;
}

/**
 * The measuring of one checkpoint: its tasks are handed to the measurers of a pool, and what they find is kept here. Whatever is
 * measured stays when it is stopped, and running again goes on from there.
 */
export class CheckpointAnalysis {
  private readonly entries: readonly LayerEntry[];
  private readonly roles: ReadonlyMap<string, Role>;
  private readonly tensorMetrics = new Map<string, Readonly<Record<string, MetricValue>>>();
  private readonly unreadable = new Map<string, string>();
  private readonly otherCount: number;
  private readonly schedule: Schedule;
  private progress: Progress;
  private isPaused = false;
  /** Those at work, each once. */
  private measurers: readonly Measurer[] = [];
  private wakeUp: () => void = () => undefined;
  private changed = Promise.resolve();

  private readonly checkpoint: Checkpoint;

  constructor(
    stored: Checkpoint,
    private readonly options: AnalysisOptions,
  ) {
    const checkpoint = withEffectiveWeights(stored);
    this.checkpoint = checkpoint;
    const { layers, roles } = findLayers(checkpoint);
    this.roles = roles;
    this.entries = layers.map((layer, index) => newEntry(index, layer, roles));
    const weights = new Set(this.entries.map(({ layer }) => layer.weight.name));
    const others = checkpoint.tensors.flatMap((tensor, index) =>
      !weights.has(tensor.name) && hasElementStatistics(tensor, roles.get(tensor.name))
        ? [index]
        : [],
    );
    this.otherCount = others.length;
    this.schedule = new Schedule(this.entries, others, options);
    this.progress = { phase: 'statistics', done: 0, total: this.stepCount };
    this.awaitChange();
  }

  get currentProgress(): Progress {
    return this.progress;
  }

  overview(): Overview {
    const reports = this.entries.map(({ report }) => report);
    return {
      checkpoint: summaryOf(this.checkpoint, this.options),
      totals: totalsOf(this.checkpoint, this.entries),
      highlights: highlightsOf(reports),
      skippedCount: this.skipped().length,
      layerCount: this.entries.length,
      progress: this.progress,
    };
  }

  report(): Measurements {
    const { checkpoint, totals, highlights } = this.overview();
    return {
      version: reportVersion,
      backend: this.options.choice.describe(),
      checkpoint,
      totals,
      highlights,
      tensors: this.tensors(),
      layers: this.entries.map(({ report }) => report),
      skipped: this.skipped(),
    };
  }

  rows(start: number, end: number): readonly LayerRow[] {
    return this.entries.slice(start, end).map(rowOf);
  }

  tensors(start = 0, end = Infinity): readonly TensorReport[] {
    return this.checkpoint.tensors
      .slice(start, end)
      .map((tensor) =>
        tensorReportOf(
          tensor,
          this.roles.get(tensor.name) ?? 'aux',
          this.tensorMetrics.get(tensor.name),
        ),
      );
  }

  skipped(): readonly Skipped[] {
    return skippedOf(this.checkpoint, this.roles, this.entries, this.unreadable);
  }

  /** Everything measured so far, to be taken up again by `restore`. */
  snapshot(): Snapshot {
    return snapshotOf(this.entries, this.tensorMetrics);
  }

  /** Takes up what was measured of the same checkpoint before; anything else is passed over. */
  restore(snapshot: unknown): void {
    if (!restore(this.entries, snapshot)) return;
    for (const index of this.schedule.tensors) {
      const { name } = this.checkpoint.tensors[index] ?? { name: '' };
      const metrics = snapshot.tensors[name];
      if (metrics) this.tensorMetrics.set(name, metrics);
    }
    this.schedule.passOver((index) =>
      this.tensorMetrics.has(this.checkpoint.tensors[index]?.name ?? ''),
    );
    this.advance(this.progress.phase);
  }

  /** Measures what is not measured yet; returns when done or stopped. Calling it again goes on. */
  async run(): Promise<void> {
    if (this.doneCount >= this.stepCount) {
      this.advance('done');
      return;
    }
    const measurers = await this.options.pool.start();
    this.measurers = [...new Set(measurers)];
    try {
      const ends = await Promise.allSettled(measurers.map((measurer) => this.serve(measurer)));
      const faults = ends.flatMap((end) =>
        end.status === 'rejected' ? [asError(end.reason)] : [],
      );
      const fault = faults.find(
        (error) => !(error instanceof Stopped) && !(error instanceof MeasurerLost),
      );
      const [first] = faults;
      if (fault) throw fault;
      // What a lost thread had in hand is noted; the others went on. Where all were lost, nobody is left to go on.
      if (first instanceof MeasurerLost && faults.length === measurers.length) throw first;
      const isStopped = faults.some((error) => error instanceof Stopped);
      this.advance(isStopped ? 'cancelled' : 'done');
    } finally {
      this.options.pool.end();
    }
  }

  /** Holds back what has not begun; what is in hand ends. */
  pause(): void {
    const { phase } = this.progress;
    this.isPaused = true;
    if (phase === 'statistics' || phase === 'spectra') this.advance(phase);
  }

  resume(): void {
    this.isPaused = false;
    if (this.progress.phase === 'paused') this.advance('spectra');
    this.signal();
  }

  /** Lets those who wait see that they were stopped. */
  wake(): void {
    this.signal();
  }

  /**
   * Measures one layer whatever the plan says, short of what memory forbids; of a convolution that is measured, its norms as an
   * operator.
   */
  async measureNow(index: number): Promise<void> {
    const entry = this.entry(index);
    const { phase } = this.progress;
    await this.readStatistics(entry);
    const { state, role } = entry.report;
    const isMeasured = state === 'done' && entry.leftOut === undefined;
    if (isMeasured && role !== 'conv') return;
    if (!isMeasured && this.schedule.reasonAgainst(entry) !== undefined) return;
    const measurers = await this.options.pool.start();
    try {
      const [measurer] = measurers;
      if (!measurer) return;
      if (isMeasured) await this.measureOperator(entry, measurer);
      else {
        const task = this.schedule.takeNow(entry);
        if (task) await this.execute(task, measurer);
      }
    } catch (error) {
      if (!(error instanceof Stopped) && !(error instanceof MeasurerLost)) throw error;
    } finally {
      this.options.pool.end();
      this.signal();
    }
    this.advance(phase);
  }

  async detail(index: number): Promise<LayerDetail> {
    const entry = this.entry(index);
    this.schedule.prefer(entry);
    await this.readStatistics(entry);
    const maps = entry.unreadable === undefined ? await this.options.local.maps(index) : undefined;
    return detailOf(entry, maps?.kind === 'measured' ? maps.value : {});
  }

  /** Statistics that somebody waits for: at once, and in this thread, unless another is at it. */
  private async readStatistics(entry: LayerEntry): Promise<void> {
    while (entry.report.state === 'pending') {
      if (this.schedule.isRunning(entry)) await this.changed;
      else {
        await this.execute({ kind: 'statistics', entry }, this.options.local);
        this.signal();
      }
    }
  }

  /** Hands tasks to one measurer until there are none. */
  private async serve(measurer: Measurer): Promise<void> {
    for (;;) {
      throwIfStopped(this.options.isStopped);
      const task = this.isPaused ? 'wait' : this.schedule.take();
      if (task === undefined) return;
      if (task === 'wait') {
        await this.changed;
        continue;
      }
      try {
        await this.execute(task, measurer);
      } finally {
        this.signal();
      }
    }
  }

  private async execute(task: Task, measurer: Measurer): Promise<void> {
    try {
      if (task.kind === 'tensor') await this.measureTensor(task, measurer);
      else if (task.kind === 'statistics') await this.measureStatistics(task, measurer);
      else await this.measureSpectrum(task, measurer);
    } catch (error) {
      if (error instanceof MeasurerLost && task.kind !== 'tensor') {
        addFailure(task.entry, 'spectrum', error.message);
        this.options.onRow?.(rowOf(task.entry));
        this.schedule.finish(task);
      } else {
        this.schedule.putBack(task);
      }
      throw error;
    }
  }

  private async measureStatistics(
    task: Task & { kind: 'statistics' },
    measurer: Measurer,
  ): Promise<void> {
    const { entry } = task;
    this.advance('statistics', entry.report.name);
    const outcome = await measurer.statistics(entry.index);
    const value = valueOf(outcome, (reason) => {
      this.unreadable.set(entry.layer.weight.name, reason);
      addFailure(entry, 'integrity', reason);
    });
    if (value) addStatistics(entry, value);
    this.schedule.finish(task);
    this.options.onRow?.(rowOf(entry));
  }

  private async measureSpectrum(
    task: Task & { kind: 'spectrum' },
    measurer: Measurer,
  ): Promise<void> {
    const { entry } = task;
    this.advance('spectra', entry.report.name);
    const limits = { maxSpectrum: maxAskedSide, precision: task.precision };
    const { local } = this.options;
    const outcome =
      task.isSplit && this.measurers.length > 1
        ? await local.splitSpectrum(entry.index, limits, this.measurers)
        : await measurer.spectrum(entry.index, limits);
    const value = valueOf(outcome, (reason) => addFailure(entry, 'spectrum', reason));
    if (value) addSpectrum(entry, value);
    this.schedule.finish(task, value?.seconds);
    this.options.onRow?.(rowOf(entry));
  }

  private async measureOperator(entry: LayerEntry, measurer: Measurer): Promise<void> {
    const outcome = await measurer.operatorNorms(entry.index);
    const value = valueOf(outcome, (reason) => addFailure(entry, 'spectrum', reason));
    if (value) addMeasured(entry, value);
    this.options.onRow?.(rowOf(entry));
  }

  private async measureTensor(task: Task & { kind: 'tensor' }, measurer: Measurer): Promise<void> {
    const tensor = this.checkpoint.tensors[task.index];
    if (!tensor) throw new RangeError(`No tensor ${task.index}`);
    this.advance('statistics', tensor.name);
    const outcome = await measurer.tensor(task.index);
    const metrics = valueOf(outcome, (reason) => this.unreadable.set(tensor.name, reason));
    if (metrics) this.tensorMetrics.set(tensor.name, metrics);
    this.schedule.finish(task);
  }

  private entry(index: number): LayerEntry {
    const entry = this.entries[index];
    if (!entry) throw new RangeError(`No layer ${index}: there are ${this.entries.length}`);
    return entry;
  }

  private get stepCount(): number {
    return 2 * this.entries.length + this.otherCount;
  }

  private get doneCount(): number {
    let done = this.tensorMetrics.size;
    for (const { report } of this.entries) {
      done += report.state === 'done' ? 2 : report.state === 'streamed' ? 1 : 0;
    }
    return done;
  }

  private advance(phase: Progress['phase'], current?: string): void {
    this.progress = {
      phase: this.isPaused && phase !== 'done' && phase !== 'cancelled' ? 'paused' : phase,
      done: this.doneCount,
      total: this.stepCount,
      ...(current === undefined ? {} : { current }),
    };
    this.options.onProgress?.();
  }

  /** Tells those who wait that something has changed. */
  private signal(): void {
    const wakeUp = this.wakeUp;
    this.awaitChange();
    wakeUp();
  }

  private awaitChange(): void {
    this.changed = new Promise((resolve) => {
      this.wakeUp = resolve;
    });
  }
}

/** The value, where there is one; a stopped task throws, a failed one is told. */
function valueOf<T>(outcome: Outcome<T>, onFailed: (reason: string) => void): T | undefined {
  if (outcome.kind === 'stopped') throw new Stopped();
  if (outcome.kind === 'measured') return outcome.value;
  onFailed(outcome.reason);
  return undefined;
}

function asError(reason: unknown): Error {
  return reason instanceof Error ? reason : new Error(String(reason));
}
