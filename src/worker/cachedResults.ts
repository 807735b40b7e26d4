import { createHash } from 'node:crypto';

import type { CheckpointFiles } from '../core/byteSource';
import { ResultCache, type CacheKey } from '../io/resultCache';

/** Where results are kept, and how many bytes of them. */
export interface CacheSettings {
  readonly folder: string;
  readonly maxBytes: number;
  /** Version of the extension: another one may compute otherwise. */
  readonly version: string;
}

/** Bytes of both ends of the main file that are hashed: headers stand at one of them. */
const hashedBytes = 2 ** 16;

/** Results of one checkpoint, told apart by name, size, time and both ends of its files. */
export class CachedResults {
  private constructor(
    private readonly cache: ResultCache,
    private readonly key: CacheKey,
  ) {}

  /** Undefined where there is nothing that tells whether a file has changed. */
  static async of(
    files: CheckpointFiles,
    backend: string,
    { folder, maxBytes, version }: CacheSettings,
  ): Promise<CachedResults | undefined> {
    if (maxBytes === 0) return undefined;
    const key: (string | number)[] = [version, backend];
    for (const { name, size, modifiedMs } of files.opened) {
      if (modifiedMs === undefined) return undefined;
      key.push(name, size, modifiedMs);
    }
    const { main } = files;
    const length = Math.min(hashedBytes, main.size);
    const hash = createHash('sha256');
    hash.update(await main.read(0, length));
    hash.update(await main.read(main.size - length, length));
    key.push(hash.digest('hex'));
    return new CachedResults(new ResultCache(folder, maxBytes), key);
  }

  read(): Promise<unknown> {
    return this.cache.read(this.key);
  }

  write(value: unknown): Promise<void> {
    return this.cache.write(this.key, value);
  }
}
