import { FormatError } from '../../core/errors';
import { typeClass, type Hdf5Library, type Hdf5Metadata } from './library';
import { hdf5Format, type Hdf5Session } from './session';

/** The largest attributes are model configurations; HDF5 itself stops at 64 KiB unless they are stored densely. */
const maxAttributeBytes = 64 * 1024 * 1024;

export type AttributeValue = string | number | boolean | readonly (string | number)[];

/** Reads text and numbers, alone or in arrays; undefined for anything else and for an attribute that is not there. */
export function readAttribute(
  session: Hdf5Session,
  path: string,
  name: string,
): AttributeValue | undefined {
  const what = `attribute "${name}" of "${path}"`;
  return session.call(what, (library, file) => {
    const metadata = library.get_attribute_metadata(file, path, name);
    if (metadata.shape === null) return undefined;
    const byteLength = metadata.size * metadata.total_size;
    if (!(byteLength <= maxAttributeBytes)) {
      throw new FormatError(
        hdf5Format,
        `${what} has ${byteLength} bytes, the limit is ${maxAttributeBytes}`,
      );
    }
    const decode = decoderOf(library, metadata);
    if (decode === undefined || byteLength === 0) return decode && [];
    const pointer = library._malloc(byteLength);
    if (pointer === 0) throw new FormatError(hdf5Format, `${what} does not fit into memory`);
    try {
      if (library.get_attribute_data(file, path, name, BigInt(pointer)) < 0) {
        throw session.fault(what);
      }
      const values = decode(library.HEAPU8.slice(pointer, pointer + byteLength));
      if (metadata.vlen) library.reclaim_vlen_memory(file, path, name, BigInt(pointer));
      return metadata.shape.length === 0 ? values[0] : values;
    } finally {
      library._free(pointer);
    }
  });
}

function decoderOf(
  library: Hdf5Library,
  { type, size, vlen, signed }: Hdf5Metadata,
): ((bytes: Uint8Array) => (string | number)[]) | undefined {
  if (type === typeClass.string) {
    return vlen ? (bytes) => pointedText(library, bytes) : (bytes) => fixedText(bytes, size);
  }
  if (type === typeClass.integer || type === typeClass.enumeration) {
    return (bytes) => each(bytes, size, (view, at) => integerAt(view, at, { size, signed }));
  }
  if (type === typeClass.float && (size === 4 || size === 8)) {
    return (bytes) =>
      each(bytes, size, (view, at) =>
        size === 4 ? view.getFloat32(at, true) : view.getFloat64(at, true),
      );
  }
  return undefined;
}

/** Pointers have 4 bytes in the library's memory; 0 stands for empty text. */
function pointedText(library: Hdf5Library, bytes: Uint8Array): string[] {
  return each(bytes, 4, (view, at) => library.UTF8ToString(view.getUint32(at, true)));
}

function fixedText(bytes: Uint8Array, size: number): string[] {
  const decoder = new TextDecoder();
  const texts: string[] = [];
  for (let at = 0; at + size <= bytes.byteLength; at += size) {
    const padded = bytes.subarray(at, at + size);
    const end = padded.indexOf(0);
    texts.push(decoder.decode(end < 0 ? padded : padded.subarray(0, end)));
  }
  return texts;
}

function each<T>(bytes: Uint8Array, size: number, read: (view: DataView, at: number) => T): T[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return Array.from({ length: Math.floor(bytes.byteLength / size) }, (_, i) =>
    read(view, i * size),
  );
}

function integerAt(view: DataView, at: number, type: { size: number; signed: boolean }): number {
  switch (type.size) {
    case 1:
      return type.signed ? view.getInt8(at) : view.getUint8(at);
    case 2:
      return type.signed ? view.getInt16(at, true) : view.getUint16(at, true);
    case 4:
      return type.signed ? view.getInt32(at, true) : view.getUint32(at, true);
    default:
      return Number(type.signed ? view.getBigInt64(at, true) : view.getBigUint64(at, true));
  }
}
