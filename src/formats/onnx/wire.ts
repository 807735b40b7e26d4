/**
 * The protobuf wire format, read in ranges: a message is a list of fields, and a field's payload is a place in the file until
 * somebody asks for its bytes. So weights are stepped over by their length, whatever the size of the file.
 *
 * @see https://protobuf.dev/programming-guides/encoding/
 */
import type { ByteSource } from '../../core/byteSource';
import { FormatError } from '../../core/errors';

/** Fields of all messages: a graph of 50 000 nodes has one million. */
const maxFields = 4_000_000;
/** A tag and a number, or a tag and a length: two varints. */
const longestHead = 20;
const windowBytes = 64 * 2 ** 10;

/** Bytes [offset, offset + length) of the file. */
export interface Range {
  readonly offset: number;
  readonly length: number;
}

/** A field: its value where it is a number, its payload's place in any case. */
export interface Field extends Range {
  readonly number: number;
  readonly wire: 'varint' | 'fixed64' | 'bytes' | 'fixed32';
  readonly value: bigint;
}

const wires = ['varint', 'fixed64', 'bytes', undefined, undefined, 'fixed32'] as const;

export class WireReader {
  private window = new Uint8Array(0);
  private windowStart = 0;
  private fieldCount = 0;

  constructor(
    readonly source: ByteSource,
    private readonly format: string,
  ) {}

  /** The fields of the message that fills the range. */
  async fields({ offset, length }: Range): Promise<Field[]> {
    const fields: Field[] = [];
    const end = offset + length;
    for (let at = offset; at < end;) {
      const needed = Math.min(longestHead, end - at);
      if (!this.holds(at, needed)) await this.fill(at, needed);
      const field = this.fieldAt(at, end);
      if (++this.fieldCount > maxFields) throw this.fault(`has more than ${maxFields} fields`, at);
      fields.push(field);
      at = field.offset + field.length;
    }
    return fields;
  }

  /** The payload itself, which must not be longer than `limit`. */
  async bytes({ offset, length }: Range, what: string, limit: number): Promise<Uint8Array> {
    if (length > limit) {
      throw this.fault(`${what} has ${length} bytes, the limit is ${limit}`, offset);
    }
    if (length > windowBytes) return this.source.read(offset, length);
    if (!this.holds(offset, length)) await this.fill(offset, length);
    const start = offset - this.windowStart;
    return this.window.subarray(start, start + length);
  }

  async text(range: Range, what: string, limit = 2 ** 16): Promise<string> {
    return new TextDecoder().decode(await this.bytes(range, what, limit));
  }

  fault(reason: string, byteOffset: number): FormatError {
    return new FormatError(this.format, reason, { byteOffset });
  }

  private holds(offset: number, length: number): boolean {
    const start = offset - this.windowStart;
    return start >= 0 && start + length <= this.window.byteLength;
  }

  private async fill(offset: number, length: number): Promise<void> {
    const left = this.source.size - offset;
    if (length > left) throw this.fault(`needs ${length} bytes, ${left} are left`, offset);
    // A copy: the source may use its buffer again.
    this.window = new Uint8Array(await this.source.read(offset, Math.min(windowBytes, left)));
    this.windowStart = offset;
  }

  private fieldAt(at: number, end: number): Field {
    const tag = this.varintAt(at, end);
    const number = Number(tag.value >> 3n);
    const wire = wires[Number(tag.value & 7n)];
    if (number === 0 || !wire) throw this.fault(`no field begins with tag ${tag.value}`, at);
    if (wire === 'varint') {
      const { value, next } = this.varintAt(tag.next, end);
      return { number, wire, value, offset: tag.next, length: next - tag.next };
    }
    const size = wire === 'bytes' ? this.varintAt(tag.next, end) : undefined;
    const length = size?.value ?? (wire === 'fixed64' ? 8n : 4n);
    const offset = size?.next ?? tag.next;
    if (length > BigInt(end - offset)) {
      throw this.fault(`field ${number} has ${length} bytes, ${end - offset} are left`, at);
    }
    const range = { offset, length: Number(length) };
    const value = wire === 'bytes' ? 0n : this.fixedAt(range);
    return { number, wire, value, ...range };
  }

  private varintAt(at: number, end: number): { value: bigint; next: number } {
    let value = 0n;
    for (let i = 0; i < 10 && at + i < end; i++) {
      const byte = this.window[at + i - this.windowStart] ?? 0;
      value |= BigInt(byte & 0x7f) << BigInt(7 * i);
      if (byte < 0x80) return { value: BigInt.asUintN(64, value), next: at + i + 1 };
    }
    throw this.fault('a number has no end', at);
  }

  private fixedAt({ offset, length }: Range): bigint {
    let value = 0n;
    for (let i = length - 1; i >= 0; i--) {
      value = (value << 8n) | BigInt(this.window[offset + i - this.windowStart] ?? 0);
    }
    return value;
  }
}

/** Varints of a packed list, the low 64 bits of each. */
export function unpackVarints(bytes: Uint8Array): BigInt64Array {
  let count = 0;
  for (const byte of bytes) if (byte < 0x80) count++;
  const values = new BigInt64Array(count);
  const words = new Int32Array(values.buffer);
  for (let at = 0, i = 0; i < count; i++) {
    let low = 0;
    let high = 0;
    for (let shift = 0; ; shift += 7) {
      const byte = bytes[at++]!;
      const part = byte & 0x7f;
      if (shift < 28) low |= part << shift;
      else if (shift === 28) {
        low |= part << 28;
        high |= part >> 4;
      } else if (shift < 64) high |= part << (shift - 32);
      if (byte < 0x80) break;
    }
    words[2 * i] = low;
    words[2 * i + 1] = high;
  }
  return values;
}
