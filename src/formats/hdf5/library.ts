/** What is used of h5wasm's low-level module (src/hdf5_util_helpers.d.ts there), and of Emscripten's file system. */
export interface Hdf5Library {
  open(path: string, mode: number, trackOrder: boolean, low: number, high: number): bigint;
  get_names(file: bigint, path: string, recursive: boolean): string[];
  get_type(file: bigint, path: string): number;
  /** Target of a soft link; null for anything else. */
  get_symbolic_link(file: bigint, path: string): string | null;
  get_attribute_names(file: bigint, path: string): string[];
  get_attribute_metadata(file: bigint, path: string, name: string): Hdf5Metadata;
  get_attribute_data(file: bigint, path: string, name: string, pointer: bigint): number;
  get_dataset_metadata(file: bigint, path: string): Hdf5Metadata;
  get_dataset_filters(file: bigint, path: string): { id: number; name: string }[];
  get_dataset_data(
    file: bigint,
    path: string,
    count: bigint[] | null,
    offset: bigint[] | null,
    strides: bigint[] | null,
    pointer: bigint,
  ): number;
  reclaim_vlen_memory(file: bigint, path: string, name: string, pointer: bigint): number;
  UTF8ToString(pointer: number): string;
  _malloc(byteLength: number): number;
  _free(pointer: number): void;
  /** Replaced when the memory grows: never keep it. */
  readonly HEAPU8: Uint8Array<ArrayBuffer>;
  readonly H5F_ACC_RDONLY: number;
  readonly H5G_GROUP: number;
  readonly H5G_DATASET: number;
  readonly FS: EmscriptenFileSystem;
}

/** Classes of HDF5 datatypes (H5T_class_t). */
export const typeClass = { integer: 0, float: 1, string: 3, opaque: 5, enumeration: 8 } as const;

export interface Hdf5Metadata {
  readonly type: number;
  readonly size: number;
  readonly signed: boolean;
  /** Whether it is text of variable length. */
  readonly vlen: boolean;
  /** Null for a dataset without a value. */
  readonly shape: readonly number[] | null;
  readonly total_size: number;
  readonly enum_type?: { readonly members: { readonly [name: string]: number } };
  readonly virtual_sources?: readonly unknown[];
}

export interface EmscriptenNode {
  node_ops: object;
  stream_ops: object;
  size: number;
}

export interface EmscriptenFileSystem {
  mkdir(path: string): void;
  mount(type: object, options: object, path: string): void;
  createNode(
    parent: EmscriptenNode | null,
    name: string,
    mode: number,
    device: number,
  ): EmscriptenNode & { id: number; mode: number };
  ErrnoError: new (errno: number) => Error;
}
