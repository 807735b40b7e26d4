/**
 * Metadata of a Zarr array: `.zarray` of version 2 and `zarr.json` of version 3, as far as TensorStore and Orbax write it.
 *
 * @see https://zarr-specs.readthedocs.io/en/latest/v3/core/index.html
 */
import type { Dtype } from '../../core/dtype';
import { dtypes } from '../../core/dtype';
import { FormatError } from '../../core/errors';
import { type Json, property } from '../../core/json';
import { elementCountOf } from '../../core/tensor';
import { dtypeOfNumpyName } from '../dtypeNames';

const maxRank = 32;
/** Chunks of one array. */
const maxChunks = 1_000_000;

export interface ZarrArray {
  readonly shape: readonly number[];
  /** What one value of the store holds, not cut at the array's edges. */
  readonly chunkShape: readonly number[];
  readonly dtype: Dtype;
  /** One element, for what no chunk holds. */
  readonly fill: Uint8Array;
  /** Axes as stored, slowest first. */
  readonly order: readonly number[];
  /** Codec of a chunk's bytes, undefined where they are plain. */
  readonly codec: string | undefined;
  /** Chunks inside a stored value, with an index of their places. */
  readonly shards?: {
    readonly chunkShape: readonly number[];
    readonly indexAtEnd: boolean;
    readonly hasChecksum: boolean;
  };
  /** Key of a chunk behind the array's own. */
  keyOf(index: readonly number[]): string;
}

/** The array, or why it is not read. */
export function parseZarr(json: Json): ZarrArray | string {
  try {
    return property(json, 'zarr_format') === 3 ? version3(json) : version2(json);
  } catch (error) {
    if (error instanceof FormatError) return error.reason;
    throw error;
  }
}

function version2(json: Json): ZarrArray {
  if (property(json, 'zarr_format') !== 2) throw fault('is of an unknown version of Zarr');
  const shape = sizesOf(property(json, 'shape'), 'shape');
  const chunkShape = chunksOf(property(json, 'chunks'), shape);
  const name = property(json, 'dtype');
  const dtype = typeof name === 'string' ? dtypeOfCode(name) : undefined;
  if (!dtype) throw fault(`dtype ${JSON.stringify(name)} is not read`);
  const filters = property(json, 'filters');
  if (Array.isArray(filters) && filters.length > 0) throw fault('has filters, which are not read');
  const compressor = property(json, 'compressor');
  const id = property(compressor, 'id');
  const separator = property(json, 'dimension_separator') === '/' ? '/' : '.';
  const axes = shape.map((_, axis) => axis);
  return {
    shape,
    chunkShape,
    dtype,
    fill: fillOf(property(json, 'fill_value'), dtype),
    order: property(json, 'order') === 'F' ? axes.reverse() : axes,
    codec: typeof id === 'string' ? id : undefined,
    keyOf: (index) => (index.length === 0 ? '0' : index.join(separator)),
  };
}

function version3(json: Json): ZarrArray {
  const shape = sizesOf(property(json, 'shape'), 'shape');
  const grid = property(json, 'chunk_grid');
  if (property(grid, 'name') !== 'regular') throw fault('has a chunk grid that is not regular');
  const chunkShape = chunksOf(property(property(grid, 'configuration'), 'chunk_shape'), shape);
  const name = property(json, 'data_type');
  const dtype = typeof name === 'string' ? dtypeOfNumpyName(name) : undefined;
  if (!dtype) throw fault(`data_type ${JSON.stringify(name)} is not read`);
  const encoding = property(json, 'chunk_key_encoding');
  const isDefault = property(encoding, 'name') === 'default';
  const given = property(property(encoding, 'configuration'), 'separator');
  const separator = typeof given === 'string' ? given : isDefault ? '/' : '.';
  const codecs = property(json, 'codecs');
  const [first] = listOf(codecs);
  const isSharded = property(first, 'name') === 'sharding_indexed';
  const sharding = isSharded ? property(first, 'configuration') : undefined;
  const inner = codecsOf(isSharded ? property(sharding, 'codecs') : codecs, shape.length);
  return {
    shape,
    chunkShape,
    dtype,
    fill: fillOf(property(json, 'fill_value'), dtype),
    ...inner,
    ...(isSharded && { shards: shardsOf(sharding, chunkShape, shape) }),
    keyOf: (index) => {
      const parts = index.map(String);
      if (isDefault) return ['c', ...parts].join(separator);
      return parts.length === 0 ? '0' : parts.join(separator);
    },
  };
}

