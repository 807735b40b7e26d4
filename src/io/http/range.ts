/** A range of a remote file, checked against what the server says of it. */
export interface RangeAnswer {
  readonly bytes: Uint8Array;
  /** Of the whole file. */
  readonly size: number;
  /** The server sent all of it, though a part was asked for. */
  readonly isWhole: boolean;
  /** What tells this version of the file from another. */
  readonly version: Version;
  readonly modifiedMs: number | undefined;
}

/** An entity tag and the host that gave it: the hosts of a network need not agree on it. */
export interface Version {
  readonly host: string;
  readonly etag: string | undefined;
}

/** Which bytes are asked for, [start, end). */
export interface RangeRequest {
  readonly start: number;
  readonly end: number;
  /** The version that is expected; a strong one is also sent to its host. */
  readonly version?: Version;
}
