/** One entry of a folder. */
export interface FolderEntry {
  readonly name: string;
  readonly isFolder: boolean;
}

/** A folder as far as it is looked at; paths are relative to it, with `/`. */
export interface Folder {
  /** Entries of the folder at this path ('' is the folder itself). */
  list(path: string): Promise<readonly FolderEntry[]>;
  /** A small text; undefined where it cannot be read or has more bytes. */
  text(path: string, maxBytes: number): Promise<string | undefined>;
}
