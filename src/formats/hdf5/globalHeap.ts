/**
 * Global heaps, where HDF5 keeps texts of variable length:
 *
 *     "GCOL", version 1 (u8), 3 zeros, size of the collection (u64), objects
 *     object   index (u16), references (u16), 4 zeros, size (u64), its bytes up to a multiple of 8
 *     index 0  the free space at the end, its size counted with its own header
 *
 * The library goes from object to object by their sizes and never ends where one takes no room, so collections are looked
 * at before it gets them.
 *
 * @see https://support.hdfgroup.org/documentation/hdf5/latest/_f_m_t3.html (global heap)
 */
import { FormatError } from '../../core/errors';

/** Longer reads are of elements: the library reads the first 4 KiB of a collection before all of it. */
const maxHeaderReadBytes = 64 * 1024;
/** Signature, version and zeros, as bytes. */
const begin = [0x47, 0x43, 0x4f, 0x4c, 1, 0, 0, 0];
const headerBytes = 16;

/** Reads bytes of the file, all of them or an error. */
type ReadSync = (offset: number, length: number) => Uint8Array;

/** Refuses collections that begin in `bytes`, which stand at `offset` in the file, if the library would not end on them. */
export function checkGlobalHeaps(
  bytes: Uint8Array,
  offset: number,
  file: { readonly size: number; readonly readSync: ReadSync },
): void {
  if (bytes.byteLength > maxHeaderReadBytes) return;
  for (let at = bytes.indexOf(0x47); at >= 0; at = bytes.indexOf(0x47, at + 1)) {
    if (!begin.every((byte, i) => bytes[at + i] === byte)) continue;
    const start = offset + at;
    if (start + headerBytes > file.size) return;
    const size = sizeAt(file.readSync(start + 8, 8), 0);
    // What runs past the end of the file is refused by the library itself.
    if (start + size <= file.size) checkObjects(file.readSync(start, size), start);
  }
}

function checkObjects(collection: Uint8Array, start: number): void {
  const view = new DataView(collection.buffer, collection.byteOffset, collection.byteLength);
  let at = headerBytes;
  // What is left behind the last object may be too short for a header.
  while (at + headerBytes <= collection.byteLength) {
    const index = view.getUint16(at, true);
    const size = sizeAt(collection, at + 8);
    const length = index === 0 ? size : headerBytes + 8 * Math.ceil(size / 8);
    if (length < headerBytes || at + length > collection.byteLength) {
      throw new FormatError(
        'HDF5',
        `object ${index} of the global heap at ${start} has ${size} bytes, ${collection.byteLength - at} are left`,
        { byteOffset: start + at },
      );
    }
    at += length;
  }
}

function sizeAt(bytes: Uint8Array, at: number): number {
  return Number(new DataView(bytes.buffer, bytes.byteOffset + at, 8).getBigUint64(0, true));
}
