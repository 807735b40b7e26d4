import type { ByteSource, CheckpointFiles } from './byteSource';
import type { Checkpoint } from './checkpoint';
import type { Json } from './json';

/** Names of a ZIP archive's entries, told without inflating any. */
export interface ZipListing {
  has(name: string): boolean;
  readonly names: readonly string[];
}

/** What a format may look at to recognise a file. Each part is read at most once. */
export interface Probe {
  readonly source: ByteSource;
  /** The first bytes, up to 4 KiB; fewer only if the file is shorter. */
  readonly head: Uint8Array;
  /** Entries if it is a ZIP archive. */
  zip(): Promise<ZipListing | undefined>;
  /** The value if it is a JSON text of moderate size. */
  json(): Promise<Json | undefined>;
}

/** One checkpoint format: a file (or folder) and a line in the list. */
export interface Format {
  readonly id: string;
  /** As its users call it: `safetensors`, `PyTorch zip`. */
  readonly title: string;
  /** Whether the content is of this format. Extensions are no evidence. */
  matches(probe: Probe): boolean | Promise<boolean>;
  /** Reads headers only. Throws a FormatError where the file is at fault. */
  open(files: CheckpointFiles): Promise<Checkpoint>;
}
