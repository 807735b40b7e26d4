import type { ByteSource } from '../../core/byteSource';
import { FormatError } from '../../core/errors';
import { nameOf } from '../../core/address';
import { type HttpOptions, readRange } from './client';
import type { RangeAnswer } from './range';

/** Bytes that are asked for at least; a header and its neighbours come in one answer. */
const blockBytes = 256 * 1024;
/** Bytes of one request: more of them is no faster, and a broken answer is repeated whole. */
const maxRequestBytes = 8 * 2 ** 20;
/** Kept of one file; weights are read once, headers and directories again and again. */
const maxCachedBytes = 64 * 2 ** 20;

/** A file on a web server, read in ranges. Blocks are kept, so that neighbouring reads are one request. */
export class HttpSource implements ByteSource {
  readonly name: string;
  readonly modifiedMs?: number;
  /** The latest used last. */
  private readonly blocks = new Map<number, Promise<Uint8Array>>();

  private constructor(
    private readonly url: URL,
    private readonly options: HttpOptions,
    private readonly first: RangeAnswer,
  ) {
    this.name = nameOf(url);
    if (first.modifiedMs !== undefined) this.modifiedMs = first.modifiedMs;
    if (!first.isWhole) this.blocks.set(0, Promise.resolve(first.bytes));
  }

  /** Asks for the beginning, whose answer tells the size and the version. */
  static async open(url: URL, options: HttpOptions = {}): Promise<HttpSource> {
    const first = await readRange(url, { start: 0, end: blockBytes }, options);
    return new HttpSource(url, options, first);
  }

  get size(): number {
    return this.first.size;
  }

  async read(offset: number, length: number): Promise<Uint8Array> {
    const end = offset + length;
    if (!(offset >= 0 && length >= 0 && end <= this.size)) {
      throw new FormatError(
        this.name,
        `needs bytes ${offset} to ${end}, the file has ${this.size}`,
        { byteOffset: offset },
      );
    }
    if (this.first.isWhole) return this.first.bytes.subarray(offset, end);
    if (length === 0) return new Uint8Array(0);
    const firstBlock = Math.floor(offset / blockBytes);
    const lastBlock = Math.floor((end - 1) / blockBytes);
    const result = new Uint8Array(length);
    const perRequest = maxRequestBytes / blockBytes;
    for (let index = firstBlock; index <= lastBlock; index += perRequest) {
      await this.copy(result, offset, index, Math.min(index + perRequest, lastBlock + 1));
    }
    return result;
  }

  close(): Promise<void> {
    this.blocks.clear();
    return Promise.resolve();
  }

  /** Copies what blocks [start, end) have of the range that begins at `offset`. */
  private async copy(to: Uint8Array, offset: number, start: number, end: number): Promise<void> {
    this.request(start, end);
    const wanted = Array.from({ length: end - start }, (_, i) => this.blocks.get(start + i));
    for (const [i, block] of wanted.entries()) {
      const bytes = await block;
      if (!bytes) continue;
      const at = (start + i) * blockBytes;
      const from = Math.max(at, offset);
      const until = Math.min(at + bytes.byteLength, offset + to.byteLength);
      to.set(bytes.subarray(from - at, until - at), from - offset);
    }
    this.forget();
  }

  /** Starts requests for the blocks that are missing, one for each run of them. */
  private request(start: number, end: number): void {
    for (let index = start; index < end; index++) {
      const known = this.blocks.get(index);
      if (known) {
        this.blocks.delete(index);
        this.blocks.set(index, known);
        continue;
      }
      let stop = index + 1;
      while (stop < end && !this.blocks.has(stop)) stop += 1;
      const answer = this.fetch(index * blockBytes, Math.min(stop * blockBytes, this.size));
      for (let one = index; one < stop; one++) {
        const at = (one - index) * blockBytes;
        const block = answer.then((bytes) => bytes.slice(at, at + blockBytes));
        this.blocks.set(one, block);
        // What failed is asked for again by the next read.
        block.catch(() => {
          if (this.blocks.get(one) === block) this.blocks.delete(one);
        });
      }
      index = stop - 1;
    }
  }

  private async fetch(start: number, end: number): Promise<Uint8Array> {
    const { version, modifiedMs, size } = this.first;
    const answer = await readRange(this.url, { start, end, version }, this.options);
    const isOther =
      answer.isWhole ||
      answer.size !== size ||
      (version.etag === undefined && answer.modifiedMs !== modifiedMs);
    if (isOther) {
      throw new FormatError(this.name, 'has changed on the server since it was opened', {
        remedy: 'Reload it',
      });
    }
    return answer.bytes;
  }

  private forget(): void {
    const most = maxCachedBytes / blockBytes;
    for (const index of this.blocks.keys()) {
      if (this.blocks.size <= most) break;
      this.blocks.delete(index);
    }
  }
}
