import type { ByteSource } from '../../core/byteSource';
import { FormatError } from '../../core/errors';
import type { ZipArchive, ZipEntry } from '../zip';

/** A deflated entry above this is refused: it would have to be in memory whole. */
const maxInflatedBytes = 1024 ** 3;

/** Inflated bytes kept for the next reads. A layer is read in ranges one after another, so the last few entries suffice. */
const maxKeptBytes = 256 * 1024 * 1024;

/** Deflated entries as sources, inflated when first read, the longest unused dropped first. */
export class InflatedEntries {
  /** Least recently read first. */
  private readonly kept = new Map<string, Promise<Uint8Array>>();
  private readonly sizes = new Map<string, number>();

  constructor(private readonly zip: ZipArchive) {}

  source(entry: ZipEntry, name: string): ByteSource {
    const read = async (offset: number, length: number): Promise<Uint8Array> => {
      const bytes = await this.bytes(entry);
      return bytes.subarray(offset, offset + length);
    };
    return {
      name,
      size: entry.size,
      async read(offset, length) {
        if (!(offset >= 0 && length >= 0 && offset + length <= entry.size)) {
          throw new FormatError(
            'npz',
            `"${entry.name}" has ${entry.size} bytes, ${offset + length} asked for`,
          );
        }
        return read(offset, length);
      },
      close: () => Promise.resolve(),
    };
  }

  private async bytes(entry: ZipEntry): Promise<Uint8Array> {
    const bytes = this.kept.get(entry.name) ?? this.zip.bytes(entry, maxInflatedBytes);
    this.kept.delete(entry.name);
    this.kept.set(entry.name, bytes);
    this.sizes.set(entry.name, entry.size);
    this.drop();
    return bytes;
  }

  /** Drops old entries until the rest fits; the newest always stays, whatever its size. */
  private drop(): void {
    let total = 0;
    for (const name of this.kept.keys()) total += this.sizes.get(name) ?? 0;
    for (const name of [...this.kept.keys()].slice(0, -1)) {
      if (total <= maxKeptBytes) return;
      total -= this.sizes.get(name) ?? 0;
      this.kept.delete(name);
    }
  }
}
