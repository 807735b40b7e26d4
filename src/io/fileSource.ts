import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import { open, type FileHandle } from 'node:fs/promises';
import { basename } from 'node:path';

import type { ByteSource } from '../core/byteSource';
import { FormatError } from '../core/errors';

/** How long an unused descriptor stays open: on Windows an open file can be neither renamed nor replaced by its trainer. */
const idleMs = 1000;

/** A local file, read in ranges and opened for reading only. The descriptor is closed when it has been idle for a second. */
export class FileSource implements ByteSource {
  readonly name: string;
  private handle: Promise<FileHandle> | undefined;
  private timer: NodeJS.Timeout | undefined;
  private reading = 0;

  private constructor(
    private readonly path: string,
    readonly size: number,
    readonly modifiedMs: number,
  ) {
    this.name = basename(path);
  }

  static async open(path: string): Promise<FileSource> {
    const handle = await open(path, 'r');
    try {
      const stat = await handle.stat();
      if (!stat.isFile()) {
        throw new FormatError(basename(path), 'is not a regular file', {
          remedy: 'Open a file of the checkpoint instead of its folder',
        });
      }
      return new FileSource(path, stat.size, stat.mtimeMs);
    } finally {
      await handle.close();
    }
  }

  async read(offset: number, length: number): Promise<Uint8Array> {
    this.check(offset, length);
    const bytes = new Uint8Array(length);
    this.reading += 1;
    // Else it may go off while this read waits for the descriptor that it closes.
    clearTimeout(this.timer);
    try {
      const handle = await this.opened();
      // FileHandle.read may give fewer bytes than asked for.
      for (let done = 0; done < length;) {
        const { bytesRead } = await handle.read(bytes, done, length - done, offset + done);
        if (bytesRead === 0) throw this.shrunk(offset + done);
        done += bytesRead;
      }
      return bytes;
    } finally {
      this.reading -= 1;
      this.closeWhenIdle();
    }
  }

  readSync(offset: number, length: number): Uint8Array {
    this.check(offset, length);
    const bytes = new Uint8Array(length);
    let descriptor: number;
    try {
      descriptor = openSync(this.path, 'r');
    } catch (error) {
      throw this.gone(error);
    }
    try {
      if (fstatSync(descriptor).size < offset + length) throw this.shrunk(offset);
      for (let done = 0; done < length;) {
        const count = readSync(descriptor, bytes, done, length - done, offset + done);
        if (count === 0) throw this.shrunk(offset + done);
        done += count;
      }
      return bytes;
    } finally {
      closeSync(descriptor);
    }
  }

  async close(): Promise<void> {
    clearTimeout(this.timer);
    const handle = this.handle;
    this.handle = undefined;
    await (await handle)?.close();
  }

  private async opened(): Promise<FileHandle> {
    const opening = (this.handle ??= open(this.path, 'r'));
    try {
      return await opening;
    } catch (error) {
      // The next read tries again: a trainer replaces its file by another.
      if (this.handle === opening) this.handle = undefined;
      throw this.gone(error);
    }
  }

  private closeWhenIdle(): void {
    clearTimeout(this.timer);
    if (this.reading > 0) return;
    this.timer = setTimeout(() => void this.close().catch(() => undefined), idleMs);
    this.timer.unref();
  }

  private check(offset: number, length: number): void {
    if (!(offset >= 0 && length >= 0 && offset + length <= this.size)) {
      throw new FormatError(
        this.name,
        `needs bytes ${offset} to ${offset + length}, the file has ${this.size}`,
        { byteOffset: offset },
      );
    }
  }

  private gone(error: unknown): FormatError {
    return new FormatError(this.name, `can no longer be opened: ${String(error)}`, {
      remedy: 'Reload when the file is there again',
    });
  }

  private shrunk(at: number): FormatError {
    return new FormatError(
      this.name,
      `ends at byte ${at}; it had ${this.size} when it was opened`,
      {
        byteOffset: at,
        remedy: 'Reload when the file has been written completely',
      },
    );
  }
}
