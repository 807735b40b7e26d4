/**
 * OCDBT, TensorStore's B+tree in files: the encoding of its manifest and its nodes.
 *
 *     u32 (big-endian) magic   u64 length of all   varint version 0   varint compression (0 none, 1 zstd)
 *     the body, compressed as told
 *     u32 CRC-32C of all before it
 *
 *     manifest  configuration, data files, versions (the last one is the newest)
 *     node      u8 height, data files, entries by columns: keys, then values or child nodes
 *
 * @see https://google.github.io/tensorstore/kvstore/ocdbt/index.html#storage-format
 */
import type { CheckpointFiles } from '../../core/byteSource';
import { Cursor } from '../../core/cursor';
import { FormatError } from '../../core/errors';
import { unpack } from './codecs';
import { crc32c } from './crc32c';
import type { StoredValue } from './keyValues';

export const ocdbtFormat = 'OCDBT';
const manifestMagic = 0x0cdb3a2a;
const nodeMagic = 0x0cdb20de;
/** The configuration's own default is 100 MB. */
const maxNodeBytes = 256 * 2 ** 20;
const maxEntries = 2 ** 20;
const maxPathBytes = 65535;

/** Bytes of an encoded node. */
export interface NodePlace {
  readonly file: string;
  /** Leading part of the file's path that paths in the node are relative to. */
  readonly basePath: string;
  readonly offset: number;
  readonly length: number;
  readonly height: number;
}

export interface ChildNode extends NodePlace {
  /** What all keys below it begin with, behind the node's own prefix. */
  readonly prefix: string;
}

export type Node =
  | { readonly kind: 'leaf'; readonly entries: readonly (readonly [string, StoredValue])[] }
  | { readonly kind: 'interior'; readonly children: readonly ChildNode[] };

export function isManifest(head: Uint8Array): boolean {
  if (head.byteLength < 14) return false;
  return new DataView(head.buffer, head.byteOffset).getUint32(0) === manifestMagic;
}

/** Place of the newest version's root; undefined where the database is empty. */
export function parseManifest(bytes: Uint8Array, files: CheckpointFiles): NodePlace | undefined {
  const cursor = bodyOf(bytes, manifestMagic, { files, what: 'the manifest' });
  cursor.take(16);
  const kind = varint(cursor, 'the kind of the manifest');
  if (kind !== 0) {
    throw new FormatError(
      ocdbtFormat,
      `has numbered manifests (kind ${kind}); single ones are read`,
    );
  }
  varint(cursor, 'the size of inline values');
  varint(cursor, 'the size of nodes');
  cursor.u8();
  if (varint(cursor, 'the compression') === 1) cursor.i32();
  const table = readFileTable(cursor, '');
  const count = countOf(cursor, 'versions');
  const column = (read: () => number): number[] => Array.from({ length: count }, read);
  column(() => varint(cursor, 'a generation'));
  const heights = column(() => cursor.u8());
  const fileIds = column(() => varint(cursor, 'a data file'));
  // An empty root lies at the largest offset.
  const offsets = column(() => varint(cursor, 'an offset', Infinity));
  const lengths = column(() => varint(cursor, 'a length', Infinity));
  const offset = offsets.at(-1) ?? Infinity;
  const length = lengths.at(-1) ?? Infinity;
  if (!Number.isSafeInteger(offset) || !Number.isSafeInteger(length)) return undefined;
  return { ...fileAt(table, fileIds.at(-1) ?? 0), offset, length, height: heights.at(-1) ?? 0 };
}

/** A node of the height that its parent says. */
export function parseNode(bytes: Uint8Array, place: NodePlace, files: CheckpointFiles): Node {
  const what = `the node at byte ${place.offset} of ${place.file}`;
  const cursor = bodyOf(bytes, nodeMagic, { files, what });
  const height = cursor.u8();
  if (height !== place.height) {
    throw new FormatError(ocdbtFormat, `${what} has the height ${height}, not ${place.height}`);
  }
  const table = readFileTable(cursor, place.basePath);
  const count = countOf(cursor, 'entries');
  return height === 0 ? readLeaf(cursor, count, table) : readInterior(cursor, count, table, height);
}

function readLeaf(cursor: Cursor, count: number, table: readonly DataFile[]): Node {
  const { keys } = readKeys(cursor, count, 'leaf');
  const lengths = keys.map(() => varint(cursor, 'the length of a value'));
  const isIndirect = keys.map(() => varint(cursor, 'the kind of a value') === 1);
  const indirect = isIndirect.filter(Boolean);
  const fileIds = indirect.map(() => varint(cursor, 'a data file'));
  const offsets = indirect.map(() => varint(cursor, 'an offset'));
  let next = 0;
  const entries = keys.map((key, i): readonly [string, StoredValue] => {
    const length = lengths[i]!;
    if (!isIndirect[i]) return [key, { kind: 'inline', bytes: cursor.take(length) }];
    const own = next++;
    const { file } = fileAt(table, fileIds[own]!);
    return [key, { kind: 'range', file, offset: offsets[own]!, length }];
  });
  return { kind: 'leaf', entries };
}

