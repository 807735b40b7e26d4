import type { Checkpoint } from '../../core/checkpoint';
import {
  comparisonVersion,
  type ComparedLayer,
  type Comparison,
  type FindingsChange,
} from '../../core/comparison';
import type { Report } from '../../core/report';
import type { Kernels } from '../../kernels';
import type {
  CompareOverview,
  CompareProgress,
  PairDetail,
  PairRow,
} from '../../protocol/compareApi';
import type { PlanOptions } from '../../protocol/workerApi';
import type { CheckpointAnalysis } from '../checkpointAnalysis';
import { withEffectiveWeights } from '../effective';
import { findLayers, type LayerSet } from '../layers';
import { Stopped, throwIfStopped, type IsStopped } from '../stop';
import { changeWork } from './changeSpectrum';
import { comparisonNotices } from './comparisonNotices';
import { comparePair } from './comparePair';
import { findingsChange } from './findingsChange';
import { matchLayers, type Matching } from './matching';
import {
  comparedLayer,
  newPairEntry,
  pairOf,
  pairRow,
  totalsOfPairs,
  type PairEntry,
} from './pairEntry';
import { pairDetail } from './pairDetail';
import { viewOfLayer } from './pairViews';
import { SpectrumBudget } from './spectrumBudget';

/** One of two opened checkpoints and the analysis that measures it. */
export interface ComparisonSide {
  readonly checkpoint: Checkpoint;
  readonly analysis: CheckpointAnalysis;
  /** What is measured so far, with what the rules say of it. */
  report(): Report;
}

export interface ComparisonOptions extends PlanOptions {
  readonly kernels: Kernels;
  /** Milliseconds. */
  readonly now: () => number;
  readonly isStopped: IsStopped;
  /** Something advanced; `overview()` tells what. */
  onProgress?(): void;
  onRow?(index: number): void;
}

/**
 * The comparison of two checkpoints: first the weights of all pairs, element by element, the smallest first; then each checkpoint is
 * measured by itself. Whatever is known stays when it is stopped, and running again goes on from there.
 */
export class CheckpointComparison {
  private readonly entries: readonly PairEntry[];
  private readonly layers: { readonly a: LayerSet; readonly b: LayerSet };
  private readonly pairOfLayer: Readonly<Record<'a' | 'b', ReadonlyMap<number, number>>>;
  private readonly budget: SpectrumBudget;
  private phase: CompareProgress['phase'] = 'changes';
  private current: string | undefined;

  private constructor(
    private readonly a: ComparisonSide,
    private readonly b: ComparisonSide,
    private readonly options: ComparisonOptions,
    layers: { readonly a: LayerSet; readonly b: LayerSet },
    private readonly matching: Matching,
  ) {
    this.layers = layers;
    this.entries = matching.pairs.map(newPairEntry);
    this.pairOfLayer = {
      a: new Map(matching.pairs.map((pair, index) => [pair.a, index])),
      b: new Map(matching.pairs.map((pair, index) => [pair.b, index])),
    };
    this.budget = new SpectrumBudget(options.budgetSeconds, options.now);
  }

  /** Finds which layer of A is which of B. */
  static async of(
    a: ComparisonSide,
    b: ComparisonSide,
    options: ComparisonOptions,
  ): Promise<CheckpointComparison> {
    const layers = {
      a: findLayers(withEffectiveWeights(a.checkpoint)),
      b: findLayers(withEffectiveWeights(b.checkpoint)),
    };
    const matching = await matchLayers(
      { layers: layers.a.layers, framework: a.checkpoint.framework },
      { layers: layers.b.layers, framework: b.checkpoint.framework },
      options.isStopped,
    );
    return new CheckpointComparison(a, b, options, layers, matching);
  }

  overview(): CompareOverview {
    const [a, b] = [this.a.analysis.overview(), this.b.analysis.overview()];
    return {
      a: { checkpoint: a.checkpoint, totals: a.totals },
      b: { checkpoint: b.checkpoint, totals: b.totals },
      totals: this.totals(),
      notices: this.notices(),
      progress: this.progress,
    };
  }

  get progress(): CompareProgress {
    const [a, b] = [this.a.analysis.currentProgress, this.b.analysis.currentProgress];
    const compared = this.entries.filter(({ state }) => state === 'done').length;
    const current = this.current ?? b.current ?? a.current;
    return {
      phase: this.phase,
      done: compared + a.done + b.done,
      total: this.entries.length + a.total + b.total,
      ...(current !== undefined && this.phase !== 'done' && { current }),
    };
  }

  rows(start: number, end: number): readonly PairRow[] {
    return this.entries.slice(start, end).flatMap((entry) => {
      const [a] = this.a.analysis.rows(entry.matched.a, entry.matched.a + 1);
      const [b] = this.b.analysis.rows(entry.matched.b, entry.matched.b + 1);
      return a && b ? [pairRow(entry, a, b)] : [];
    });
  }