function shardsOf(
  sharding: Json | undefined,
  shard: readonly number[],
  shape: readonly number[],
): NonNullable<ZarrArray['shards']> {
  const chunkShape = sizesOf(property(sharding, 'chunk_shape'), 'chunk_shape of its shards');
  const fits =
    chunkShape.length === shard.length &&
    chunkShape.every((size, axis) => size > 0 && shard[axis]! % size === 0);
  if (!fits) throw fault(`has chunks of [${chunkShape.join()}] in shards of [${shard.join()}]`);
  const count = elementCountOf(
    shape.map((size, axis) => Math.ceil(size / shard[axis]!) * (shard[axis]! / chunkShape[axis]!)),
  );
  if (count > maxChunks) throw fault(`has ${count} chunks in shards, the limit is ${maxChunks}`);
  const names = namesOf(property(sharding, 'index_codecs'));
  if (names.some((name) => name !== 'bytes' && name !== 'crc32c')) {
    throw fault(`has an index encoded by ${names.join()}`);
  }
  return {
    chunkShape,
    indexAtEnd: property(sharding, 'index_location') !== 'start',
    hasChecksum: names.includes('crc32c'),
  };
}

/** Transposition, bytes, and at most one compressor. A checksum behind them is not looked at. */
function codecsOf(
  codecs: Json | undefined,
  rank: number,
): { readonly order: readonly number[]; readonly codec: string | undefined } {
  let order: readonly number[] = Array.from({ length: rank }, (_, axis) => axis);
  let codec: string | undefined;
  for (const one of listOf(codecs)) {
    const name = property(one, 'name');
    const configuration = property(one, 'configuration');
    if (name === 'bytes') {
      if (property(configuration, 'endian') === 'big') throw fault('is big-endian');
    } else if (name === 'transpose') {
      order = sizesOf(property(configuration, 'order'), 'order');
      if ([...order].sort((a, b) => a - b).some((axis, i) => axis !== i) || order.length !== rank) {
        throw fault(`has the order [${order.join()}]`);
      }
    } else if (typeof name === 'string' && codec === undefined && name !== 'crc32c') codec = name;
    else throw fault(`is encoded by ${JSON.stringify(name)}, which is not read`);
  }
  return { order, codec };
}

function listOf(value: Json | undefined): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

function namesOf(codecs: Json | undefined): string[] {
  return listOf(codecs).map((one) => {
    const name = property(one, 'name');
    return typeof name === 'string' ? name : 'unknown';
  });
}

/** NumPy's type codes with their byte order, and names of ml_dtypes. */
function dtypeOfCode(code: string): Dtype | undefined {
  const plain = /^[<|]([fiub])(\d)$/.exec(code);
  if (!plain) return dtypeOfNumpyName(code);
  const [, kind = '', size = ''] = plain;
  if (kind === 'b') return size === '1' ? 'bool' : undefined;
  const names: Readonly<Record<string, string>> = { f: 'float', i: 'int', u: 'uint' };
  return dtypeOfNumpyName(`${names[kind] ?? ''}${8 * Number(size)}`);
}

function chunksOf(value: Json | undefined, shape: readonly number[]): number[] {
  const chunks = sizesOf(value, 'chunks');
  if (chunks.length !== shape.length || chunks.includes(0)) {
    throw fault(`has chunks of [${chunks.join(', ')}] for the shape [${shape.join(', ')}]`);
  }
  const count = elementCountOf(shape.map((size, axis) => Math.ceil(size / chunks[axis]!)));
  if (count > maxChunks) throw fault(`has ${count} chunks, the limit is ${maxChunks}`);
  return chunks;
}

function sizesOf(value: Json | undefined, what: string): number[] {
  const isSizes =
    Array.isArray(value) &&
    value.length <= maxRank &&
    value.every((size) => typeof size === 'number' && Number.isSafeInteger(size) && size >= 0);
  if (!isSizes) throw fault(`has the ${what} ${JSON.stringify(value ?? null).slice(0, 100)}`);
  return value.map(Number);
}

/** Zero unless the array says otherwise. */
function fillOf(value: Json | undefined, dtype: Dtype): Uint8Array {
  const { byteSize } = dtypes[dtype];
  const bytes = new Uint8Array(byteSize);
  const view = new DataView(bytes.buffer);
  const isZero = value === undefined || value === null || value === 0 || value === false;
  if (isZero) return bytes;
  const number = typeof value === 'number' ? value : value === 'NaN' ? NaN : Number(value === true);
  if (dtype === 'f32') view.setFloat32(0, number, true);
  else if (dtype === 'f64') view.setFloat64(0, number, true);
  else if (dtype === 'bool' || dtype === 'u8' || dtype === 'i8') view.setUint8(0, number & 255);
  else if (dtype === 'i32' || dtype === 'u32') view.setUint32(0, number >>> 0, true);
  else throw fault(`has the fill value ${JSON.stringify(value)} for ${dtype}`);
  return bytes;
}

function fault(reason: string): FormatError {
  return new FormatError('Zarr', reason);
}
