import type { MetricDescriptor } from '../core/metric';
import type { Report, TensorReport } from '../core/report';
import type { Skipped } from '../core/checkpoint';
import type { LayerDetail, LayerRow } from './layers';
import type { FindingsView, Overview } from './viewApi';

/** Where the bytes are: read by path or from a web server, or handed over (a virtual document). */
export type Location =
  | { readonly kind: 'path'; readonly path: string }
  | {
      readonly kind: 'url';
      readonly url: string;
      /** Access tokens by host. */
      readonly tokens: Readonly<Record<string, string>>;
    }
  | { readonly kind: 'bytes'; readonly name: string; readonly bytes: Uint8Array };

/** Limits of the automatic plan; see the settings of the same names. */
export interface PlanOptions {
  /** Smaller matrix side up to which a spectrum is computed without being asked. */
  readonly maxSpectrumSide: number;
  /** Seconds of computing that Gram matrices and spectra of one checkpoint may take without being asked. */
  readonly budgetSeconds: number;
  /** Threads that measure; 0 or absent: as many as there are cores, up to 4. */
  readonly threads?: number;
  /** Thresholds of the rules that the user has changed, by name; checked where they are used. */
  readonly thresholds?: Readonly<Record<string, unknown>>;
}

/** What the host asks of the worker. One worker serves one checkpoint; cancelling for good means ending the thread. */
export interface WorkerApi {
  catalogue(): Promise<readonly MetricDescriptor[]>;
  /** Reads the headers. Rejects with a FormatError. */
  open(location: Location, options: PlanOptions): Promise<Overview>;
  /** Measures all layers; resolves when done or stopped. */
  analyse(): Promise<void>;
  /** Stops after the step in hand, keeping what is measured. */
  stop(): Promise<void>;
  /** Begins nothing new until `resume`: nobody looks. */
  pause(): Promise<void>;
  resume(): Promise<void>;
  rows(start: number, end: number): Promise<readonly LayerRow[]>;
  tensors(start: number, end: number): Promise<readonly TensorReport[]>;
  skipped(start: number, end: number): Promise<readonly Skipped[]>;
  detail(layer: number): Promise<LayerDetail>;
  measureNow(layer: number): Promise<void>;
  /** What the rules say of what has been measured so far. */
  findings(): Promise<FindingsView>;
  /** Everything measured so far as plain text, one fact a line, for a text diff of two. */
  manifest(): Promise<string>;
  /** Everything measured so far, with what the rules say of it. */
  report(): Promise<Report>;
}

/** What the worker tells the host, at most ten times a second. */
export interface WorkerEvents {
  progressed(overview: Overview): Promise<void>;
  rowsChanged(rows: readonly LayerRow[]): Promise<void>;
}
