import type { Checkpoint, Skipped } from '../core/checkpoint';
import type { MetricValue } from '../core/metric';
import { reportVersion, type Measurements, type TensorReport } from '../core/report';
import type { Role, Tensor } from '../core/tensor';
import type { KernelChoice } from '../kernels';
import type { LayerRow, Progress } from '../protocol/layers';
import type { Overview } from '../protocol/viewApi';
import { newEntry, rowOf, type LayerEntry } from './entry';
import { highlightsOf } from './highlights';
import { findLayers } from './layers';
import { restore, snapshotOf, type Snapshot } from './snapshot';
import { summaryOf, totalsOf } from './summary';
import { hasElementStatistics, skippedOf, tensorReportOf } from './tensors';

/** What a report says besides what was measured. */
export interface ReportFacts {
  /** Base name of the checkpoint. */
  readonly name: string;
  /** Which kernels compute, and why not those that were asked for. */
  readonly choice: KernelChoice;
}

/** What is known of one checkpoint so far: filled while it is measured, and read by whoever asks. */
export class Results {
  readonly entries: readonly LayerEntry[];
  /** Indices of tensors that are no layer's weight and have statistics of their own. */
  readonly others: readonly number[];
  private readonly roles: ReadonlyMap<string, Role>;
  private readonly tensorMetrics = new Map<string, Readonly<Record<string, MetricValue>>>();
  private readonly unreadable = new Map<string, string>();

  constructor(
    private readonly checkpoint: Checkpoint,
    private readonly facts: ReportFacts,
  ) {
    const { layers, roles } = findLayers(checkpoint);
    this.roles = roles;
    this.entries = layers.map((layer, index) => newEntry(index, layer, roles));
    const weights = new Set(this.entries.map(({ layer }) => layer.weight.name));
    this.others = checkpoint.tensors.flatMap((tensor, index) =>
      !weights.has(tensor.name) && hasElementStatistics(tensor, roles.get(tensor.name))
        ? [index]
        : [],
    );
  }

  entry(index: number): LayerEntry {
    const entry = this.entries[index];
    if (!entry) throw new RangeError(`No layer ${index}: there are ${this.entries.length}`);
    return entry;
  }

  tensor(index: number): Tensor {
    const tensor = this.checkpoint.tensors[index];
    if (!tensor) throw new RangeError(`No tensor ${index}`);
    return tensor;
  }

  setTensorMetrics(name: string, metrics: Readonly<Record<string, MetricValue>>): void {
    this.tensorMetrics.set(name, metrics);
  }

  setUnreadable(tensor: string, reason: string): void {
    this.unreadable.set(tensor, reason);
  }

  isMeasured(tensorIndex: number): boolean {
    return this.tensorMetrics.has(this.checkpoint.tensors[tensorIndex]?.name ?? '');
  }

  /** Steps of measuring: two a layer, one for each other tensor. */
  get stepCount(): number {
    return 2 * this.entries.length + this.others.length;
  }

  get doneCount(): number {
    let done = this.tensorMetrics.size;
    for (const { report } of this.entries) {
      done += report.state === 'done' ? 2 : report.state === 'streamed' ? 1 : 0;
    }
    return done;
  }

  overview(progress: Progress): Overview {
    const reports = this.entries.map(({ report }) => report);
    return {
      checkpoint: summaryOf(this.checkpoint, this.facts),
      totals: totalsOf(this.checkpoint, this.entries),
      highlights: highlightsOf(reports),
      skippedCount: this.skipped().length,
      layerCount: this.entries.length,
      progress,
    };
  }

  report(): Measurements {
    const reports = this.entries.map(({ report }) => report);
    return {
      version: reportVersion,
      backend: this.facts.choice.describe(),
      checkpoint: summaryOf(this.checkpoint, this.facts),
      totals: totalsOf(this.checkpoint, this.entries),
      highlights: highlightsOf(reports),
      tensors: this.tensors(),
      layers: reports,
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

  snapshot(): Snapshot {
    return snapshotOf(this.entries, this.tensorMetrics);
  }

  /**
   * Takes up what was measured of the same checkpoint before; false for anything else.
   *
   * @param waiting indices of the tensors to be taken up
   */
  restore(snapshot: unknown, waiting: readonly number[]): boolean {
    if (!restore(this.entries, snapshot)) return false;
    for (const index of waiting) {
      const { name } = this.checkpoint.tensors[index] ?? { name: '' };
      const metrics = snapshot.tensors[name];
      if (metrics) this.tensorMetrics.set(name, metrics);
    }
    return true;
  }
}