  unmatched(side: 'a' | 'b', start = 0, end = Infinity): readonly ComparedLayer[] {
    const indices = side === 'a' ? this.matching.unmatchedA : this.matching.unmatchedB;
    const { analysis } = this[side];
    return indices.slice(start, end).flatMap((index) => {
      const [row] = analysis.rows(index, index + 1);
      return row ? [comparedLayer(row, index)] : [];
    });
  }

  /** Compares what is not compared yet, then measures both; returns when done or stopped. */
  async run(): Promise<void> {
    try {
      this.advance('changes');
      await this.compareAll();
      this.advance('measuring');
      for (const { analysis } of [this.a, this.b]) {
        await analysis.run();
        if (analysis.currentProgress.phase === 'cancelled') throw new Stopped();
      }
      this.advance('done');
    } catch (error) {
      if (!(error instanceof Stopped)) throw error;
      this.advance('cancelled');
    }
  }

  /** An analysis has advanced: a row of it, if one is given, is that of a pair. */
  advanced(side: 'a' | 'b', layer?: number): void {
    if (layer !== undefined) {
      const pair = this.pairOfLayer[side].get(layer);
      if (pair !== undefined) this.options.onRow?.(pair);
    }
    this.options.onProgress?.();
  }

  async detail(index: number): Promise<PairDetail> {
    const entry = this.entries[index];
    if (!entry) throw new RangeError(`No pair ${index}: there are ${this.entries.length}`);
    const a = await this.a.analysis.detail(entry.matched.a);
    const b = await this.b.analysis.detail(entry.matched.b);
    return pairDetail(entry, a, b);
  }

  /** What the rules say of B and not of A, and the reverse. */
  findings(a = this.a.report(), b = this.b.report()): FindingsChange {
    const { layers } = this;
    const names = new Map(
      this.entries.flatMap(({ matched }): [string, string][] => {
        const [one, other] = [layers.a.layers[matched.a], layers.b.layers[matched.b]];
        return one && other ? [[other.name, one.name]] : [];
      }),
    );
    return findingsChange(a.findings, b.findings, (name) => names.get(name));
  }

  /** Everything known so far. */
  comparison(): Comparison {
    const [a, b] = [this.a.report(), this.b.report()];
    const pairs = this.entries.flatMap((entry) => {
      const [one, other] = [a.layers[entry.matched.a], b.layers[entry.matched.b]];
      if (!one || !other) return [];
      return [pairOf(entry, one, other)];
    });
    return {
      version: comparisonVersion,
      a: { checkpoint: a.checkpoint, totals: a.totals },
      b: { checkpoint: b.checkpoint, totals: b.totals },
      pairs,
      unmatched: { a: this.unmatched('a'), b: this.unmatched('b') },
      totals: this.totals(),
      findings: this.findings(a, b),
      notices: this.notices(),
    };
  }

  private async compareAll(): Promise<void> {
    const waiting = this.entries.filter(({ state }) => state === 'pending');
    const workOf = ({ matched }: PairEntry): number => {
      const layer = this.layers.a.layers[matched.a];
      return layer ? changeWork(viewOfLayer(layer)) : 0;
    };
    waiting.sort((x, y) => workOf(x) - workOf(y));
    try {
      for (const entry of waiting) {
        throwIfStopped(this.options.isStopped);
        await this.compare(entry);
      }
    } finally {
      this.current = undefined;
    }
  }

  private async compare(entry: PairEntry): Promise<void> {
    const { layers } = this;
    const [a, b] = [layers.a.layers[entry.matched.a], layers.b.layers[entry.matched.b]];
    if (!a || !b) return;
    this.current = b.name;
    this.options.onProgress?.();
    const frameworks = { a: this.a.checkpoint.framework, b: this.b.checkpoint.framework };
    const roles = { a: layers.a.roles, b: layers.b.roles };
    await comparePair(entry, { a, b, frameworks, roles }, { ...this.options, budget: this.budget });
    this.options.onRow?.(entry.index);
  }

  private totals(): Comparison['totals'] {
    const { unmatchedA, unmatchedB } = this.matching;
    const counts = { a: unmatchedA.length, b: unmatchedB.length };
    const nameOf = ({ matched }: PairEntry): string => this.layers.b.layers[matched.b]?.name ?? '';
    return totalsOfPairs(this.entries, counts, nameOf);
  }

  private notices(): Comparison['notices'] {
    return comparisonNotices({
      a: { checkpoint: this.a.checkpoint, layers: this.layers.a.layers },
      b: { checkpoint: this.b.checkpoint, layers: this.layers.b.layers },
      matching: this.matching,
    });
  }

  private advance(phase: CompareProgress['phase']): void {
    this.phase = phase;
    this.options.onProgress?.();
  }
}