function readInterior(
  cursor: Cursor,
  count: number,
  table: readonly DataFile[],
  height: number,
): Node {
  const { keys, prefixLengths } = readKeys(cursor, count, 'interior');
  const column = (what: string): number[] => keys.map(() => varint(cursor, what));
  const fileIds = column('a data file');
  const offsets = column('an offset');
  const lengths = column('a length');
  const children = keys.map((key, i): ChildNode => ({
    ...fileAt(table, fileIds[i]!),
    offset: offsets[i]!,
    length: lengths[i]!,
    height: height - 1,
    prefix: key.slice(0, prefixLengths[i]),
  }));
  return { kind: 'interior', children };
}

/** Keys as texts of one character a byte: lengths count bytes. */
function readKeys(
  cursor: Cursor,
  count: number,
  kind: 'leaf' | 'interior',
): { keys: string[]; prefixLengths: number[] } {
  const shared = [0, ...Array.from({ length: count - 1 }, () => varint(cursor, 'a prefix'))];
  const suffixes = Array.from({ length: count }, () => varint(cursor, 'a suffix'));
  const prefixLengths =
    kind === 'interior' ? suffixes.map(() => varint(cursor, 'a common prefix')) : [];
  const keys: string[] = [];
  let previous = '';
  for (const [i, length] of suffixes.entries()) {
    previous = previous.slice(0, shared[i]) + latin1(cursor.take(length));
    if (previous.length > maxPathBytes) {
      throw new FormatError(ocdbtFormat, `a key has ${previous.length} bytes`);
    }
    keys.push(previous);
  }
  return { keys, prefixLengths };
}

interface DataFile {
  readonly file: string;
  readonly basePath: string;
}

function readFileTable(cursor: Cursor, transitive: string): DataFile[] {
  const count = countOf(cursor, 'data files');
  const shared = [
    0,
    ...Array.from({ length: Math.max(0, count - 1) }, () => varint(cursor, 'a prefix')),
  ];
  const suffixes = Array.from({ length: count }, () => varint(cursor, 'a suffix'));
  const bases = Array.from({ length: count }, () => varint(cursor, 'a base path'));
  const table: DataFile[] = [];
  let previous = '';
  for (const [i, length] of suffixes.entries()) {
    previous = previous.slice(0, shared[i]) + latin1(cursor.take(length));
    const file = transitive + previous;
    if (file.length > maxPathBytes) {
      throw new FormatError(
        ocdbtFormat,
        `a path has ${file.length} bytes, the limit is ${maxPathBytes}`,
      );
    }
    table.push({ file, basePath: transitive + previous.slice(0, bases[i]) });
  }
  return table;
}

function fileAt(table: readonly DataFile[], id: number): DataFile {
  const file = table[id];
  if (!file) throw new FormatError(ocdbtFormat, `data file ${id} of ${table.length}`);
  return file;
}

/** The body behind the header, its checksum compared. */
function bodyOf(
  bytes: Uint8Array,
  magic: number,
  { files, what }: { readonly files: CheckpointFiles; readonly what: string },
): Cursor {
  const fault = (reason: string): FormatError => new FormatError(ocdbtFormat, `${what} ${reason}`);
  if (bytes.byteLength < 18) throw fault(`has ${bytes.byteLength} bytes`);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (view.getUint32(0) !== magic) throw fault('does not begin as one');
  const header = new Cursor(ocdbtFormat, bytes.subarray(0, bytes.byteLength - 4));
  header.take(4);
  const length = header.u64('the length of a node');
  if (length !== bytes.byteLength) throw fault(`has ${bytes.byteLength} bytes and says ${length}`);
  const checksum = view.getUint32(bytes.byteLength - 4, true);
  if (crc32c(bytes.subarray(0, bytes.byteLength - 4)) !== checksum)
    throw fault('is damaged: its checksum differs');
  const version = varint(header, 'the version');
  if (version !== 0) throw fault(`is of version ${version}; 0 is read`);
  const compression = varint(header, 'the compression');
  const body = header.take(header.remaining);
  if (compression > 1) throw fault(`is compressed by method ${compression}; 0 and 1 are known`);
  const plain =
    compression === 0 ? body : unpack(files, 'zstd', body, { what, maxBytes: maxNodeBytes });
  return new Cursor(ocdbtFormat, plain);
}

function countOf(cursor: Cursor, what: string): number {
  const count = varint(cursor, `the number of ${what}`);
  // Each takes a byte at least.
  if (count > maxEntries || count > cursor.remaining) {
    throw new FormatError(
      ocdbtFormat,
      `${count} ${what} in ${cursor.remaining} bytes, the limit is ${maxEntries}`,
    );
  }
  return count;
}

/** Seven bits a byte, lowest first. */
function varint(cursor: Cursor, what: string, beyond?: number): number {
  let value = 0;
  for (let shift = 0; shift < 70; shift += 7) {
    const byte = cursor.u8();
    value += (byte & 0x7f) * 2 ** shift;
    if (byte >= 0x80) continue;
    if (Number.isSafeInteger(value)) return value;
    if (beyond !== undefined) return beyond;
    break;
  }
  throw new FormatError(ocdbtFormat, `${what} is beyond any file`, { byteOffset: cursor.offset });
}

function latin1(bytes: Uint8Array): string {
  let text = '';
  for (const byte of bytes) text += String.fromCharCode(byte);
  return text;
}
