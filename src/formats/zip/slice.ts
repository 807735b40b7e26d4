import type { ByteSource } from '../../core/byteSource';
import { FormatError } from '../../core/errors';

/** Bytes [offset, offset + size) of a source as a source of their own. Closing it leaves the outer one open. */
export function sliceSource(
  source: ByteSource,
  name: string,
  offset: number,
  size: number,
): ByteSource {
  const check = (at: number, length: number): void => {
    if (!(at >= 0 && length >= 0 && at + length <= size)) {
      throw new FormatError(name, `bytes ${at} to ${at + length} asked for, it has ${size}`);
    }
  };
  return {
    name,
    size,
    async read(at, length) {
      check(at, length);
      return source.read(offset + at, length);
    },
    ...(source.readSync && {
      readSync(at: number, length: number) {
        check(at, length);
        const bytes = source.readSync?.(offset + at, length);
        if (!bytes) throw new TypeError(`${source.name} no longer reads without waiting`);
        return bytes;
      },
    }),
    close: () => Promise.resolve(),
  };
}

/** Bytes in memory as a source, such as an inflated entry. */
export function bytesSource(name: string, bytes: Uint8Array): ByteSource {
  const readSync = (at: number, length: number): Uint8Array => {
    if (!(at >= 0 && length >= 0 && at + length <= bytes.byteLength)) {
      throw new FormatError(
        name,
        `bytes ${at} to ${at + length} asked for, it has ${bytes.byteLength}`,
      );
    }
    return bytes.subarray(at, at + length);
  };
  return {
    name,
    size: bytes.byteLength,
    read: (at, length) => Promise.resolve().then(() => readSync(at, length)),
    readSync,
    close: () => Promise.resolve(),
  };
}
