import type { MetricDescriptor } from '../core/metric';
import type { PointChanges, RunAxis, SeriesPoint } from '../core/series';

/** How far the checkpoints of a run are measured. */
export interface SeriesProgress {
  readonly done: number;
  readonly total: number;
  readonly isRunning: boolean;
  /** Label of the checkpoint in hand. */
  readonly current?: string;
  /** Checkpoints that cannot be read, each with the reason. */
  readonly failed: readonly { readonly label: string; readonly reason: string }[];
}

/** A run as far as it is measured, without the numbers of its layers. */
export interface SeriesStart {
  /** Names the run, so that the panel finds it again after the window was loaded anew. */
  readonly runId: string;
  readonly name: string;
  readonly folder: string;
  readonly axis: RunAxis;
  /** The metrics that are followed. */
  readonly catalogue: readonly MetricDescriptor[];
  readonly points: readonly SeriesPoint[];
  readonly layers: readonly string[];
  readonly changes: readonly PointChanges[];
  readonly progress: SeriesProgress;
}

/** One layer at one point. */
export interface LayerAtPoint {
  readonly view?: readonly [m: number, k: number];
  readonly metrics: Readonly<Record<string, number>>;
  readonly baselines: Readonly<Record<string, number>>;
  /** At most 32 singular values, evenly spaced by rank, divided by σ₁. */
  readonly sparkline?: readonly number[];
}

/** What the page of a run may ask of the host. The page speaks first, with `start`. */
export interface SeriesHostApi {
  start(): Promise<SeriesStart>;
  /** Layer by layer the values of a metric over all points; NaN where there is none. */
  values(metric: string): Promise<Float64Array>;
  /** Undefined where the layer is not in that checkpoint. */
  layerAt(point: number, layer: string): Promise<LayerAtPoint | undefined>;
  openCheckpoint(point: number, layer?: string): Promise<void>;
  cancel(): Promise<void>;
  resume(): Promise<void>;
  copy(text: string): Promise<void>;
}

/** What the host tells the page of a run. Rejections are ignored: a hidden page is gone. */
export interface SeriesViewApi {
  /** Checkpoints were measured, or came or went. Numbers of layers are to be asked for anew where points changed. */
  changed(start: SeriesStart): Promise<void>;
}
