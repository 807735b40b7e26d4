import { dirname, isAbsolute, join, normalize, sep } from 'node:path';

import { siblingUrl } from '../core/address';
import type { ByteSource, CheckpointFiles } from '../core/byteSource';
import { FormatError } from '../core/errors';
import { decompressors } from './decompressors';
import { FileSource } from './fileSource';
import type { HttpOptions } from './http/client';
import { HttpSource } from './http/source';
import { MemorySource } from './memorySource';

/** A local file and, on demand, the files of its folder (and below) that it names. */
export async function openLocalFiles(path: string): Promise<CheckpointFiles> {
  const folder = dirname(path);
  return new OpenFiles(await FileSource.open(path), (name) => FileSource.open(join(folder, name)));
}

/** A file on a web server and, on demand, the files of its folder (and below) that it names; ranges are all that is downloaded. */
export async function openRemoteFiles(
  url: URL,
  options: HttpOptions = {},
): Promise<CheckpointFiles> {
  return new OpenFiles(await HttpSource.open(url, options), (name) =>
    HttpSource.open(siblingUrl(url, name), options),
  );
}

/** Bytes in memory, and named ones beside them. */
export function memoryFiles(
  name: string,
  bytes: Uint8Array,
  siblings: ReadonlyMap<string, Uint8Array> = new Map(),
): CheckpointFiles {
  return new OpenFiles(new MemorySource(name, bytes), (sibling) => {
    const found = siblings.get(sibling);
    if (!found) return Promise.reject(new Error(`ENOENT: no file "${sibling}"`));
    return Promise.resolve(new MemorySource(sibling, found));
  });
}

class OpenFiles implements CheckpointFiles {
  readonly decompressors = decompressors;
  private readonly byName = new Map<string, Promise<ByteSource>>();
  private readonly sources: ByteSource[];

  constructor(
    readonly main: ByteSource,
    private readonly openSibling: (name: string) => Promise<ByteSource>,
  ) {
    this.sources = [main];
  }

  get opened(): readonly ByteSource[] {
    return this.sources;
  }

  open(name: string): Promise<ByteSource> {
    const known = this.byName.get(name);
    if (known) return known;
    const opening = this.openNew(name);
    this.byName.set(name, opening);
    return opening;
  }

  async has(name: string): Promise<boolean> {
    try {
      await this.open(name);
      return true;
    } catch (error) {
      // Absent and refused are the same answer here; anything else is not ours to hide.
      if (error instanceof FormatError) return false;
      throw error;
    }
  }

  async close(): Promise<void> {
    await Promise.all(this.sources.map((source) => source.close()));
  }

  private async openNew(name: string): Promise<ByteSource> {
    if (!isInside(name)) {
      throw new FormatError(this.main.name, `names the file "${name}" outside its folder`);
    }
    try {
      const source = await this.openSibling(name);
      this.sources.push(source);
      return source;
    } catch (error) {
      if (error instanceof FormatError) throw error;
      throw new FormatError(this.main.name, `names the file "${name}", which cannot be opened`, {
        remedy: `Put "${name}" beside "${this.main.name}": ${String(error)}`,
      });
    }
  }
}

/** Whether a name from a file stays in the folder: relative, no drive, no way up, no NUL. */
function isInside(name: string): boolean {
  if (name === '' || name.includes('\0') || isAbsolute(name) || /^[A-Za-z]:|^[\\/]/.test(name)) {
    return false;
  }
  const path = normalize(name.replaceAll('\\', '/'));
  return path !== '..' && !path.startsWith(`..${sep}`) && !path.startsWith('../');
}
