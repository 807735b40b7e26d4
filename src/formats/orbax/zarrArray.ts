import type { ByteSource, CheckpointFiles } from '../../core/byteSource';
import { dtypes } from '../../core/dtype';
import { FormatError } from '../../core/errors';
import { elementCountOf, type TensorData } from '../../core/tensor';
import { type Chunk, chunkedData } from '../distributed/chunkedData';
import { stridedData, type WindowCache } from '../strided';
import { bytesSource, sliceSource } from '../zip';
import { lackOfCodec, maxUnpackedBytes, unpack } from './codecs';
import type { KeyValues } from './keyValues';
import type { ZarrArray } from './zarrMetadata';

/** What all arrays of a checkpoint share. */
export interface ZarrContext {
  readonly files: CheckpointFiles;
  readonly values: KeyValues;
  readonly windows: WindowCache;
  readonly unpacked: LastUnpacked;
}

/** The chunk that was unpacked last: chunks may be as large as their arrays, so only one is held. */
export class LastUnpacked {
  private last: { readonly key: string; readonly bytes: Promise<Uint8Array> } | undefined;

  get(key: string, read: () => Promise<Uint8Array>): Promise<Uint8Array> {
    if (this.last?.key === key) return this.last.bytes;
    const bytes = read();
    this.last = { key, bytes };
    return bytes;
  }
}

/** Why an array cannot be read; undefined where it can. */
export function lackOfArray(array: ZarrArray, files: CheckpointFiles): string | undefined {
  const { codec, shards, chunkShape, shape, dtype } = array;
  const { byteSize } = dtypes[dtype];
  if (!Number.isSafeInteger(elementCountOf(shape) * byteSize))
    return 'its shape is beyond any file';
  const bytes = elementCountOf(shards?.chunkShape ?? chunkShape) * byteSize;
  if (codec === undefined) return undefined;
  if (bytes > maxUnpackedBytes) {
    return `has compressed chunks of ${bytes} bytes, the limit is ${maxUnpackedBytes}`;
  }
  return lackOfCodec(files, codec);
}

/** Elements of an array whose metadata lies under `key`. */
export function zarrData(key: string, array: ZarrArray, context: ZarrContext): TensorData {
  const { shape, dtype, fill } = array;
  let chunks: Chunk[] | undefined;
  let data: TensorData | undefined;
  return {
    async read(start, end) {
      // Their places are worked out when they are needed: a model has many arrays.
      chunks ??= chunksOf(key, array, context);
      data ??= chunkedData(key, { shape, dtype, chunks, fill });
      return data.read(start, end);
    },
  };
}

function chunksOf(key: string, array: ZarrArray, context: ZarrContext): Chunk[] {
  const { shape, chunkShape, shards } = array;
  const chunks: Chunk[] = [];
  for (const index of indexes(shape, chunkShape)) {
    const offsets = index.map((i, axis) => i * chunkShape[axis]!);
    const valueKey = `${key}/${array.keyOf(index)}`;
    if (!shards) {
      const open = () =>
        openChunk({ id: valueKey, padded: chunkShape, offsets, array, context }, () =>
          context.values.open(valueKey),
        );
      chunks.push({ offsets, sizes: clipped(shape, chunkShape, offsets), open });
      continue;
    }
    for (const [number, inner] of indexes(chunkShape, shards.chunkShape).entries()) {
      const own = inner.map((i, axis) => offsets[axis]! + i * shards.chunkShape[axis]!);
      if (own.some((offset, axis) => offset >= shape[axis]!)) continue;
      const place = { id: `${valueKey}#${number}`, padded: shards.chunkShape, offsets: own };
      const open = () =>
        openChunk({ ...place, array, context }, async () => {
          const shard = await context.values.open(valueKey);
          return shard && innerChunk(shard, number, array);
        });
      chunks.push({ offsets: own, sizes: clipped(shape, shards.chunkShape, own), open });
    }
  }
  return chunks;
}

