import { configure, Reader, Writer } from '@zip.js/zip.js';

import type { ByteSource } from '../../core/byteSource';
import { FormatError } from '../../core/errors';

/** Largest single read zip.js may cause; the central directory is read in one piece. */
const maxDirectoryBytes = 64 * 2 ** 20;

// Its workers are web workers made from a blob: there are none in a Node worker thread, and entries are small.
configure({ useWebWorkers: false });

/** A ByteSource as zip.js wants it: reads past the end give what is there. */
export class SourceReader extends Reader<ByteSource> {
  constructor(private readonly source: ByteSource) {
    super(source);
    this.size = source.size;
  }

  override readUint8Array(index: number, length: number): Promise<Uint8Array> {
    if (length > maxDirectoryBytes) {
      return Promise.reject(
        new FormatError('ZIP', `directory of ${length} bytes, the limit is ${maxDirectoryBytes}`),
      );
    }
    const start = Math.min(Math.max(index, 0), this.source.size);
    const end = Math.min(Math.max(index + length, start), this.source.size);
    return this.source.read(start, end - start);
  }
}

/** Collects an entry's bytes and stops at the limit, whatever its header declared. */
export class BoundedWriter extends Writer<Uint8Array> {
  private readonly chunks: Uint8Array[] = [];
  private total = 0;

  constructor(
    private readonly entryName: string,
    private readonly maxBytes: number,
  ) {
    super();
  }

  override writeUint8Array(array: Uint8Array): Promise<void> {
    this.total += array.byteLength;
    if (this.total > this.maxBytes) {
      return Promise.reject(
        new FormatError(
          'ZIP',
          `"${this.entryName}" inflates to more than the limit of ${this.maxBytes} bytes`,
        ),
      );
    }
    this.chunks.push(array.slice());
    return Promise.resolve();
  }

  override getData(): Promise<Uint8Array> {
    const bytes = new Uint8Array(this.total);
    let at = 0;
    for (const chunk of this.chunks) {
      bytes.set(chunk, at);
      at += chunk.byteLength;
    }
    return Promise.resolve(bytes);
  }
}
