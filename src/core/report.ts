import type { Framework, Notice, OptimizerRecord, Skipped } from './checkpoint';
import type { Dtype } from './dtype';
import type { Finding, TechniqueEvidence } from './finding';
import type { Json } from './json';
import type { Measured, MetricFamily, MetricValue } from './metric';
import type { Role } from './tensor';

/** Version of the report's shape. Raised when a reader of an older one would misread it. */
export const reportVersion = 1;

export interface TensorReport {
  readonly name: string;
  readonly dtype: Dtype;
  readonly shape: readonly number[];
  readonly role: Role;
  readonly sameAs?: string;
  /** Element statistics of tensors that are no layer of their own (biases, running statistics, optimizer state). */
  readonly metrics?: Readonly<Record<string, MetricValue>>;
}

export type LayerState = 'pending' | 'streamed' | 'done';

/** Tensors that belong together, with the numbers measured on the weight. */
export interface LayerReport extends Measured {
  /** Module path: `features.0`, `dense_1`. The tensor's own name where a module holds several weights. */
  readonly name: string;
  readonly role: Role;
  /** Class of the module where the file says it. */
  readonly type?: string;
  /** Name of the weight tensor that is measured. */
  readonly tensor: string;
  /** All tensors of the layer, the weight first. */
  readonly tensors: readonly string[];
  readonly dtype: Dtype;
  readonly shape: readonly number[];
  readonly parameterCount: number;
  /** Canonical matrix view: [m, k], rows are output units. Absent for vectors. */
  readonly view?: readonly [m: number, k: number];
  /** Independent matrices in the view (groups of a convolution, gates of an LSTM, experts), each of m / blocks rows. */
  readonly blocks: number;
  /** What the blocks are, where the layer's class does not say it. */
  readonly blocksAre?: 'experts';
  /** Whether the orientation is known from the framework or assumed. */
  readonly orientation: 'known' | 'assumed';
  /** How the weight was put together from several stored tensors: `weight norm: g · v/‖v‖ (dim 0)`. */
  readonly combined?: string;
  /** Why the stored weight is only a part of what the layer computes with. */
  readonly notCombined?: string;
  readonly state: LayerState;
  /**
   * `f32`: Gram matrix and spectrum are a preview in single precision, good to 5e-4 of σ₁; `estimate`: the spectrum is estimated by
   * stochastic Lanczos quadrature. Absent: double precision.
   */
  readonly precision?: 'f32' | 'estimate';
}

/** Something that stands out, for the summary line. */
export interface Highlight {
  readonly layer: string;
  readonly metric: string;
  readonly value: number;
  readonly text: string;
}

export interface Totals {
  readonly tensorCount: number;
  /** Parameters of layers, tied ones once: no optimizer state, no buffers. */
  readonly parameterCount: number;
  readonly byteCount: number;
  /** Over the weights measured so far. */
  readonly zeroFraction?: number;
  readonly l2?: number;
  readonly measuredLayerCount: number;
}

export interface CheckpointSummary {
  readonly name: string;
  readonly format: string;
  readonly description: string;
  readonly framework: Framework;
  readonly files: readonly { readonly name: string; readonly byteLength: number }[];
  readonly bytes: number;
  readonly optimizers: readonly OptimizerRecord[];
  readonly recorded: { readonly [key: string]: Json };
  readonly declared?: Json;
  readonly notices: readonly Notice[];
}

/** What was measured and read: the report without what the rules say of it. */
export interface Measurements {
  readonly version: typeof reportVersion;
  /** What computed it, in words: `WebAssembly`, `plain TypeScript` where its SIMD is not at hand, TensorFlow for single precision. */
  readonly backend: string;
  readonly checkpoint: CheckpointSummary;
  readonly totals: Totals;
  readonly highlights: readonly Highlight[];
  readonly tensors: readonly TensorReport[];
  readonly layers: readonly LayerReport[];
  readonly skipped: readonly Skipped[];
}

/** The one report that interface, command line and comparison read. Plain JSON. */
export interface Report extends Measurements {
  /** What the rules say of all this, the worst first. */
  readonly findings: readonly Finding[];
  /** What the file shows of each technique of the catalogue. */
  readonly techniques: readonly TechniqueEvidence[];
}

export type { Finding, MetricFamily, TechniqueEvidence };
