/**
 * The index of a tensor bundle: what it says of each tensor, by field numbers.
 *
 *     BundleHeaderProto  1 num_shards, 2 endianness
 *     BundleEntryProto   1 dtype, 2 shape, 3 shard_id, 4 offset, 5 size, 6 crc32c, 7 slices
 *     TensorShapeProto   2 dim (1 size), 3 unknown_rank
 *     TensorSliceProto   1 extent (1 start, 2 length; none is the whole axis)
 *
 * @see https://github.com/tensorflow/tensorflow/blob/master/tensorflow/core/protobuf/tensor_bundle.proto
 */
import type { ByteSource } from '../../core/byteSource';
import { FormatError } from '../../core/errors';
import { type Field, type Range, WireReader } from '../onnx/wire';
import { bytesSource } from '../zip';
import type { Extent } from './orderedCode';
import { readTable } from './table';

const format = 'TensorFlow index';
/** Names of shards have five digits. */
const maxShards = 100_000;
const maxRank = 254;
const maxSlices = 1024;

export interface BundleEntry {
  /** One character a byte. */
  readonly key: string;
  readonly dataType: number;
  readonly shape: readonly number[];
  readonly shard: number;
  readonly offset: number;
  readonly size: number;
  readonly checksum: number;
  /** The parts of a partitioned variable, which are entries of their own. */
  readonly slices: readonly (readonly Extent[])[];
}

export interface Bundle {
  readonly shardCount: number;
  readonly isBigEndian: boolean;
  /** By key, in order of the keys. */
  readonly entries: ReadonlyMap<string, BundleEntry>;
}

export async function readBundle(source: ByteSource): Promise<Bundle> {
  const [header, ...rest] = await readTable(source);
  if (header?.key !== '') {
    throw new FormatError(format, `${source.name} is a table that begins with no header`);
  }
  const { shardCount, isBigEndian } = await readHeader(header.value);
  const entries = new Map<string, BundleEntry>();
  for (const { key, value } of rest) entries.set(key, await readEntry(key, value));
  return { shardCount, isBigEndian, entries };
}

/** A name of the file as text: its bytes are UTF-8. */
export function textOf(key: string): string {
  return new TextDecoder().decode(Uint8Array.from(key, (char) => char.charCodeAt(0)));
}

async function readHeader(
  bytes: Uint8Array,
): Promise<{ shardCount: number; isBigEndian: boolean }> {
  const reader = messageReader('the header', bytes);
  let shardCount = 1;
  let isBigEndian = false;
  for (const field of await reader.fields(whole(reader))) {
    // Files before the bundle have a message with the names of all tensors here.
    if (field.number === 1 && field.wire === 'bytes') {
      throw new FormatError(format, 'is a checkpoint of the first version, which is not read', {
        remedy:
          'Restore it in TensorFlow 1.x and save it with tf.train.Saver of the second version',
      });
    }
    if (field.number === 1) shardCount = natural(field.value, 'the number of shards', maxShards);
    if (field.number === 2) isBigEndian = field.value === 1n;
  }
  return { shardCount, isBigEndian };
}

async function readEntry(key: string, bytes: Uint8Array): Promise<BundleEntry> {
  const name = textOf(key);
  const reader = messageReader(name, bytes);
  const numbers = [0, 0, 0, 0, 0, 0, 0];
  let shape: readonly number[] = [];
  const slices: (readonly Extent[])[] = [];
  for (const field of await reader.fields(whole(reader))) {
    if (field.number === 2) shape = await readShape(reader, field, name);
    else if (field.number === 7) {
      if (slices.length >= maxSlices) {
        throw new FormatError(format, `"${name}" has more than ${maxSlices} slices`);
      }
      slices.push(await readSlice(reader, field, name));
    } else if (field.number <= 6) {
      numbers[field.number] = natural(field.value, `field ${field.number} of "${name}"`);
    }
  }
  const [, dataType = 0, , shard = 0, offset = 0, size = 0, checksum = 0] = numbers;
  return { key, dataType, shape, shard, offset, size, checksum, slices };
}

/** A TensorShapeProto. */
export async function readShape(
  reader: WireReader,
  range: Range,
  name: string,
): Promise<readonly number[]> {
  const shape: number[] = [];
  for (const field of await reader.fields(range)) {
    if (field.number !== 2) continue;
    const size = (await reader.fields(field)).find(({ number }) => number === 1);
    shape.push(natural(size?.value ?? 0n, `a size in the shape of "${name}"`));
    if (shape.length > maxRank) {
      throw reader.fault(`"${name}" has more than ${maxRank} axes`, range.offset);
    }
  }
  return shape;
}

async function readSlice(
  reader: WireReader,
  range: Range,
  name: string,
): Promise<readonly Extent[]> {
  const extents: Extent[] = [];
  for (const field of await reader.fields(range)) {
    if (field.number !== 1) continue;
    const parts = await reader.fields(field);
    const value = (number: number): bigint | undefined =>
      parts.find((part) => part.number === number)?.value;
    const length = value(2);
    extents.push({
      start: natural(value(1) ?? 0n, `the start of a slice of "${name}"`),
      length: length === undefined ? -1 : natural(length, `the length of a slice of "${name}"`),
    });
    if (extents.length > maxRank) {
      throw reader.fault(`a slice of "${name}" has more than ${maxRank} axes`, range.offset);
    }
  }
  return extents;
}

function messageReader(name: string, bytes: Uint8Array): WireReader {
  return new WireReader(bytesSource(name, bytes), format);
}

function whole({ source }: WireReader): Pick<Field, 'offset' | 'length'> {
  return { offset: 0, length: source.size };
}

/** Negative numbers are stored as 64 bits: they are above every limit. */
function natural(value: bigint, what: string, limit = Number.MAX_SAFE_INTEGER): number {
  if (value > BigInt(limit)) {
    const signed = BigInt.asIntN(64, value);
    throw new FormatError(format, `${what} is ${signed}, the limit is ${limit}`);
  }
  return Number(value);
}
