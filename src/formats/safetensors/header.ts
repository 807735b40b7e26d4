/**
 * safetensors: u64 length of the header, the header as JSON, the tensors' bytes.
 *
 *     { "__metadata__": {"format": "pt"}, "w": {"dtype": "F32", "shape": [2, 3], "data_offsets": [0, 24]} }
 *
 * Offsets count from the end of the header. The bytes of all tensors must fill the rest of the file without holes and
 * without overlaps; files that break this are refused by the reference implementation, and here as well.
 *
 * @see https://github.com/huggingface/safetensors#format
 */
import type { ByteSource } from '../../core/byteSource';
import { Cursor } from '../../core/cursor';
import { FormatError } from '../../core/errors';
import { isJsonObject, type Json, type JsonObject, property } from '../../core/json';

/** The reference implementation's own limit. */
export const maxHeaderBytes = 100_000_000;

export interface HeaderEntry {
  readonly name: string;
  readonly dtype: string;
  readonly shape: readonly number[];
  /** From the start of the file. */
  readonly byteOffset: number;
  readonly byteLength: number;
}

export interface Header {
  readonly metadata: JsonObject | undefined;
  readonly entries: readonly HeaderEntry[];
}

export async function readHeader(source: ByteSource): Promise<Header> {
  if (source.size < 8) throw fault(`a file of ${source.size} bytes has no room for a header`, 0);
  const headerBytes = new Cursor('safetensors', await source.read(0, 8)).u64(
    'the length of the header',
    maxHeaderBytes,
  );
  if (8 + headerBytes > source.size) {
    throw new FormatError(
      'safetensors',
      `a header of ${headerBytes} bytes runs past the end of the file of ${source.size} bytes`,
      { byteOffset: 0, remedy: 'Check that the file was downloaded completely' },
    );
  }
  const header = parseHeader(await source.read(8, headerBytes));
  const dataStart = 8 + headerBytes;
  const entries: HeaderEntry[] = [];
  let metadata: JsonObject | undefined;
  for (const [name, value] of Object.entries(header)) {
    if (name !== '__metadata__') entries.push(toEntry(name, value, dataStart));
    else if (isJsonObject(value)) metadata = value;
    else throw fault('"__metadata__" is not an object', 8);
  }
  checkCoverage(entries, dataStart, source.size);
  return { metadata, entries };
}

/**
 * Whether the file begins like one: a plausible length and, first thing, the JSON. The specification wants `{` there.
 */
export function looksLikeSafetensors(head: Uint8Array, fileSize: number): boolean {
  if (head.byteLength < 9) return false;
  const length = new DataView(head.buffer, head.byteOffset, 8).getBigUint64(0, true);
  // A length past the end is a damaged safetensors file, so it is recognised and then refused with that reason.
  return length >= 2n && length <= BigInt(maxHeaderBytes) && head[8] === 0x7b && fileSize > 8;
}

function parseHeader(bytes: Uint8Array): JsonObject {
  let text: string;
  try {
    text = new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    throw fault('the header is not UTF-8', 8);
  }
  let value: unknown;
  try {
    // The specification forbids a doubled name; the bytes of the first one are then a hole, which is refused below.
    value = JSON.parse(text);
  } catch (error) {
    throw fault(`the header is not JSON: ${error instanceof Error ? error.message : ''}`, 8);
  }
  if (!isJsonObject(value)) throw fault('the header is not a JSON object', 8);
  return value;
}

function toEntry(name: string, value: Json, dataStart: number): HeaderEntry {
  const dtype = property(value, 'dtype');
  const shape = property(value, 'shape');
  const offsets = property(value, 'data_offsets');
  if (typeof dtype !== 'string') throw fault(`"${name}" has no dtype`, 8);
  if (shape === undefined) throw fault(`"${name}" has no shape`, 8);
  if (!Array.isArray(shape) || !shape.every(isCount)) {
    throw fault(`"${name}" has the shape ${JSON.stringify(shape)}`, 8);
  }
  if (offsets === undefined) throw fault(`"${name}" has no data_offsets`, 8);
  if (!Array.isArray(offsets) || offsets.length !== 2 || !offsets.every(isCount)) {
    throw fault(`"${name}" has the data_offsets ${JSON.stringify(offsets)}`, 8);
  }
  const [start = 0, end = 0] = offsets;
  if (end < start) throw fault(`"${name}" ends at ${end}, before its start at ${start}`, 8);
  return { name, dtype, shape, byteOffset: dataStart + start, byteLength: end - start };
}

function isCount(value: Json): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0;
}

/** The tensors in the order of their bytes must follow each other up to the end of the file. */
function checkCoverage(entries: readonly HeaderEntry[], dataStart: number, size: number): void {
  const sorted = [...entries].sort(
    (a, b) => a.byteOffset - b.byteOffset || a.byteLength - b.byteLength,
  );
  let end = dataStart;
  for (const entry of sorted) {
    if (entry.byteOffset < end) {
      throw fault(`"${entry.name}" overlaps the tensor before it`, entry.byteOffset);
    }
    if (entry.byteOffset > end) {
      throw fault(
        `${entry.byteOffset - end} bytes before "${entry.name}" belong to no tensor`,
        end,
      );
    }
    end = entry.byteOffset + entry.byteLength;
    if (end > size) {
      throw new FormatError(
        'safetensors',
        `"${entry.name}" ends at byte ${end}, the file has ${size}`,
        { byteOffset: entry.byteOffset, remedy: 'Check that the file was downloaded completely' },
      );
    }
  }
  if (end < size) throw fault(`${size - end} bytes at the end belong to no tensor`, end);
}

function fault(reason: string, byteOffset: number): FormatError {
  return new FormatError('safetensors', reason, { byteOffset });
}
