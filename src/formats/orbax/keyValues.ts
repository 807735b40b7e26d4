import type { ByteSource, CheckpointFiles } from '../../core/byteSource';
import { bytesSource, sliceSource } from '../zip';

/** Zarr arrays are many small values by key: files of a folder, or entries of a tree inside a few files. */
export interface KeyValues {
  /** The value; undefined where the key has none. */
  open(key: string): Promise<ByteSource | undefined>;
  /** All keys, where the store can list them. */
  keys(): readonly string[] | undefined;
}

/** Files below the checkpoint's folder. */
export function folderValues(files: CheckpointFiles, prefix: string): KeyValues {
  return {
    open: async (key) => ((await files.has(prefix + key)) ? files.open(prefix + key) : undefined),
    keys: () => undefined,
  };
}

/** A value inside a leaf of a tree, or a range of a data file. */
export type StoredValue =
  | { readonly kind: 'inline'; readonly bytes: Uint8Array }
  | {
      readonly kind: 'range';
      readonly file: string;
      readonly offset: number;
      readonly length: number;
    };

/** Entries of an OCDBT tree. */
export function treeValues(
  files: CheckpointFiles,
  prefix: string,
  values: ReadonlyMap<string, StoredValue>,
): KeyValues {
  return {
    async open(key) {
      const value = values.get(key);
      if (!value) return undefined;
      if (value.kind === 'inline') return bytesSource(key, value.bytes);
      const { file, offset, length } = value;
      return sliceSource(await files.open(prefix + file), key, offset, length);
    },
    keys: () => [...values.keys()],
  };
}
