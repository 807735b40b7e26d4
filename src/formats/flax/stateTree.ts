/**
 * What flax.serialization.to_bytes writes: nested maps of texts to arrays and numbers.
 *
 *     ext 1  ndarray        MessagePack of (shape, dtype name, bytes in C order)
 *     ext 2  complex        MessagePack of (real, imaginary)
 *     ext 3  NumPy scalar   as ext 1, without axes
 *
 * An array of more than 2^30 bytes is a map: {"__msgpack_chunked_array__": true, "shape": {"0": …}, "chunks": {"0": ext 1 …}}.
 *
 * @see https://github.com/google/flax/blob/main/flax/serialization.py
 */
import type { ByteSource } from '../../core/byteSource';
import { MsgpackReader, type MsgpackValue } from './msgpackReader';

/** Modules in modules in optimizer states in train states; twenty is much. */
const maxDepth = 128;
const maxRank = 64;

/** An array's place in the file. */
export interface StoredArray {
  readonly kind: 'array';
  readonly shape: readonly number[];
  /** As NumPy calls it. */
  readonly dtypeName: string;
  readonly offset: number;
  readonly length: number;
  readonly isScalar: boolean;
}

export type StateNode =
  | StoredArray
  | { readonly kind: 'dict'; readonly entries: ReadonlyMap<string, StateNode> }
  | { readonly kind: 'plain'; readonly value: string | number | bigint | boolean | null }
  /** Something else than flax writes, with what it is. */
  | { readonly kind: 'other'; readonly reason: string };

/** The whole tree without its arrays' bytes. The value must end where the file ends. */
export async function readStateTree(source: ByteSource): Promise<StateNode> {
  const reader = new MsgpackReader(source, 'Flax msgpack');
  const root = await readNode(reader, 0);
  if (reader.offset < source.size) {
    throw reader.fault(`${source.size - reader.offset} bytes follow its value`, reader.offset);
  }
  return root;
}

async function readNode(reader: MsgpackReader, depth: number): Promise<StateNode> {
  const at = reader.offset;
  if (depth > maxDepth) throw reader.fault(`values lie more than ${maxDepth} deep`, at);
  const value = await reader.next();
  switch (value.kind) {
    case 'plain':
      return value;
    case 'map':
      return readDict(reader, value.count, depth);
    case 'array':
      return readList(reader, value.count, depth);
    case 'bin':
      reader.skip(value);
      return { kind: 'other', reason: `${value.length} bytes that are no array` };
    case 'ext':
      return readExt(reader, value);
  }
}

async function readDict(reader: MsgpackReader, count: number, depth: number): Promise<StateNode> {
  const entries = new Map<string, StateNode>();
  for (let i = 0; i < count; i++) {
    const at = reader.offset;
    const key = await reader.next();
    if (key.kind !== 'plain') throw reader.fault(`a key is a ${key.kind}`, at);
    const name = String(key.value);
    if (entries.has(name)) throw reader.fault(`has the key "${name.slice(0, 100)}" twice`, at);
    entries.set(name, await readNode(reader, depth + 1));
  }
  return { kind: 'dict', entries };
}

/** Flax writes lists as dicts; other writers do not. */
async function readList(reader: MsgpackReader, count: number, depth: number): Promise<StateNode> {
  const entries = new Map<string, StateNode>();
  for (let i = 0; i < count; i++) entries.set(String(i), await readNode(reader, depth + 1));
  return { kind: 'dict', entries };
}

async function readExt(
  reader: MsgpackReader,
  ext: Extract<MsgpackValue, { kind: 'ext' }>,
): Promise<StateNode> {
  if (ext.type !== 1 && ext.type !== 3) {
    reader.skip(ext);
    const reason = ext.type === 2 ? 'a complex number' : `of the extension type ${ext.type}`;
    return { kind: 'other', reason };
  }
  const end = ext.offset + ext.length;
  await expectArray(reader, 3, 'an array');
  const shape = await readShape(reader);
  const at = reader.offset;
  const dtype = await reader.next();
  if (dtype.kind !== 'plain' || typeof dtype.value !== 'string') {
    throw reader.fault('the dtype of an array is no text', at);
  }
  const bytesAt = reader.offset;
  const bytes = await reader.next();
  if (bytes.kind !== 'bin') throw reader.fault('the values of an array are no bytes', bytesAt);
  reader.skip(bytes);
  if (reader.offset !== end) {
    throw reader.fault(
      `an array ends at byte ${reader.offset}, its extension at ${end}`,
      ext.offset,
    );
  }
  const { offset, length } = bytes;
  const isScalar = ext.type === 3;
  return { kind: 'array', shape, dtypeName: dtype.value, offset, length, isScalar };
}

async function readShape(reader: MsgpackReader): Promise<number[]> {
  const at = reader.offset;
  const list = await reader.next();
  if (list.kind !== 'array') throw reader.fault('the shape of an array is no list', at);
  if (list.count > maxRank) {
    throw reader.fault(`an array has ${list.count} axes, the limit is ${maxRank}`, at);
  }
  const shape: number[] = [];
  for (let i = 0; i < list.count; i++) {
    const sizeAt = reader.offset;
    const size = await reader.next();
    if (size.kind !== 'plain' || !isSize(size.value)) {
      throw reader.fault('a size of an array is no count', sizeAt);
    }
    shape.push(size.value);
  }
  return shape;
}

async function expectArray(reader: MsgpackReader, count: number, what: string): Promise<void> {
  const at = reader.offset;
  const value = await reader.next();
  if (value.kind !== 'array' || value.count !== count) {
    throw reader.fault(`${what} is no list of ${count}`, at);
  }
}

/** Whether a plain value is a size of an axis. */
export function isSize(value: unknown): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0;
}
