/**
 * torch.save writes the ZIP64 end of directory into every archive, needed or not:
 *
 *     central directory (n bytes) | ZIP64 end (56) | ZIP64 locator (20) | end of directory (22)
 *
 * Where the plain end record says all there is to say, zip.js looks for the directory at its own end less n too, and takes
 * the place 76 bytes too late if a header begins there. It does where the first record has 76 bytes: `NAME/data.pkl` for
 * every NAME of 21 characters.
 */
import type { ByteSource } from '../../core/byteSource';

const endBytes = 22;
const locatorBytes = 20;
const zip64Bytes = 56;
const tailBytes = zip64Bytes + locatorBytes + endBytes;

/** The archive without a ZIP64 end of directory that only repeats the plain one. */
export async function withoutRedundantZip64(source: ByteSource): Promise<ByteSource> {
  if (source.size < tailBytes) return source;
  const gapStart = source.size - tailBytes;
  const tail = await source.read(gapStart, tailBytes);
  if (!isRedundant(new DataView(tail.buffer, tail.byteOffset, tail.byteLength), gapStart)) {
    return source;
  }
  const end = tail.slice(zip64Bytes + locatorBytes);
  const size = gapStart + endBytes;
  return {
    name: source.name,
    size,
    async read(offset, length) {
      if (offset + length <= gapStart) return source.read(offset, length);
      const bytes = new Uint8Array(length);
      const before = Math.max(0, gapStart - offset);
      if (before > 0) bytes.set(await source.read(offset, before));
      const start = offset + before - gapStart;
      bytes.set(end.subarray(start, start + length - before), before);
      return bytes;
    },
    close: () => source.close(),
  };
}

function isRedundant(tail: DataView, gapStart: number): boolean {
  const end = zip64Bytes + locatorBytes;
  const hasRecords =
    tail.getUint32(0, true) === 0x06064b50 &&
    tail.getUint32(zip64Bytes, true) === 0x07064b50 &&
    tail.getUint32(end, true) === 0x06054b50 &&
    tail.getUint16(end + 20, true) === 0;
  const count = tail.getUint16(end + 10, true);
  const length = tail.getUint32(end + 12, true);
  const offset = tail.getUint32(end + 16, true);
  return (
    hasRecords &&
    count < 0xffff &&
    offset + length === gapStart &&
    Math.max(offset, length) < 2 ** 32 - 1
  );
}
