import type { ByteSource, CheckpointFiles } from '../../core/byteSource';
import { FormatError } from '../../core/errors';
import { tfjsFormat } from './manifest';

interface Shard {
  readonly path: string;
  /** Undefined if the file is missing. */
  readonly source: ByteSource | undefined;
  /** First byte of the shard in the group; undefined behind missing shards of unknown length. */
  readonly start: number | undefined;
  readonly length: number | undefined;
}

/** The shards of one group, laid end to end. */
export class ShardedBytes {
  private constructor(private readonly shards: readonly Shard[]) {}

  /** @param needed bytes that the manifest's weights take together; tells the length of a single missing shard */
  static async open(
    files: CheckpointFiles,
    paths: readonly string[],
    needed: number | undefined,
  ): Promise<ShardedBytes> {
    const sources: (ByteSource | undefined)[] = [];
    for (const path of paths) {
      sources.push((await files.has(path)) ? await files.open(path) : undefined);
    }
    const present = sources.reduce((sum, source) => sum + (source?.size ?? 0), 0);
    const missingCount = sources.filter((source) => source === undefined).length;
    const gap = missingCount === 1 && needed !== undefined ? needed - present : undefined;
    const shards: Shard[] = [];
    let start: number | undefined = 0;
    for (const [i, source] of sources.entries()) {
      const length = source?.size ?? (gap !== undefined && gap >= 0 ? gap : undefined);
      shards.push({ path: paths[i] ?? '', source, start, length });
      start = start === undefined || length === undefined ? undefined : start + length;
    }
    return new ShardedBytes(shards);
  }

  get missing(): readonly string[] {
    return this.shards.filter((shard) => shard.source === undefined).map((shard) => shard.path);
  }

  /** Bytes of the group that are there. */
  get byteLength(): number {
    return this.shards.reduce((sum, shard) => sum + (shard.source?.size ?? 0), 0);
  }

  /** Why bytes [start, end) cannot be read; undefined if they can. */
  lack(start: number, end: number): string | undefined {
    if (start === end) return undefined;
    let known = 0;
    for (const shard of this.shards) {
      if (shard.start === undefined || shard.length === undefined) {
        return `in or behind the missing shard "${shard.path}"`;
      }
      known = shard.start + shard.length;
      const touches = shard.start < end && known > start;
      if (touches && shard.source === undefined) return `in the missing shard "${shard.path}"`;
      if (known >= end) return undefined;
    }
    return `needs bytes ${start} to ${end}, the shards have ${known}`;
  }

  async read(start: number, end: number): Promise<Uint8Array> {
    const lack = this.lack(start, end);
    if (lack !== undefined) throw new FormatError(tfjsFormat, lack);
    const pieces: Uint8Array[] = [];
    for (const { source, start: shardStart, length } of this.shards) {
      if (!source || shardStart === undefined || length === undefined) break;
      const from = Math.max(start, shardStart);
      const to = Math.min(end, shardStart + length);
      if (from < to) pieces.push(await source.read(from - shardStart, to - from));
    }
    const [first] = pieces;
    if (pieces.length === 1 && first) return first;
    const result = new Uint8Array(end - start);
    let at = 0;
    for (const piece of pieces) {
      result.set(piece, at);
      at += piece.byteLength;
    }
    return result;
  }
}
