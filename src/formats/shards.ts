/**
 * A model in several files and the index that says which tensor is where, as Hugging Face libraries write them:
 * `model.safetensors.index.json`, `pytorch_model.bin.index.json`.
 *
 *     { "metadata": {"total_size": 96}, "weight_map": {"w": "model-00001-of-00002.safetensors"} }
 */
import type { ByteSource, CheckpointFiles } from '../core/byteSource';
import type { Checkpoint, Notice, OptimizerRecord, Skipped } from '../core/checkpoint';
import { FormatError } from '../core/errors';
import type { Format } from '../core/format';
import { isJsonObject, type Json, property } from '../core/json';
import type { Tensor } from '../core/tensor';
import { probe } from './probe';

/** The largest published models have a few hundred. */
const maxShards = 10_000;

/** A format of single files that shards may have. */
export interface ShardFormat extends Pick<Format, 'id' | 'title' | 'matches'> {
  openShard(source: ByteSource): Promise<Checkpoint>;
}

/** The format of an index whose shards are of the given formats. */
export function shardIndex(shardFormats: readonly ShardFormat[]): Format {
  return {
    id: 'shard-index',
    title: 'index of a sharded model',
    matches: async (file) => weightMapOf(await file.json()) !== undefined,
    open: (files) => openIndex(files, shardFormats),
  };
}

async function openIndex(
  files: CheckpointFiles,
  shardFormats: readonly ShardFormat[],
): Promise<Checkpoint> {
  const index = await (await probe(files.main)).json();
  const weightMap = weightMapOf(index);
  if (!weightMap) throw new FormatError(files.main.name, 'has no weight_map');
  const namesByFile = new Map<string, string[]>();
  for (const [name, fileName] of weightMap) {
    const names = namesByFile.get(fileName);
    if (names) names.push(name);
    else namesByFile.set(fileName, [name]);
  }
  if (namesByFile.size > maxShards) {
    throw new FormatError(
      files.main.name,
      `names ${namesByFile.size} files, the limit is ${maxShards}`,
    );
  }
  const merged = new Merged();
  for (const [fileName, names] of namesByFile) {
    try {
      merged.add(await openShard(await files.open(fileName), shardFormats), fileName, names);
    } catch (error) {
      if (!(error instanceof FormatError)) throw error;
      merged.miss(fileName, names, error);
    }
  }
  return merged.toCheckpoint(files.main, namesByFile.size, property(index, 'metadata'));
}

async function openShard(
  source: ByteSource,
  shardFormats: readonly ShardFormat[],
): Promise<Checkpoint> {
  const shard = await probe(source);
  for (const format of shardFormats) {
    if (await format.matches(shard)) return format.openShard(source);
  }
  const titles = shardFormats.map(({ title }) => title).join(' nor ');
  throw new FormatError(source.name, `is neither ${titles}`);
}

/** Collects what the shards give; the first shard that has a name keeps it. */
class Merged {
  private readonly tensors = new Map<string, Tensor>();
  private readonly skipped: Skipped[] = [];
  private readonly optimizers: OptimizerRecord[] = [];
  private readonly notices = new Map<string, Notice>();
  private readonly files: { name: string; byteLength: number }[] = [];
  private first: Checkpoint | undefined;

  add(shard: Checkpoint, fileName: string, names: readonly string[]): void {
    this.first ??= shard;
    this.files.push(...shard.files);
    this.skipped.push(...shard.skipped);
    this.optimizers.push(...shard.optimizers);
    for (const notice of shard.notices) this.notices.set(notice.message, notice);
    for (const tensor of shard.tensors) {
      if (this.tensors.has(tensor.name)) {
        this.warn(`"${tensor.name}" is in more than one shard; the first one counts`);
      } else {
        this.tensors.set(tensor.name, tensor);
      }
    }
    const known = new Set([...shard.tensors, ...shard.skipped].map(({ name }) => name));
    for (const name of names) {
      if (known.has(name)) continue;
      this.skipped.push({ name, reason: `the index says ${fileName}, which does not have it` });
    }
  }

  miss(fileName: string, names: readonly string[], error: FormatError): void {
    this.notices.set(fileName, {
      severity: 'problem',
      message: `${fileName} with ${names.length} tensors is missing from this report: ${error.message}`,
    });
    for (const name of names) this.skipped.push({ name, reason: error.message });
  }

  toCheckpoint(index: ByteSource, shardCount: number, metadata: Json | undefined): Checkpoint {
    const first = this.first;
    if (!first) {
      throw new FormatError(index.name, `none of its ${shardCount} files can be read`, {
        remedy: [...this.notices.values()][0]?.message,
      });
    }
    return {
      format: first.format,
      description: `${first.description}, ${shardCount} shards`,
      framework: first.framework,
      files: [{ name: index.name, byteLength: index.size }, ...this.files],
      tensors: [...this.tensors.values()],
      skipped: this.skipped,
      optimizers: this.optimizers,
      recorded: metadata === undefined ? first.recorded : { ...first.recorded, index: metadata },
      ...(first.declared !== undefined && { declared: first.declared }),
      notices: [...this.notices.values()],
    };
  }

  private warn(message: string): void {
    this.notices.set(message, { severity: 'warn', message });
  }
}

function weightMapOf(index: Json | undefined): ReadonlyMap<string, string> | undefined {
  const map = property(index, 'weight_map');
  if (!isJsonObject(map)) return undefined;
  const entries: [string, string][] = [];
  for (const [name, file] of Object.entries(map)) {
    if (typeof file !== 'string') return undefined;
    entries.push([name, file]);
  }
  return entries.length > 0 ? new Map(entries) : undefined;
}
