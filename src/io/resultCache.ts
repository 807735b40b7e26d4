import { createHash, randomUUID } from 'node:crypto';
import { mkdir, readdir, readFile, rename, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

/** What names an entry: anything that, once different, makes the old result wrong. */
export type CacheKey = readonly (string | number)[];

/** Files of ours, and nothing else in the folder. */
const suffix = '.measured.json';

/**
 * Results on disk, one file an entry, named by the hash of its key. The folder never grows beyond its limit: what was used longest ago
 * goes first. A cache is no more than a convenience: what cannot be read or written is as if it were not there.
 */
export class ResultCache {
  constructor(
    private readonly folder: string,
    private readonly maxBytes: number,
  ) {}

  async read(key: CacheKey): Promise<unknown> {
    const path = this.pathOf(key);
    try {
      const text = await readFile(path, 'utf8');
      const now = new Date();
      await utimes(path, now, now);
      return JSON.parse(text) as unknown;
    } catch {
      // Absent, unreadable or cut short.
      return undefined;
    }
  }

  async write(key: CacheKey, value: unknown): Promise<void> {
    const path = this.pathOf(key);
    const text = JSON.stringify(value);
    if (text.length > this.maxBytes) return;
    // Renamed into place, so that nobody reads half of it.
    const part = `${path}.${randomUUID()}.part`;
    try {
      await mkdir(this.folder, { recursive: true });
      await writeFile(part, text);
      await rename(part, path);
      await this.shrink();
    } catch {
      // A full or read-only disk: nothing is cached.
      await rm(part, { force: true }).catch(() => undefined);
    }
  }

  /** Removes all entries; resolves to their number. */
  async clear(): Promise<number> {
    const entries = await this.entries();
    await Promise.all(entries.map(({ path }) => rm(path, { force: true })));
    return entries.length;
  }

  private async shrink(): Promise<void> {
    const entries = (await this.entries()).sort((a, b) => b.usedAt - a.usedAt);
    let total = 0;
    for (const { path, byteLength } of entries) {
      total += byteLength;
      if (total > this.maxBytes) await rm(path, { force: true });
    }
  }

  private async entries(): Promise<{ path: string; byteLength: number; usedAt: number }[]> {
    const names = await readdir(this.folder).catch((): string[] => []);
    const found = await Promise.all(
      names
        .filter((name) => name.endsWith(suffix) || name.endsWith('.part'))
        .map(async (name) => {
          const path = join(this.folder, name);
          const status = await stat(path).catch(() => undefined);
          return status && { path, byteLength: status.size, usedAt: status.mtimeMs };
        }),
    );
    return found.filter((entry) => entry !== undefined);
  }

  private pathOf(key: CacheKey): string {
    const name = createHash('sha256').update(JSON.stringify(key)).digest('hex');
    return join(this.folder, `${name}${suffix}`);
  }
}
