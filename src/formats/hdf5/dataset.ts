import { dtypes, type Dtype } from '../../core/dtype';
import { FormatError } from '../../core/errors';
import type { TensorData } from '../../core/tensor';
import { readAttribute } from './attributes';
import { hyperslabs, type Hyperslab } from './hyperslabs';
import { typeClass, type Hdf5Metadata } from './library';
import { hdf5Format, type Hdf5Session } from './session';

/** Bytes that one call of the library reads at most; they stand in its memory and in ours. */
const maxReadBytes = 8 * 1024 * 1024;

/** Deflate cannot make more of a byte. A dataset that claims more than this times the file is mostly fill value. */
const maxExpansion = 1032;
/** Fill value up to this size is no bomb. */
const harmlessBytes = 64 * 1024 * 1024;

const maxDimensions = 32;
/** Filters of the library itself: deflate, shuffle, fletcher32, szip, nbit, scaleoffset. */
const lastBuiltInFilter = 6;

/** A dataset of numbers, or why it is none that can be read. */
export type Hdf5Dataset =
  | {
      readonly kind: 'readable';
      readonly dtype: Dtype;
      readonly shape: readonly number[];
      readonly data: TensorData;
    }
  | { readonly kind: 'unreadable'; readonly reason: string };

/** Looks at a dataset's type, shape and filters; no element is read. A damaged one leaves the others readable. */
export function readDataset(session: Hdf5Session, path: string): Hdf5Dataset {
  try {
    return inspectDataset(session, path);
  } catch (error) {
    if (!(error instanceof FormatError)) throw error;
    return unreadable(error.message);
  }
}

function inspectDataset(session: Hdf5Session, path: string): Hdf5Dataset {
  const metadata = session.call(`"${path}"`, (library, file) =>
    library.get_dataset_metadata(file, path),
  );
  const dtype = dtypeOf(session, path, metadata);
  if (dtype === undefined) return unreadable(describeType(metadata));
  const { shape, size } = metadata;
  if (shape === null) return unreadable('without a value');
  if (metadata.virtual_sources) return unreadable('virtual: its elements are in other files');
  if (size !== dtypes[dtype].byteSize || shape.length > maxDimensions || !shape.every(isSize)) {
    return unreadable(`of the shape [${shape.join(', ')}]`);
  }
  const elementCount = shape.includes(0) ? 0 : shape.reduce((product, n) => product * n, 1);
  const byteLength = elementCount * size;
  if (!(byteLength <= Math.max(harmlessBytes, session.size * maxExpansion))) {
    return unreadable(`claims ${byteLength} bytes in a file of ${session.size}`);
  }
  const filters = session.call(`filters of "${path}"`, (library, file) =>
    library.get_dataset_filters(file, path),
  );
  const foreign = filters.find(({ id }) => id > lastBuiltInFilter);
  if (foreign) return unreadable(`compressed by the filter ${foreign.id} "${foreign.name}"`);
  return {
    kind: 'readable',
    dtype,
    shape,
    data: datasetData(session, path, { dtype, shape, elementCount }),
  };
}

function datasetData(
  session: Hdf5Session,
  path: string,
  { dtype, shape, elementCount }: { dtype: Dtype; shape: readonly number[]; elementCount: number },
): TensorData {
  const { byteSize } = dtypes[dtype];
  return {
    async read(start, end) {
      if (!(start >= 0 && start <= end && end <= elementCount)) {
        throw new FormatError(
          hdf5Format,
          `"${path}": elements ${start} to ${end} of ${elementCount} asked for`,
        );
      }
      await session.repair();
      const result = new Uint8Array((end - start) * byteSize);
      for (const box of hyperslabs(shape, start, end, maxReadBytes / byteSize)) {
        const bytes = readBox(session, path, box, byteSize);
        const from = Math.max(start, box.start);
        const to = Math.min(end, box.end);
        const part = bytes.subarray((from - box.start) * byteSize, (to - box.start) * byteSize);
        result.set(part, (from - start) * byteSize);
      }
      return dtype === 'bool' ? result.map((byte) => (byte === 0 ? 0 : 1)) : result;
    },
  };
}

function readBox(session: Hdf5Session, path: string, box: Hyperslab, byteSize: number): Uint8Array {
  const what = `elements of "${path}"`;
  return session.call(what, (library, file) => {
    const byteLength = (box.end - box.start) * byteSize;
    const pointer = library._malloc(byteLength);
    if (pointer === 0) throw new FormatError(hdf5Format, `${what}: ${byteLength} bytes do not fit`);
    try {
      const scalar = box.count.length === 0;
      const status = library.get_dataset_data(
        file,
        path,
        scalar ? null : box.count.map(BigInt),
        scalar ? null : box.offset.map(BigInt),
        scalar ? null : box.count.map(() => 1n),
        BigInt(pointer),
      );
      if (status < 0) throw session.fault(what);
      return library.HEAPU8.slice(pointer, pointer + byteLength);
    } finally {
      library._free(pointer);
    }
  });
}

const integers: { readonly [size: number]: readonly [signed: Dtype, unsigned: Dtype] } = {
  1: ['i8', 'u8'],
  2: ['i16', 'u16'],
  4: ['i32', 'u32'],
  8: ['i64', 'u64'],
};

function dtypeOf(session: Hdf5Session, path: string, metadata: Hdf5Metadata): Dtype | undefined {
  const { type, size, signed, enum_type: enumeration } = metadata;
  switch (type) {
    case typeClass.float:
      return size === 8 ? 'f64' : size === 4 ? 'f32' : size === 2 ? 'f16' : undefined;
    case typeClass.integer:
      return integers[size]?.[signed ? 0 : 1];
    case typeClass.enumeration: {
      // h5py's booleans.
      const names = Object.keys(enumeration?.members ?? {}).sort();
      return size === 1 && names.join() === 'FALSE,TRUE' ? 'bool' : undefined;
    }
    case typeClass.opaque:
      // Keras 3 stores bfloat16 as two opaque bytes and says so in an attribute.
      return size === 2 && attributeIs(session, path, 'dtype', 'bfloat16') ? 'bf16' : undefined;
    default:
      return undefined;
  }
}

function attributeIs(session: Hdf5Session, path: string, name: string, value: string): boolean {
  const names = session.call(`attributes of "${path}"`, (library, file) =>
    library.get_attribute_names(file, path),
  );
  return names.includes(name) && readAttribute(session, path, name) === value;
}

function describeType({ type, size }: Hdf5Metadata): string {
  if (type === typeClass.string) return 'text, not numbers';
  if (type === typeClass.opaque) return `opaque items of ${size} bytes`;
  return `of the HDF5 type class ${type} with ${size} bytes, not numbers`;
}

function isSize(size: number): boolean {
  return Number.isSafeInteger(size) && size >= 0;
}

function unreadable(reason: string): Hdf5Dataset {
  return { kind: 'unreadable', reason };
}
