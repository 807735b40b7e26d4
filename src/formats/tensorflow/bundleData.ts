/** The values of a bundle's entries, in as many files as it has shards. */
import type { ByteSource, CheckpointFiles } from '../../core/byteSource';
import { type Dtype, dtypes } from '../../core/dtype';
import { FormatError } from '../../core/errors';
import { elementCountOf, type TensorData } from '../../core/tensor';
import { rangeData } from '../strided';
import { type Bundle, type BundleEntry, textOf } from './bundle';
import { checkedData } from './checkedData';
import { dataTypeOf, stringType } from './dataTypes';
import { sliceKey } from './orderedCode';
import { assembled, misfit, type Slice } from './slices';

/** An object graph of 100 000 nodes takes some ten MB. */
const maxTextBytes = 128 * 2 ** 20;

export interface Values {
  readonly dtype: Dtype;
  readonly data: TensorData;
}

export class BundleData {
  private readonly shards = new Map<number, Promise<ByteSource | string>>();
  private readonly missing = new Set<string>();

  /** @param prefix name of the files without `.index` and `.data-…` */
  constructor(
    private readonly files: CheckpointFiles,
    private readonly prefix: string,
    private readonly bundle: Bundle,
  ) {}

  /** Names of shards that are not there, of those that were asked for. */
  get missingShards(): readonly string[] {
    return [...this.missing];
  }

  /** A tensor's values, or the reason why there are none. */
  async find(entry: BundleEntry): Promise<Values | string> {
    const { name, dtype } = dataTypeOf(entry.dataType);
    if (!dtype) return `type ${name} is not read`;
    const elementCount = elementCountOf(entry.shape);
    if (!Number.isSafeInteger(elementCount * dtypes[dtype].byteSize)) {
      return `its shape [${entry.shape.join(', ')}] has more elements than can be counted`;
    }
    const data = entry.slices.length > 0 ? await this.join(entry, dtype) : await this.locate(entry);
    return typeof data === 'string' ? data : { dtype, data };
  }

  /** The bytes of a scalar text; undefined where they are not there. */
  async text(entry: BundleEntry): Promise<Uint8Array | undefined> {
    if (entry.dataType !== stringType || elementCountOf(entry.shape) !== 1) return undefined;
    const shard = await this.shard(entry.shard);
    if (typeof shard === 'string' || entry.offset + entry.size > shard.size) return undefined;
    if (entry.size > maxTextBytes) return undefined;
    // Its length as a varint, a checksum of the length, the text.
    const bytes = await shard.read(entry.offset, entry.size);
    let start = 0;
    while (start < bytes.length && (bytes[start] ?? 0) >= 0x80) start++;
    return bytes.subarray(start + 5);
  }

  /** @param name of the tensor, for slices that of the whole */
  private async locate(
    { dataType, shape, checksum, ...entry }: BundleEntry,
    name = textOf(entry.key),
  ): Promise<TensorData | string> {
    const dtype = dataTypeOf(dataType).dtype ?? 'u8';
    const elementCount = elementCountOf(shape);
    const needed = elementCount * dtypes[dtype].byteSize;
    if (entry.size !== needed) return `spans ${entry.size} bytes, its shape needs ${needed}`;
    if (entry.shard >= this.bundle.shardCount) {
      return `is in shard ${entry.shard} of ${this.bundle.shardCount}`;
    }
    const shard = await this.shard(entry.shard);
    if (typeof shard === 'string') return shard;
    if (entry.offset + entry.size > shard.size) {
      return `lies at bytes ${entry.offset} to ${entry.offset + entry.size} of ${shard.name}, which has ${shard.size}`;
    }
    const stored = rangeData(shard, { byteOffset: entry.offset, dtype, elementCount });
    // Of the bytes as they are stored, before any are swapped; 0 is what an index without checksums has.
    const data =
      checksum === 0 ? stored : checkedData(stored, { name, dtype, elementCount, checksum });
    return this.bundle.isBigEndian ? swapped(data, dtypes[dtype].byteSize) : data;
  }

  private async join(entry: BundleEntry, dtype: Dtype): Promise<TensorData | string> {
    const { key, shape, slices } = entry;
    const parts: Slice[] = [];
    for (const extents of slices) {
      if (extents.length !== shape.length) return 'has slices of another rank';
      const part = this.bundle.entries.get(sliceKey(key, extents));
      const starts = extents.map(({ start }) => start);
      const lengths = extents.map(({ length }, axis) => (length < 0 ? shape[axis]! : length));
      if (part?.dataType !== entry.dataType || part.shape.join() !== lengths.join()) {
        return `its slice at [${starts.join(', ')}] is not in the index`;
      }
      const data = await this.locate(part, textOf(key));
      if (typeof data === 'string') return data;
      parts.push({ starts, lengths, data });
    }
    return misfit(parts, shape) ?? assembled(parts, { name: key, shape, dtype });
  }

  /** The file of a shard, or what to say where it is missing. */
  private shard(index: number): Promise<ByteSource | string> {
    const known = this.shards.get(index);
    if (known) return known;
    const opening = this.openShard(index);
    this.shards.set(index, opening);
    return opening;
  }

  private async openShard(index: number): Promise<ByteSource | string> {
    const digits = (value: number): string => String(value).padStart(5, '0');
    const name = `${this.prefix}.data-${digits(index)}-of-${digits(this.bundle.shardCount)}`;
    if (name === this.files.main.name) return this.files.main;
    try {
      return await this.files.open(name);
    } catch (error) {
      if (!(error instanceof FormatError)) throw error;
      this.missing.add(name);
      return `is in ${name}, which is missing`;
    }
  }
}

/** Elements of a machine that puts the high byte first. */
function swapped(data: TensorData, byteSize: number): TensorData {
  if (byteSize === 1) return data;
  return {
    async read(start, end) {
      const bytes = new Uint8Array(await data.read(start, end));
      for (let at = 0; at < bytes.length; at += byteSize) {
        bytes.subarray(at, at + byteSize).reverse();
      }
      return bytes;
    },
  };
}

/** What to say where shards are missing. */
export function missingNotice(names: readonly string[], skippedCount: number): string {
  const shown = names.slice(0, 5).join(', ') + (names.length > 5 ? ', …' : '');
  const files = names.length === 1 ? 'is 1 file' : `are ${names.length} files`;
  return `${skippedCount} tensors cannot be read; missing ${files}: ${shown}`;
}
