/**
 * Random access into a ZIP archive: names from the central directory, stored entries as ranges of the file, deflated
 * entries inflated under a limit.
 *
 * @see https://pkware.cachefly.net/webdocs/casestudies/APPNOTE.TXT
 */
import { type Entry, type FileEntry, ZipReader } from '@zip.js/zip.js';

import type { ByteSource } from '../../core/byteSource';
import { Cursor } from '../../core/cursor';
import { FormatError } from '../../core/errors';
import type { ZipListing } from '../../core/format';
import { withoutRedundantZip64 } from './redundantZip64';
import { bytesSource, sliceSource } from './slice';
import { BoundedWriter, SourceReader } from './zipReader';

/** More than any checkpoint has: one entry a storage. */
const maxEntries = 100_000;
const localHeaderBytes = 30;
const localSignature = 0x04034b50;
const flagEncrypted = 1;
const flagDescriptor = 8;

export interface ZipEntry {
  readonly name: string;
  /** Bytes it has once inflated, as the central directory says. */
  readonly size: number;
  readonly compressedSize: number;
  readonly method: 'stored' | 'deflated';
  /** Where its local header begins. */
  readonly headerOffset: number;
}

export interface ZipArchive extends ZipListing {
  /** The entry, or undefined. Directories are no entries. */
  entry(name: string): ZipEntry | undefined;
  /** Where a stored entry's bytes lie in the file; its local header is read and held against the directory. */
  range(entry: ZipEntry): Promise<{ readonly offset: number; readonly length: number }>;
  /** All bytes of an entry, stored or deflated; more than `maxBytes` is refused before and while inflating. CRC checked. */
  bytes(entry: ZipEntry, maxBytes: number): Promise<Uint8Array>;
  /** An entry as a source: a window on the file if stored, else inflated into memory under `maxInflatedBytes`. */
  open(entry: ZipEntry, maxInflatedBytes: number): Promise<ByteSource>;
}

/**
 * Reads the central directory. Refuses encrypted entries, unknown compression, doubled names and entries that overlap.
 *
 * @param format name for messages: `PyTorch zip`, `npz`
 */
export async function openZip(source: ByteSource, format = 'ZIP'): Promise<ZipArchive> {
  let directory = directories.get(source);
  if (!directory) {
    directory = readDirectory(source, format);
    directories.set(source, directory);
  }
  return new Archive(source, format, await directory);
}

/** Directories already read: recognising a file and opening it need the same one, and 20 000 entries take 0.5 s. */
const directories = new WeakMap<ByteSource, Promise<ReadonlyMap<string, KnownEntry>>>();

interface KnownEntry extends ZipEntry {
  readonly file: FileEntry;
}

class Archive implements ZipArchive {
  readonly names: readonly string[];

  constructor(
    private readonly source: ByteSource,
    private readonly format: string,
    private readonly entries: ReadonlyMap<string, KnownEntry>,
  ) {
    this.names = [...entries.keys()];
  }

  has(name: string): boolean {
    return this.entries.has(name);
  }

  entry(name: string): ZipEntry | undefined {
    return this.entries.get(name);
  }

  async range(entry: ZipEntry): Promise<{ offset: number; length: number }> {
    if (entry.method !== 'stored') throw this.fault(entry, 'is compressed, so it has no range');
    return { offset: await this.dataOffset(entry), length: entry.size };
  }

  async bytes(entry: ZipEntry, maxBytes: number): Promise<Uint8Array> {
    const known = this.entries.get(entry.name);
    if (!known) throw this.fault(entry, 'is not in this archive');
    if (entry.size > maxBytes) {
      throw this.fault(entry, `has ${entry.size} bytes, the limit is ${maxBytes}`);
    }
    await this.dataOffset(entry);
    const bytes = await translateErrors(this.format, `"${entry.name}"`, () =>
      known.file.getData(new BoundedWriter(entry.name, Math.min(maxBytes, entry.size)), {
        checkCrc32: true,
        useWebWorkers: false,
      }),
    );
    if (bytes.byteLength !== entry.size) {
      throw this.fault(entry, `gives ${bytes.byteLength} bytes, the directory says ${entry.size}`);
    }
    return bytes;
  }

  async open(entry: ZipEntry, maxInflatedBytes: number): Promise<ByteSource> {
    if (entry.method === 'stored') {
      const { offset, length } = await this.range(entry);
      return sliceSource(this.source, entry.name, offset, length);
    }
    return bytesSource(entry.name, await this.bytes(entry, maxInflatedBytes));
  }

