import type { ByteSource } from '../core/byteSource';
import { FormatError } from '../core/errors';

/** Bytes that are in memory already: a virtual document, a test. */
export class MemorySource implements ByteSource {
  constructor(
    readonly name: string,
    private readonly bytes: Uint8Array,
  ) {}

  get size(): number {
    return this.bytes.byteLength;
  }

  read(offset: number, length: number): Promise<Uint8Array> {
    // A promise even for the error, as for every other source.
    return new Promise((resolve) => resolve(this.readSync(offset, length)));
  }

  readSync(offset: number, length: number): Uint8Array {
    if (!(offset >= 0 && length >= 0 && offset + length <= this.size)) {
      throw new FormatError(
        this.name,
        `needs bytes ${offset} to ${offset + length}, the file has ${this.size}`,
        { byteOffset: offset },
      );
    }
    return this.bytes.subarray(offset, offset + length);
  }

  close(): Promise<void> {
    return Promise.resolve();
  }
}
