/**
 * GGUF, little-endian: what comes before the tensors' bytes.
 *
 *     "GGUF"  u32 version  u64 tensor count  u64 metadata count
 *     metadata   text key, u32 type, value
 *     tensors    text name, u32 rank, u64 sizes (fastest first), u32 type, u64 offset from the start of the data
 *     data       at the next multiple of general.alignment (32 unless told)
 *
 * A text is a u64 length and UTF-8. Version 1 has u32 for all counts, lengths and sizes, not for the offset.
 *
 * @see https://github.com/ggml-org/ggml/blob/master/docs/gguf.md
 */
import type { ByteSource } from '../../core/byteSource';
import { Cursor } from '../../core/cursor';
import type { Dtype } from '../../core/dtype';
import { FormatError } from '../../core/errors';
import type { Json } from '../../core/json';
import { numbersOf } from '../numbers';

/** The header does not tell its length: this much is read first, four times as much when it was too little. */
const firstPrefixBytes = 2 ** 20;
/** Vocabularies of 256 000 tokens with their merges need 15 MB. */
const maxHeaderBytes = 256 * 2 ** 20;
const maxRank = 8;
const maxText = 4000;
/** Values of a metadata array that are kept; the others are counted. */
const maxKept = 32;
const maxDepth = 4;
const maxMetadata = 100_000;

export interface TensorInfo {
  readonly name: string;
  /** Slowest axis first, as everywhere else. */
  readonly shape: readonly number[];
  readonly type: number;
  /** From the start of the file. */
  readonly byteOffset: number;
}

export interface GgufHeader {
  readonly version: number;
  readonly metadata: ReadonlyMap<string, Json>;
  readonly tensors: readonly TensorInfo[];
}

export async function readHeader(source: ByteSource): Promise<GgufHeader> {
  for (let length = firstPrefixBytes; ; length *= 4) {
    const prefix = await source.read(0, Math.min(length, source.size));
    try {
      return parseHeader(prefix);
    } catch (error) {
      const isWhole = length >= source.size || length >= maxHeaderBytes;
      if (isWhole || !(error instanceof FormatError)) throw error;
    }
  }
}

function parseHeader(bytes: Uint8Array): GgufHeader {
  const cursor = new Cursor('GGUF', bytes);
  cursor.take(4);
  const version = cursor.u32();
  if (version < 1 || version > 3) {
    const isSwapped = version >= 2 ** 24;
    throw new FormatError(
      'GGUF',
      isSwapped ? 'is big-endian; little is read' : `version ${version}; 1 to 3 are read`,
      { byteOffset: 4 },
    );
  }
  const input: Input = { cursor, isWide: version > 1 };
  const tensorCount = countFrom(input, 'the number of tensors');
  const metadataCount = countFrom(input, 'the number of metadata', maxMetadata);
  const metadata = new Map<string, Json>();
  for (let i = 0; i < metadataCount; i++) {
    const key = readText(input);
    metadata.set(key, readValue(input, cursor.u32(), 0));
  }
  const infos: TensorInfo[] = [];
  for (let i = 0; i < tensorCount; i++) infos.push(readInfo(input));
  const alignment = metadata.get('general.alignment') ?? 32;
  if (
    typeof alignment !== 'number' ||
    !Number.isInteger(alignment) ||
    alignment < 1 ||
    alignment > 2 ** 20
  ) {
    throw new FormatError('GGUF', `general.alignment is ${JSON.stringify(alignment)}`);
  }
  const start = Math.ceil(cursor.offset / alignment) * alignment;
  const tensors = infos.map((info) => ({ ...info, byteOffset: start + info.byteOffset }));
  return { version, metadata, tensors };
}

/** Counts are wide since version 2. */
interface Input {
  readonly cursor: Cursor;
  readonly isWide: boolean;
}

function countFrom({ cursor, isWide }: Input, what: string, limit?: number): number {
  if (isWide) return cursor.u64(what, limit);
  const at = cursor.offset;
  const value = cursor.u32();
  if (limit !== undefined && value > limit) {
    throw new FormatError('GGUF', `${what} is ${value}, the limit is ${limit}`, { byteOffset: at });
  }
  return value;
}

function readInfo(input: Input): TensorInfo {
  const { cursor } = input;
  const name = readText(input);
  const at = cursor.offset;
  const rank = cursor.u32();
  if (rank > maxRank) {
    throw new FormatError('GGUF', `"${name}" has ${rank} axes, the limit is ${maxRank}`, {
      byteOffset: at,
    });
  }
  const shape = Array.from({ length: rank }, () =>
    countFrom(input, `a size of "${name}"`),
  ).reverse();
  const type = cursor.u32();
  return { name, shape, type, byteOffset: cursor.u64(`the offset of "${name}"`) };
}

function readText(input: Input): string {
  const length = countFrom(input, 'the length of a text');
  return new TextDecoder().decode(input.cursor.take(length));
}

const scalars: readonly (Dtype | undefined)[] = [
  'u8',
  'i8',
  'u16',
  'i16',
  'u32',
  'i32',
  'f32',
  'bool',
  undefined,
  undefined,
  'u64',
  'i64',
  'f64',
];
const sizes: readonly number[] = [1, 1, 2, 2, 4, 4, 4, 1, 0, 0, 8, 8, 8];
const text = 8;
const array = 9;

function readValue(input: Input, type: number, depth: number): Json {
  if (type === text) return readText(input).slice(0, maxText);
  if (type === array) return readArray(input, depth);
  return readScalars(input.cursor, type, 1)[0] ?? null;
}

function readArray(input: Input, depth: number): Json {
  const { cursor } = input;
  const type = cursor.u32();
  const count = countFrom(input, 'the length of an array');
  if (depth >= maxDepth) {
    throw new FormatError('GGUF', `arrays lie more than ${maxDepth} deep`, {
      byteOffset: cursor.offset,
    });
  }
  const kept: Json[] = [];
  if (type === text || type === array) {
    for (let i = 0; i < count; i++) {
      if (i < maxKept) kept.push(readValue(input, type, depth + 1));
      else if (type === text) cursor.take(countFrom(input, 'the length of a text'));
      else readValue(input, type, depth + 1);
    }
  } else {
    kept.push(...readScalars(cursor, type, count));
  }
  return count > kept.length ? [...kept, `… ${count - kept.length} more`] : kept;
}

/** Steps over all of them and gives the first. */
function readScalars(cursor: Cursor, type: number, count: number): Json[] {
  const dtype = scalars[type];
  const size = sizes[type];
  if (dtype === undefined || size === undefined) {
    throw new FormatError('GGUF', `a value of type ${type}, which does not exist`, {
      byteOffset: cursor.offset,
    });
  }
  const bytes = cursor.take(count * size);
  const values = numbersOf(dtype, bytes.subarray(0, size * Math.min(count, maxKept)));
  return Array.from(values, (value): Json => {
    if (dtype === 'bool') return value !== 0;
    // Digits as they were written: 1e-5 is stored as 0.00000999999975.
    if (dtype === 'f32' && Number.isFinite(value)) return Number(value.toPrecision(7));
    return Number.isFinite(value) ? value : String(value);
  });
}