  /** Where the data begins: only the local header knows the length of its own extra field. */
  private async dataOffset(entry: ZipEntry): Promise<number> {
    const at = entry.headerOffset;
    const header = new Cursor(this.format, await this.source.read(at, localHeaderBytes), at);
    if (header.u32() !== localSignature) {
      throw this.fault(entry, 'has no local header where the directory says');
    }
    header.u16();
    const flags = header.u16();
    const method = header.u16();
    if ((flags & flagEncrypted) !== 0) throw this.fault(entry, 'is encrypted');
    if ((method === 0) !== (entry.method === 'stored')) {
      throw this.fault(entry, `has method ${method} in its local header, another in the directory`);
    }
    header.take(8);
    const compressedSize = header.u32();
    const size = header.u32();
    // Sizes follow the data where the descriptor flag is set, and stand in the extra field for ZIP64.
    const hasSizes = (flags & flagDescriptor) === 0 && size !== 0xffffffff;
    if (hasSizes && (size !== entry.size || compressedSize !== entry.compressedSize)) {
      throw this.fault(
        entry,
        `has ${size} bytes in its local header, ${entry.size} in the directory`,
      );
    }
    const offset = at + localHeaderBytes + header.u16() + header.u16();
    if (offset + entry.compressedSize > this.source.size) {
      throw this.fault(entry, `runs past the end of the file of ${this.source.size} bytes`);
    }
    return offset;
  }

  private fault(entry: ZipEntry, reason: string): FormatError {
    return new FormatError(this.format, `entry "${entry.name}" ${reason}`, {
      byteOffset: entry.headerOffset,
    });
  }
}

async function readDirectory(
  source: ByteSource,
  format: string,
): Promise<ReadonlyMap<string, KnownEntry>> {
  const entries = new Map<string, KnownEntry>();
  await translateErrors(format, 'central directory', async () => {
    // Names are keys here and never paths, so any name may pass.
    const plain = await withoutRedundantZip64(source);
    const reader = new ZipReader(new SourceReader(plain), { filenameValidation: 'tolerant' });
    for await (const file of reader.getEntriesGenerator()) {
      if (file.directory) continue;
      if (entries.has(file.filename)) {
        throw new FormatError(format, `two entries are named "${file.filename}"`);
      }
      if (entries.size >= maxEntries) {
        throw new FormatError(format, `more entries than the limit of ${maxEntries}`);
      }
      entries.set(file.filename, toEntry(file, format));
    }
  });
  refuseOverlaps([...entries.values()], source.size, format);
  return entries;
}

function toEntry(file: Extract<Entry, { directory: false }>, format: string): KnownEntry {
  const fault = (reason: string): FormatError =>
    new FormatError(format, `entry "${file.filename}" ${reason}`, { byteOffset: file.offset });
  if (file.encrypted) throw fault('is encrypted');
  if (file.compressionMethod !== 0 && file.compressionMethod !== 8) {
    throw fault(`uses compression method ${file.compressionMethod}; 0 and 8 are read`);
  }
  const method = file.compressionMethod === 0 ? 'stored' : 'deflated';
  if (method === 'stored' && file.compressedSize !== file.uncompressedSize) {
    throw fault(`is stored in ${file.compressedSize} bytes but has ${file.uncompressedSize}`);
  }
  return {
    name: file.filename,
    size: file.uncompressedSize,
    compressedSize: file.compressedSize,
    method,
    headerOffset: file.offset,
    file,
  };
}

/** Entries that share bytes make small files unpack to huge ones, and make two readers see two contents. */
function refuseOverlaps(entries: readonly KnownEntry[], fileSize: number, format: string): void {
  const sorted = [...entries].sort((a, b) => a.headerOffset - b.headerOffset);
  let end = 0;
  let before = '';
  for (const entry of sorted) {
    if (entry.headerOffset < end) {
      throw new FormatError(format, `entry "${entry.name}" overlaps "${before}"`, {
        byteOffset: entry.headerOffset,
      });
    }
    end = entry.headerOffset + localHeaderBytes + entry.compressedSize;
    before = entry.name;
    if (end > fileSize) {
      throw new FormatError(
        format,
        `entry "${entry.name}" ends at byte ${end}, the file has ${fileSize}`,
        { byteOffset: entry.headerOffset },
      );
    }
  }
}

/** What zip.js finds wrong is the file's fault; its messages are plain enough to pass on. */
async function translateErrors<T>(
  format: string,
  what: string,
  work: () => Promise<T>,
): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof FormatError) throw error;
    const text = error instanceof Error ? error.message : String(error);
    throw new FormatError(format, `${what}: ${text.charAt(0).toLowerCase()}${text.slice(1)}`);
  }
}
