import type { Checkpoint, Skipped } from '../core/checkpoint';
import { FormatError } from '../core/errors';
import type { MetricValue } from '../core/metric';
import { reportVersion, type Report, type TensorReport } from '../core/report';
import type { Role, Tensor } from '../core/tensor';
import type { Kernels } from '../kernels';
import { measureElements, mergeMeasured } from '../metrics';
import type { LayerDetail, LayerRow, Progress } from '../protocol/layers';
import type { Overview } from '../protocol/viewApi';
import type { PlanOptions } from '../protocol/workerApi';
import { detailOf } from './detail';
import { newEntry, rowOf, type LayerEntry } from './entry';
import { highlightsOf } from './highlights';
import { findLayers } from './layers';
import { SpectrumPlan } from './spectrumPlan';
import { Stopped, type IsStopped } from './stop';
import { readStatistics } from './streaming';
import { summaryOf, totalsOf } from './summary';
import { hasElementStatistics, skippedOf, tensorReportOf } from './tensors';

export interface AnalysisOptions extends PlanOptions {
  /** Base name of the checkpoint, for the report. */
  readonly name: string;
  readonly kernels: Kernels;
  /** Milliseconds, for the budget. */
  readonly now: () => number;
  readonly isStopped: IsStopped;
  /** Something advanced; `overview()` tells what. */
  onProgress?(): void;
  onRow?(row: LayerRow): void;
}

/**
 * The measuring of one checkpoint: statistics of every tensor in file order, then Gram matrices and spectra, the smallest first.
 * Whatever is measured is kept when it is stopped, and running again goes on from there.
 */
export class CheckpointAnalysis {
  private readonly entries: readonly LayerEntry[];
  private readonly byName: ReadonlyMap<string, LayerEntry>;
  private readonly roles: ReadonlyMap<string, Role>;
  private readonly tensorMetrics = new Map<string, Readonly<Record<string, MetricValue>>>();
  private readonly unreadable = new Map<string, string>();
  private readonly others: readonly Tensor[];
  private readonly spectra: SpectrumPlan;
  private progress: Progress;

  constructor(
    private readonly checkpoint: Checkpoint,
    private readonly options: AnalysisOptions,
  ) {
    const { layers, roles } = findLayers(checkpoint);
    this.roles = roles;
    this.entries = layers.map((layer, index) => newEntry(index, layer, roles));
    this.byName = new Map(this.entries.map((entry) => [entry.layer.weight.name, entry]));
    this.others = checkpoint.tensors.filter(
      (tensor) =>
        !this.byName.has(tensor.name) && hasElementStatistics(tensor, roles.get(tensor.name)),
    );
    this.spectra = new SpectrumPlan(options);
    this.progress = { phase: 'statistics', done: 0, total: this.stepCount };
  }

  get currentProgress(): Progress {
    return this.progress;
  }

  overview(): Overview {
    const reports = this.entries.map(({ report }) => report);
    return {
      checkpoint: summaryOf(this.checkpoint, this.options.name),
      totals: totalsOf(this.checkpoint, this.entries),
      highlights: highlightsOf(reports),
      skippedCount: this.skipped().length,
      layerCount: this.entries.length,
      progress: this.progress,
    };
  }

