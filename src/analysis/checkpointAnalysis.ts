import type { Checkpoint, Skipped } from '../core/checkpoint';
import type { Measurements, TensorReport } from '../core/report';
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
  rowOf,
  type LayerEntry,
} from './entry';
import {
  measuredValue,
  MeasurerLost,
  type LocalMeasurer,
  type Measurer,
  type MeasurerPool,
} from './measurer';
import { Results, type ReportFacts } from './results';
import { maxAskedSide, Schedule, type Task } from './schedule';
import { Signal } from './signal';
import type { Snapshot } from './snapshot';
import { Stopped, throwIfStopped, type IsStopped } from './stop';

/** How a checkpoint is measured, and who is told. */
export interface AnalysisOptions extends PlanOptions, ReportFacts {
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
  private readonly results: Results;
  private readonly schedule: Schedule;
  private readonly changes = new Signal();
  private progress: Progress;
  private isPaused = false;
  /** Those at work, each once. */
  private measurers: readonly Measurer[] = [];

  constructor(
    stored: Checkpoint,
    private readonly options: AnalysisOptions,
  ) {
    this.results = new Results(withEffectiveWeights(stored), options);
    const { entries, others, stepCount } = this.results;
    this.schedule = new Schedule(entries, others, options);
    this.progress = { phase: 'statistics', done: 0, total: stepCount };
  }

  get currentProgress(): Progress {
    return this.progress;
  }

  overview(): Overview {
    return this.results.overview(this.progress);
  }

  report(): Measurements {
    return this.results.report();
  }

  rows(start: number, end: number): readonly LayerRow[] {
    return this.results.rows(start, end);
  }

  tensors(start?: number, end?: number): readonly TensorReport[] {
    return this.results.tensors(start, end);
  }

  skipped(): readonly Skipped[] {
    return this.results.skipped();
  }

  /** Everything measured so far, to be taken up again by `restore`. */
  snapshot(): Snapshot {
    return this.results.snapshot();
  }

  /** Takes up what was measured of the same checkpoint before; anything else is passed over. */
  restore(snapshot: unknown): void {
    if (!this.results.restore(snapshot, this.schedule.tensors)) return;
    this.schedule.passOver((index) => this.results.isMeasured(index));
    this.advance(this.progress.phase);
  }

  /** Measures what is not measured yet; returns when done or stopped. Calling it again goes on. */
  async run(): Promise<void> {
    if (this.results.doneCount >= this.results.stepCount) {
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
    this.changes.fire();
  }

  /** Lets those who wait see that they were stopped. */
  wake(): void {
    this.changes.fire();
  }

  /**
   * Measures one layer whatever the plan says, short of what memory forbids; of a convolution that is measured, its norms as an
   * operator.
   */
  async measureNow(index: number): Promise<void> {
    const entry = this.results.entry(index);
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
      this.changes.fire();
    }
    this.advance(phase);
  }

  async detail(index: number): Promise<LayerDetail> {
    const entry = this.results.entry(index);
    this.schedule.prefer(entry);
    await this.readStatistics(entry);
    const maps = entry.unreadable === undefined ? await this.options.local.maps(index) : undefined;
    return detailOf(entry, maps?.kind === 'measured' ? maps.value : {});
  }

  /** Statistics that somebody waits for: at once, and in this thread, unless another is at it. */
  private async readStatistics(entry: LayerEntry): Promise<void> {
    while (entry.report.state === 'pending') {
      if (this.schedule.isRunning(entry)) await this.changes.wait();
      else {
        await this.execute({ kind: 'statistics', entry }, this.options.local);
        this.changes.fire();
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
        await this.changes.wait();
        continue;
      }
      try {
        await this.execute(task, measurer);
      } finally {
        this.changes.fire();
      }
    }
  }

  private async execute(task: Task, measurer: Measurer): Promise<void> {
    try {
      if (task.kind === 'tensor') await this.measureTensor(task, measurer);
      else if (task.kind === 'statistics') await this.measureStatistics(task, measurer);
      else await this.measureSpectrum(task, measurer);
    } catch (error) {
      if (error instanceof MeasurerLost) {
        // Not again in another thread: what ended this one may end that one too.
        if (task.kind === 'tensor') {
          this.results.setUnreadable(this.results.tensor(task.index).name, error.message);
        } else {
          addFailure(task.entry, 'spectrum', error.message);
          this.options.onRow?.(rowOf(task.entry));
        }
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
    const value = measuredValue(outcome, (reason) => {
      this.results.setUnreadable(entry.layer.weight.name, reason);
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
    const value = measuredValue(outcome, (reason) => addFailure(entry, 'spectrum', reason));
    if (value) addSpectrum(entry, value);
    this.schedule.finish(task, value?.seconds);
    this.options.onRow?.(rowOf(entry));
  }

  private async measureOperator(entry: LayerEntry, measurer: Measurer): Promise<void> {
    const outcome = await measurer.operatorNorms(entry.index);
    const value = measuredValue(outcome, (reason) => addFailure(entry, 'spectrum', reason));
    if (value) addMeasured(entry, value);
    this.options.onRow?.(rowOf(entry));
  }

  private async measureTensor(task: Task & { kind: 'tensor' }, measurer: Measurer): Promise<void> {
    const { name } = this.results.tensor(task.index);
    this.advance('statistics', name);
    const outcome = await measurer.tensor(task.index);
    const metrics = measuredValue(outcome, (reason) => this.results.setUnreadable(name, reason));
    if (metrics) this.results.setTensorMetrics(name, metrics);
    this.schedule.finish(task);
  }

  private advance(phase: Progress['phase'], current?: string): void {
    this.progress = {
      phase: this.isPaused && phase !== 'done' && phase !== 'cancelled' ? 'paused' : phase,
      done: this.results.doneCount,
      total: this.results.stepCount,
      ...(current === undefined ? {} : { current }),
    };
    this.options.onProgress?.();
  }
}

function asError(reason: unknown): Error {
  return reason instanceof Error ? reason : new Error(String(reason));
}
