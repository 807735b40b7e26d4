import type { Finding } from './finding';

/** Version of the series' shape. Raised when a reader of an older one would misread it. */
export const seriesVersion = 1;

/** A file that may be a checkpoint of a run. The path has `/` between its parts. */
export interface RunFile {
  readonly path: string;
  readonly modifiedMs: number;
  readonly byteLength: number;
}

/** Where in a training run a checkpoint was written, and how good it was, as its name or its content says. */
export interface RunMark {
  readonly epoch?: number;
  readonly step?: number;
  /** A number whose meaning the name does not say: `model_10.pt`. */
  readonly number?: number;
  readonly loss?: number;
  /** A share; names that say 93.1 for it are read as 0.931. */
  readonly accuracy?: number;
  /** Another figure of merit, whose name the file does not say: `weights.05-0.42.keras`. */
  readonly score?: number;
}

/** By what the points of a run are in order. */
export type RunAxis = 'epoch' | 'step' | 'number' | 'time';

export interface RunPoint {
  readonly file: RunFile;
  /** What tells it from the others of its run: `epoch 3`, `step 500`. */
  readonly label: string;
  readonly mark: RunMark;
}

/** Checkpoints that one training run has written, the earliest first. */
export interface Run {
  /** Stays the same while the run goes on. */
  readonly id: string;
  readonly name: string;
  /** Path of the folder that holds them. */
  readonly folder: string;
  readonly axis: RunAxis;
  readonly points: readonly RunPoint[];
  /** Copies under another name, which stand at no place of their own: `best.pt`, `last.pt`. */
  readonly copies: readonly RunFile[];
}

/** A measured checkpoint of a run. */
export interface SeriesPoint {
  /** Name of the file. */
  readonly name: string;
  readonly label: string;
  readonly modifiedMs?: number;
  readonly mark: RunMark;
  /** Place on the axis. */
  readonly x: number;
}

/** One layer over all points: by metric id a value for each of them, null where it has none. */
export interface LayerSeries {
  readonly name: string;
  readonly values: Readonly<Record<string, readonly (number | null)[]>>;
}

/** A number that moved between two points. */
export interface SeriesChange {
  readonly layer: string;
  readonly metric: string;
  readonly before: number;
  readonly after: number;
  /** (after − before) / max(|before|, |after|), from −2 to 2: 1 where it rose from nothing. */
  readonly relative: number;
}

/** What is different at a point from the one before it. */
export interface PointChanges {
  /** Index of the point. */
  readonly point: number;
  /** The largest first. */
  readonly changes: readonly SeriesChange[];
  readonly appeared: readonly Finding[];
  readonly gone: readonly Finding[];
  /** Layers that the point before had not, and that this one has no more. */
  readonly newLayers: readonly string[];
  readonly lostLayers: readonly string[];
}

/** A run over time. Plain JSON. */
export interface Series {
  readonly version: typeof seriesVersion;
  readonly axis: RunAxis;
  readonly points: readonly SeriesPoint[];
  readonly layers: readonly LayerSeries[];
  /** For every point but the first. */
  readonly changes: readonly PointChanges[];
}

/** What goes wrong in a run and cannot wait. */
export type AlarmKind = 'non-finite' | 'dead-layer' | 'exploding-norm';

export interface Alarm {
  readonly kind: AlarmKind;
  readonly layer: string;
  /** One sentence with its numbers. */
  readonly message: string;
}
