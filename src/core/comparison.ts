import type { Notice } from './checkpoint';
import type { Dtype } from './dtype';
import type { Finding } from './finding';
import type { CheckpointSummary, Totals } from './report';
import type { Role } from './tensor';

/** Version of the comparison's shape. Raised when a reader of an older one would misread it. */
export const comparisonVersion = 1;

/** By what two layers were taken for the same one, the surest first. */
export type MatchedBy =
  'name' | 'normalised-name' | 'renamed-prefix' | 'shape-and-order' | 'weights';

export interface LayerMatch {
  readonly by: MatchedBy;
  /** 0…1: how sure it is that both are the same layer. */
  readonly confidence: number;
  /** What was renamed, or how alike the weights are, in words. */
  readonly detail?: string;
  /** B's matrix is A's with rows and columns exchanged, and is compared so. */
  readonly isTransposed?: true;
}

/** A layer of one side, by its index in that side's report. */
export interface ComparedLayer {
  readonly index: number;
  readonly name: string;
  readonly role: Role;
  readonly tensor: string;
  readonly dtype: Dtype;
  readonly shape: readonly number[];
  readonly view?: readonly [m: number, k: number];
  readonly parameterCount: number;
}

/** ΔW = W_B − W_A over the elements that are finite in both. */
export interface WeightChange {
  readonly elementCount: number;
  /** ‖ΔW‖_F. */
  readonly frobenius: number;
  /** ‖W_A‖_F and ‖W_B‖_F. */
  readonly normA: number;
  readonly normB: number;
  /** ‖ΔW‖_F / ‖W_A‖_F; absent where W_A is zero. */
  readonly relative?: number;
  /** ⟨W_A, W_B⟩ / (‖W_A‖ ‖W_B‖); absent where one of them is zero. */
  readonly cosine?: number;
  /** max |ΔW|. */
  readonly largest: number;
  readonly changedCount: number;
  readonly changedFraction: number;
  /** Elements that are zero in B and were not in A, and the reverse. */
  readonly newZeros: number;
  readonly zerosGone: number;
  /** NaN and infinities of each side: they are in none of the norms. */
  readonly nonFinite: { readonly a: number; readonly b: number };
}

/** Singular values, descending: all, or at most 256 evenly spaced by rank, the first and the last among them. */
export interface SpectrumPoints {
  /** How many there are. */
  readonly count: number;
  readonly singularValues: readonly number[];
}

/** Singular values of ΔW. */
export interface ChangeSpectrum extends SpectrumPoints {
  /** exp of the entropy of σ / Σσ (Roy & Vetterli, EUSIPCO 2007). */
  readonly effectiveRank: number;
  /** Share of ‖ΔW‖² in the 1, 4 and 16 largest directions. */
  readonly energy: { readonly top1: number; readonly top4: number; readonly top16: number };
  /** Singular values below it can be rounding of the types in which the weights are stored. */
  readonly floor: number;
}

/** A number of both sides; absent where that side has none. */
export interface MetricChange {
  readonly a?: number;
  readonly b?: number;
}

/** What goes with a weight: its bias, running statistics. */
export interface CompanionChange {
  readonly a: string;
  readonly b: string;
  readonly role: Role;
  readonly change: WeightChange;
}

/** One layer in both checkpoints. */
export interface LayerPair {
  readonly a: ComparedLayer;
  readonly b: ComparedLayer;
  readonly match: LayerMatch;
  readonly change?: WeightChange;
  readonly changeSpectrum?: ChangeSpectrum;
  readonly spectra: { readonly a?: SpectrumPoints; readonly b?: SpectrumPoints };
  /** Every scalar metric that one of them has, by id. */
  readonly metrics: Readonly<Record<string, MetricChange>>;
  readonly companions: readonly CompanionChange[];
  /** What is absent and why. */
  readonly missing: readonly {
    readonly part: 'change' | 'spectrum' | 'companions';
    readonly reason: string;
  }[];
}

/** Findings that are in B only, in A only, and in both; matched by rule and layers. */
export interface FindingsChange {
  readonly appeared: readonly Finding[];
  readonly gone: readonly Finding[];
  readonly stayed: readonly { readonly a: Finding; readonly b: Finding }[];
}

export interface ComparisonTotals {
  readonly pairCount: number;
  /** Pairs whose weights were compared element by element. */
  readonly comparedCount: number;
  /** Those of them in which no element differs, companions included. */
  readonly identicalCount: number;
  readonly elementCount: number;
  readonly changedCount: number;
  readonly newZeros: number;
  readonly zerosGone: number;
  /** Over all compared weights together. */
  readonly frobenius: number;
  readonly relative?: number;
  /** The largest relative change, and the layer (by its name in B) that has it. */
  readonly largestRelative?: { readonly layer: string; readonly value: number };
  readonly unmatchedA: number;
  readonly unmatchedB: number;
}

export interface ComparedCheckpoint {
  readonly checkpoint: CheckpointSummary;
  readonly totals: Totals;
}

/** Two checkpoints, A the earlier and B the later one. Plain JSON. */
export interface Comparison {
  readonly version: typeof comparisonVersion;
  readonly a: ComparedCheckpoint;
  readonly b: ComparedCheckpoint;
  /** In the order of B's file. */
  readonly pairs: readonly LayerPair[];
  readonly unmatched: {
    readonly a: readonly ComparedLayer[];
    readonly b: readonly ComparedLayer[];
  };
  readonly totals: ComparisonTotals;
  readonly findings: FindingsChange;
  readonly notices: readonly Notice[];
}
