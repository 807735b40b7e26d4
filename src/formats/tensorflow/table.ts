/**
 * LevelDB's table, which TensorFlow writes the index of a checkpoint as:
 *
 *     data blocks, metaindex block, index block, footer (48 bytes)
 *     footer   handle of metaindex, handle of index, padding to 40 bytes, magic (8 bytes)
 *     block    entries, restart points (u32 each), their count (u32), then type (1 byte) and masked CRC-32C (4 bytes)
 *     entry    bytes shared with the key before, further bytes of the key, bytes of the value (varints), key, value
 *     handle   offset, length (varints)
 *
 * @see https://github.com/google/leveldb/blob/main/doc/table_format.md
 */
import type { ByteSource } from '../../core/byteSource';
import { FormatError } from '../../core/errors';
import { maskedCrc32c } from './crc32c';
import { unsnappy } from './snappy';

const format = 'TensorFlow index';
const footerBytes = 48;
const trailerBytes = 5;
const magic = '\x57\xfb\x80\x8b\x24\x75\x47\xdb';
/** TensorFlow cuts blocks at 256 KiB; one entry may be longer. */
const maxBlockBytes = 64 * 2 ** 20;
/** Checkpoints of the largest models have some ten thousand tensors. */
const maxEntries = 2 ** 18;
/** All keys together: prefixes are shared in the file, not in memory. */
const maxKeyBytes = 64 * 2 ** 20;

export interface TableEntry {
  /** One character a byte: keys of slices are no text. */
  readonly key: string;
  readonly value: Uint8Array;
}

/** Whether the file ends as tables do. */
export async function isTable(source: ByteSource): Promise<boolean> {
  if (source.size < footerBytes) return false;
  return latin1(await source.read(source.size - magic.length, magic.length)) === magic;
}

/** All entries, in order of their keys. */
export async function readTable(source: ByteSource): Promise<readonly TableEntry[]> {
  if (!(await isTable(source))) throw new FormatError(format, `${source.name} has no footer`);
  const start = source.size - footerBytes;
  const footer = new Bytes(await source.read(start, footerBytes), start);
  footer.handle();
  const entries: TableEntry[] = [];
  const budget = { keyBytes: maxKeyBytes };
  let end = 0;
  for (const { value, at } of entriesOf(await readBlock(source, footer.handle()), budget)) {
    const handle = new Bytes(value, at).handle();
    // Blocks stand one behind the other: what is read is never more than the file.
    if (handle.offset < end) throw fault(`a block begins at ${handle.offset}, before ${end}`, at);
    end = handle.offset + handle.length + trailerBytes;
    for (const entry of entriesOf(await readBlock(source, handle), budget)) {
      if (entries.length >= maxEntries) throw fault(`has more than ${maxEntries} entries`, at);
      entries.push({ key: entry.key, value: entry.value });
    }
  }
  return entries;
}

interface Handle {
  readonly offset: number;
  readonly length: number;
}

interface Block {
  readonly bytes: Uint8Array;
  readonly offset: number;
}

async function readBlock(source: ByteSource, { offset, length }: Handle): Promise<Block> {
  if (length > maxBlockBytes) {
    throw fault(`a block has ${length} bytes, the limit is ${maxBlockBytes}`, offset);
  }
  if (offset + length + trailerBytes > source.size - footerBytes) {
    throw fault(`a block of ${length} bytes runs past the end of the file`, offset);
  }
  const bytes = await source.read(offset, length + trailerBytes);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const stored = view.getUint32(length + 1, true);
  if (maskedCrc32c(bytes.subarray(0, length + 1)) !== stored) {
    throw fault('the checksum of a block is not that of its bytes: the file is damaged', offset);
  }
  const type = bytes[length] ?? 0;
  const content = bytes.subarray(0, length);
  if (type === 0) return { bytes: new Uint8Array(content), offset };
  if (type === 1) return { bytes: unsnappy(content, offset), offset };
  throw fault(`compression ${type} of a block is not known`, offset + length);
}

/** The entries of a block. Restart points only serve those who look for one key. */
function* entriesOf(
  { bytes, offset }: Block,
  budget: { keyBytes: number },
): Generator<TableEntry & { readonly at: number }> {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const restarts = bytes.byteLength < 4 ? Infinity : view.getUint32(bytes.byteLength - 4, true);
  const end = bytes.byteLength - 4 - 4 * restarts;
  if (!(end >= 0)) throw fault(`a block has ${restarts} restart points, no room for them`, offset);
  const reader = new Bytes(bytes.subarray(0, end), offset);
  let key = '';
  while (reader.remaining > 0) {
    const at = reader.offset;
    const [shared, rest, length] = [reader.varint(), reader.varint(), reader.varint()];
    if (shared > key.length) {
      throw fault(`a key shares ${shared} bytes with one of ${key.length}`, at);
    }
    const next = key.slice(0, shared) + latin1(reader.take(rest));
    budget.keyBytes -= next.length;
    if (budget.keyBytes < 0) throw fault(`its keys have more than ${maxKeyBytes} bytes`, at);
    key = next;
    yield { key, at: reader.offset, value: reader.take(length) };
  }
}

/** Reads varints and bytes in order. */
class Bytes {
  private position = 0;

  constructor(
    private readonly bytes: Uint8Array,
    private readonly start: number,
  ) {}

  get offset(): number {
    return this.start + this.position;
  }

  get remaining(): number {
    return this.bytes.byteLength - this.position;
  }

  handle(): Handle {
    return { offset: this.varint(), length: this.varint() };
  }

  varint(): number {
    let value = 0;
    for (let i = 0; i < 7; i++) {
      const byte = this.bytes[this.position + i];
      if (byte === undefined) break;
      value += (byte & 0x7f) * 2 ** (7 * i);
      if (byte < 0x80) {
        this.position += i + 1;
        return value;
      }
    }
    throw fault('a number has no end', this.offset);
  }

  take(length: number): Uint8Array {
    if (length > this.remaining) {
      throw fault(`needs ${length} bytes, ${this.remaining} are left`, this.offset);
    }
    this.position += length;
    return this.bytes.subarray(this.position - length, this.position);
  }
}

function fault(reason: string, byteOffset: number): FormatError {
  return new FormatError(format, reason, { byteOffset });
}

function latin1(bytes: Uint8Array): string {
  let text = '';
  for (let at = 0; at < bytes.byteLength; at += 4096) {
    text += String.fromCharCode(...bytes.subarray(at, at + 4096));
  }
  return text;
}
