import type { ComparedLayer, FindingsChange } from '../core/comparison';
import type { MetricDescriptor } from '../core/metric';
import type { CompareOverview, PairDetail, PairRow } from './compareApi';
import type { Failure } from './viewApi';

export type Side = 'a' | 'b';

/** One of the two files: what it is called beside the other one, and where it is. */
export interface ComparedFile {
  /** The shortest end of its path that tells it from the other: `model.pt`, `run1/model.pt`. */
  readonly label: string;
  readonly uri: string;
}

export interface CompareStart {
  readonly a: ComparedFile;
  readonly b: ComparedFile;
  readonly catalogue: readonly MetricDescriptor[];
  readonly overview?: CompareOverview;
  readonly failure?: Failure;
  /** Absent until both checkpoints are measured. */
  readonly findings?: FindingsChange;
}

/** What the page of a comparison may ask of the host. The page speaks first, with `start`. */
export interface CompareHostApi {
  start(): Promise<CompareStart>;
  /** Pairs [start, end), at most 200 at once. */
  rows(start: number, end: number): Promise<readonly PairRow[]>;
  /** Layers [start, end) of a side that have no partner, at most 500 at once. */
  unmatched(side: Side, start: number, end: number): Promise<readonly ComparedLayer[]>;
  detail(pair: number): Promise<PairDetail>;
  cancel(): Promise<void>;
  resume(): Promise<void>;
  /** Reads both files anew. */
  reload(): Promise<void>;
  /** Makes B the earlier of the two. */
  swap(): Promise<void>;
  /** Opens the checkpoint of a side beside the comparison, at a layer if one is named. */
  openCheckpoint(side: Side, layer?: string): Promise<void>;
  /** Shows both checkpoints as text, side by side. */
  diffManifests(): Promise<void>;
  copy(text: string): Promise<void>;
  showLog(): Promise<void>;
  reportIssue(): Promise<void>;
}

/** What the host tells the page of a comparison. Rejections are ignored: a hidden page is gone. */
export interface CompareViewApi {
  /** The files were opened, opened again, or could not be read. */
  restarted(start: CompareStart): Promise<void>;
  progressed(overview: CompareOverview): Promise<void>;
  /** Rows that changed, at most 200 at once. */
  rowsChanged(rows: readonly PairRow[]): Promise<void>;
  findingsChanged(findings: FindingsChange): Promise<void>;
  /** One of the files changed on disk; both are read again when the user asks. */
  changedOnDisk(label: string): Promise<void>;
}