  report(): Report {
    const { checkpoint, totals, highlights } = this.overview();
    return {
      version: reportVersion,
      backend: this.options.kernels.backend,
      checkpoint,
      totals,
      highlights,
      tensors: this.tensors(),
      layers: this.entries.map(({ report }) => report),
      skipped: this.skipped(),
      findings: [],
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

  /** Measures what is not measured yet; returns when done or stopped. Calling it again goes on. */
  async run(): Promise<void> {
    try {
      for (const entry of this.entries) await this.measureStatistics(entry);
      for (const tensor of this.others) await this.measureTensor(tensor);
      for (
        let next = this.spectra.next(this.entries);
        next !== undefined;
        next = this.spectra.next(this.entries)
      ) {
        await this.measureSpectrum(next);
      }
      this.advance('done');
    } catch (error) {
      if (!(error instanceof Stopped)) throw error;
      this.advance('cancelled');
    }
  }

  /** Measures one layer whatever the plan says, short of what memory forbids. */
  async measureNow(index: number): Promise<void> {
    const entry = this.entry(index);
    try {
      await this.measureStatistics(entry);
      await this.spectra.measure(entry, { asked: true });
      this.options.onRow?.(rowOf(entry));
      this.advance(this.progress.phase);
    } catch (error) {
      if (!(error instanceof Stopped)) throw error;
    }
  }

  async detail(index: number): Promise<LayerDetail> {
    const entry = this.entry(index);
    this.spectra.prefer(index);
    await this.measureStatistics(entry).catch((error: unknown) => {
      // A stopped analysis still shows what it has.
      if (!(error instanceof Stopped)) throw error;
    });
    return await detailOf(
      entry,
      this.options.kernels,
      this.unreadable.get(entry.layer.weight.name),
    );
  }

  private async measureStatistics(entry: LayerEntry): Promise<void> {
    const { weight, oriented, role } = entry.layer;
    if (entry.statistics || this.unreadable.has(weight.name)) return;
    this.advance('statistics', entry.report.name);
    try {
      const { kernels, isStopped } = this.options;
      entry.statistics = await readStatistics(weight, oriented?.view, kernels, isStopped);
      entry.report = {
        ...entry.report,
        ...measureElements({
          role,
          dtype: weight.dtype,
          statistics: entry.statistics.statistics,
          ...(oriented ? { view: oriented.view } : {}),
          ...(entry.statistics.refinement ? { refinement: entry.statistics.refinement } : {}),
          ...(weight.quantization?.step === undefined
            ? {}
            : { quantizationStep: weight.quantization.step }),
        }),
        state: oriented ? 'streamed' : 'done',
      };
    } catch (error) {
      this.unreadable.set(weight.name, reasonOf(error));
      entry.report = {
        ...entry.report,
        missing: [{ family: 'integrity', reason: reasonOf(error) }],
        state: 'done',
      };
    }
    this.options.onRow?.(rowOf(entry));
  }

  private async measureSpectrum(entry: LayerEntry): Promise<void> {
    this.advance('spectra', entry.report.name);
    try {
      await this.spectra.measure(entry);
    } catch (error) {
      entry.report = {
        ...entry.report,
        ...mergeMeasured(entry.report, {
          metrics: {},
          baselines: {},
          bounds: {},
          missing: [{ family: 'spectrum', reason: reasonOf(error) }],
        }),
        state: 'done',
      };
    }
    this.options.onRow?.(rowOf(entry));
  }

  private async measureTensor(tensor: Tensor): Promise<void> {
    if (this.tensorMetrics.has(tensor.name) || this.unreadable.has(tensor.name)) return;
    this.advance('statistics', tensor.name);
    try {
      const { kernels, isStopped } = this.options;
      const { statistics, refinement } = await readStatistics(
        tensor,
        undefined,
        kernels,
        isStopped,
      );
      const { metrics } = measureElements({
        role: this.roles.get(tensor.name) ?? 'aux',
        dtype: tensor.dtype,
        statistics,
        ...(refinement ? { refinement } : {}),
      });
      this.tensorMetrics.set(tensor.name, metrics);
    } catch (error) {
      this.unreadable.set(tensor.name, reasonOf(error));
    }
  }

  private entry(index: number): LayerEntry {
    const entry = this.entries[index];
    if (!entry) throw new RangeError(`No layer ${index}: there are ${this.entries.length}`);
    return entry;
  }

  private get stepCount(): number {
    return 2 * this.entries.length + this.others.length;
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
      phase,
      done: this.doneCount,
      total: this.stepCount,
      ...(current === undefined ? {} : { current }),
    };
    this.options.onProgress?.();
  }
}

/** The file's fault is said as it is; anything else is a fault of ours and passes on. */
function reasonOf(error: unknown): string {
  if (error instanceof FormatError) return error.message;
  // An eigenvalue iteration that does not converge, a matrix that does not fit: the layer's fault, not the checkpoint's.
  if (error instanceof RangeError) return error.message;
  throw error;
}
