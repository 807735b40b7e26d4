import type {
  ChangeSpectrum,
  ComparedCheckpoint,
  ComparedLayer,
  Comparison,
  ComparisonTotals,
  FindingsChange,
  LayerPair,
  SpectrumPoints,
} from '../core/comparison';
import type { Notice } from '../core/checkpoint';
import type { MetricDescriptor } from '../core/metric';
import type { CosineMap } from './layers';
import type { Location, PlanOptions } from './workerApi';

/** A pair as the table shows it: the comparison's without its arrays. */
export interface PairRow extends Omit<LayerPair, 'spectra' | 'changeSpectrum'> {
  readonly index: number;
  /** Whether the weights have been compared yet; metrics fill in as the two checkpoints are measured. */
  readonly state: 'pending' | 'done';
  readonly changeSpectrum?: Omit<ChangeSpectrum, 'singularValues'>;
}

/** What the view of one pair draws. Every array is bounded, whatever the layer's size. */
export interface PairDetail {
  readonly index: number;
  readonly spectra: {
    readonly a?: SpectrumPoints;
    readonly b?: SpectrumPoints;
    readonly change?: SpectrumPoints;
  };
  readonly cosines: { readonly a?: CosineMap; readonly b?: CosineMap };
  /** Why a chart is absent: `spectra.a`, `spectra.b`, `spectra.change`, `cosines.a`, `cosines.b`. */
  readonly absent: Readonly<Record<string, string>>;
}

export interface CompareProgress {
  readonly phase: 'opening' | 'changes' | 'measuring' | 'done' | 'cancelled';
  readonly done: number;
  readonly total: number;
  /** Layer in hand. */
  readonly current?: string;
}

export interface CompareOverview {
  readonly a: ComparedCheckpoint;
  readonly b: ComparedCheckpoint;
  /** Of the pairs compared so far. */
  readonly totals: ComparisonTotals;
  readonly notices: readonly Notice[];
  readonly progress: CompareProgress;
}

/** What a host asks of a worker that compares. One worker serves one comparison; cancelling for good means ending the thread. */
export interface CompareApi {
  catalogue(): Promise<readonly MetricDescriptor[]>;
  /** Reads the headers of both and finds which layer is which. Rejects with a FormatError, which names the file. */
  open(a: Location, b: Location, options: PlanOptions): Promise<CompareOverview>;
  /** Compares all pairs, then measures both checkpoints; resolves when done or stopped. Calling it again goes on. */
  compare(): Promise<void>;
  /** Stops after the step in hand, keeping what is known. The flag of the thread is set before it is called. */
  stop(): Promise<void>;
  /** Pairs [start, end) in the order of B's file, at most 200 at once. */
  rows(start: number, end: number): Promise<readonly PairRow[]>;
  /** Layers [start, end) without a partner. */
  unmatched(side: 'a' | 'b', start: number, end: number): Promise<readonly ComparedLayer[]>;
  detail(pair: number): Promise<PairDetail>;
  /** Findings that appeared, went and stayed; they mean something once both checkpoints are measured. */
  findings(): Promise<FindingsChange>;
  /** Everything known so far, with the findings that appeared, went and stayed. */
  comparison(): Promise<Comparison>;
  /** Closes the files; the thread may then be ended without leaving a handle. */
  close(): Promise<void>;
}

/** What the worker tells, at most ten times a second. */
export interface CompareEvents {
  progressed(overview: CompareOverview): Promise<void>;
  rowsChanged(rows: readonly PairRow[]): Promise<void>;
}