/** Part of a shard by the index of its chunks: offset and length of each, both all ones where there is none. */
async function innerChunk(
  shard: ByteSource,
  number: number,
  { shards, chunkShape }: ZarrArray,
): Promise<ByteSource | undefined> {
  if (!shards) return undefined;
  const count = elementCountOf(chunkShape.map((size, axis) => size / shards.chunkShape[axis]!));
  const indexBytes = 16 * count + (shards.hasChecksum ? 4 : 0);
  if (indexBytes > shard.size) {
    throw new FormatError('Zarr', `a shard of ${shard.size} bytes has no room for its index`);
  }
  const start = shards.indexAtEnd ? shard.size - indexBytes : 0;
  const entry = await shard.read(start + 16 * number, 16);
  const view = new DataView(entry.buffer, entry.byteOffset, 16);
  const [offset, length] = [view.getBigUint64(0, true), view.getBigUint64(8, true)];
  if (offset === 2n ** 64n - 1n && length === offset) return undefined;
  if (offset + length > BigInt(shard.size)) {
    throw new FormatError(
      'Zarr',
      `a chunk ends at byte ${offset + length} of a shard of ${shard.size}`,
    );
  }
  return sliceSource(shard, shard.name, Number(offset), Number(length));
}

interface ChunkPlace {
  readonly id: string;
  /** Shape as stored: chunks at the edges are stored whole. */
  readonly padded: readonly number[];
  readonly offsets: readonly number[];
  readonly array: ZarrArray;
  readonly context: ZarrContext;
}

async function openChunk(
  { id, padded, offsets, array, context }: ChunkPlace,
  open: () => Promise<ByteSource | undefined>,
): Promise<TensorData> {
  const { shape, dtype, fill, codec, order } = array;
  const { files, windows, unpacked } = context;
  const stored = await open();
  if (!stored) return filled(fill);
  const needed = elementCountOf(padded) * dtypes[dtype].byteSize;
  const source =
    codec === undefined
      ? stored
      : bytesSource(
          id,
          await unpacked.get(id, async () =>
            unpack(files, codec, await stored.read(0, stored.size), { what: id, maxBytes: needed }),
          ),
        );
  if (source.size < needed) {
    throw new FormatError(
      'Zarr',
      `the chunk "${id}" has ${source.size} bytes, its shape needs ${needed}`,
    );
  }
  const layout = {
    shape: clipped(shape, padded, offsets),
    strides: stridesOf(padded, order),
    offset: 0,
  };
  return stridedData(() => Promise.resolve(source), layout, { dtype, windows });
}

/** Elements between strides, for axes stored in the given order. */
function stridesOf(shape: readonly number[], order: readonly number[]): number[] {
  const strides = new Array<number>(shape.length).fill(1);
  let stride = 1;
  for (const axis of [...order].reverse()) {
    strides[axis] = stride;
    stride *= shape[axis]!;
  }
  return strides;
}

function filled(fill: Uint8Array): TensorData {
  return {
    read(start, end) {
      const out = new Uint8Array((end - start) * fill.byteLength);
      for (let at = 0; at < out.length; at += fill.byteLength) out.set(fill, at);
      return Promise.resolve(out);
    },
  };
}

function clipped(
  shape: readonly number[],
  chunk: readonly number[],
  offsets: readonly number[],
): number[] {
  return chunk.map((size, axis) => Math.min(size, shape[axis]! - offsets[axis]!));
}

/** All places of a grid in row-major order. */
function indexes(shape: readonly number[], chunk: readonly number[]): number[][] {
  const counts = shape.map((size, axis) => Math.ceil(size / chunk[axis]!));
  return Array.from({ length: elementCountOf(counts) }, (_, number) => {
    const index = new Array<number>(counts.length).fill(0);
    for (let axis = counts.length - 1, rest = number; axis >= 0; axis--) {
      index[axis] = rest % counts[axis]!;
      rest = Math.floor(rest / counts[axis]!);
    }
    return index;
  });
}
