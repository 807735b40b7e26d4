import type { Finding, TechniqueEvidence } from '../core/finding';
import type { MetricDescriptor } from '../core/metric';
import type { CheckpointSummary, Highlight, TensorReport, Totals } from '../core/report';
import type { Skipped } from '../core/checkpoint';
import type { LayerDetail, LayerRow, Progress } from './layers';

/** What the page shows instead of a report. */
export interface Failure {
  /** `Git LFS pointer`, `Truncated file`, `Not a checkpoint`. */
  readonly title: string;
  readonly message: string;
  readonly byteOffset?: number;
  readonly remedy?: string;
  /** Our own fault rather than the file's: offers the log and an issue. */
  readonly internal: boolean;
}

export interface Overview {
  readonly checkpoint: CheckpointSummary;
  readonly totals: Totals;
  readonly highlights: readonly Highlight[];
  readonly skippedCount: number;
  readonly layerCount: number;
  readonly progress: Progress;
}

/** What the rules say of what has been measured so far. */
export interface FindingsView {
  readonly findings: readonly Finding[];
  readonly techniques: readonly TechniqueEvidence[];
}

/** Where a layer is defined in training code. */
export interface CodeLink {
  readonly layer: number;
  /** `train.py:14`. */
  readonly label: string;
  /** 0…1, and why. */
  readonly confidence: number;
  readonly reason: string;
}

/** A technique that can be added to the linked training code. */
export interface TechniqueOffer {
  readonly id: string;
  readonly title: string;
  /** Present already, offered, or why not. */
  readonly state: 'offered' | 'present' | 'unavailable';
  readonly detail: string;
}

export interface ViewStart {
  readonly fileName: string;
  readonly catalogue: readonly MetricDescriptor[];
  readonly overview?: Overview;
  readonly failure?: Failure;
  readonly links: readonly CodeLink[];
  readonly techniques: readonly TechniqueOffer[];
  readonly findings: FindingsView;
  /** Layer to open, by name, when the page was opened from a code lens. */
  readonly reveal?: string;
}

/** What the webview may ask of the host. The webview speaks first, with `start`. */
export interface HostApi {
  start(): Promise<ViewStart>;
  /** Rows [start, end) of the table, at most 200 at once. */
  rows(start: number, end: number): Promise<readonly LayerRow[]>;
  detail(layer: number): Promise<LayerDetail>;
  /** Tensors [start, end) of the file, at most 500 at once. */
  tensors(start: number, end: number): Promise<readonly TensorReport[]>;
  skipped(start: number, end: number): Promise<readonly Skipped[]>;
  /** Measures this layer next; where it was left out for its size, measures it all the same. */
  measureNow(layer: number): Promise<void>;
  cancel(): Promise<void>;
  resume(): Promise<void>;
  copy(text: string): Promise<void>;
  openCode(layer: number): Promise<void>;
  /** Opens the Refactor Preview of a technique's edit for the linked training code. */
  addTechnique(technique: string, layer?: number): Promise<void>;
  /** Compares the checkpoint with another one that the user chooses. */
  compare(): Promise<void>;
  openAsText(): Promise<void>;
  reload(): Promise<void>;
  showLog(): Promise<void>;
  /** Opens the issue tracker in the browser. */
  reportIssue(): Promise<void>;
}

/** What the host tells the webview. Rejections are ignored: a hidden view is gone. */
export interface ViewApi {
  /** The file was opened, opened again, or could not be read. */
  restarted(start: ViewStart): Promise<void>;
  progressed(overview: Overview): Promise<void>;
  /** Rows that changed, at most 200 at once. */
  rowsChanged(rows: readonly LayerRow[]): Promise<void>;
  linksChanged(links: readonly CodeLink[], techniques: readonly TechniqueOffer[]): Promise<void>;
  /** The rules were applied anew: about once a second while layers are measured. */
  findingsChanged(findings: FindingsView): Promise<void>;
  revealLayer(name: string): Promise<void>;
  /** The file changed on disk; it is read again when the user asks, or at once when it is stable. */
  changedOnDisk(): Promise<void>;
}
