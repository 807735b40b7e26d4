/**
 * Where bytes come from: a local file, a virtual document, an HTTP range, bytes in memory.
 *
 * `read` gives exactly the bytes asked for or rejects: never fewer.
 */
export interface ByteSource {
  /** Base name, for messages. */
  readonly name: string;
  /** Length in bytes. */
  readonly size: number;
  /** When it was last written, in milliseconds since 1970, where the source knows. */
  readonly modifiedMs?: number;
  /** Reads bytes [offset, offset + length). The result may be a view into a larger buffer. */
  read(offset: number, length: number): Promise<Uint8Array>;
  /** The same without waiting, where the source can (local files, memory). Libraries that read synchronously need it. */
  readSync?(offset: number, length: number): Uint8Array;
  close(): Promise<void>;
}

/** Unpacks all of `packed` into at most `maxBytes`; throws where it is damaged or longer. */
export type Decompress = (packed: Uint8Array, maxBytes: number) => Uint8Array;

/** A checkpoint's main file and the files beside it that it may name (shards, weights, configuration). */
export interface CheckpointFiles {
  readonly main: ByteSource;
  /**
   * Opens a file beside the main one. The name comes from the file and is not trusted: a name that is absolute or leaves the
   * folder is refused with a FormatError, and so is one that does not exist. Opening a name twice gives the same source.
   */
  open(name: string): Promise<ByteSource>;
  /** Whether such a file is there; false for a refused name. */
  has(name: string): Promise<boolean>;
  /** All sources opened so far, the main one first. */
  readonly opened: readonly ByteSource[];
  /** What the platform can unpack, by the codec's usual name: `gzip`, `zlib`, `zstd`. */
  readonly decompressors?: ReadonlyMap<string, Decompress>;
  close(): Promise<void>;
}
