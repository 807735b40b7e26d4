import { safeNumber } from '../../core/safeNumber';
import { FormatError } from '../../core/errors';

/** Longest number written as text or as LONG4; no count or seed needs more. */
const maxNumberBytes = 1024;

const shortText = 32;

/** The bytes of a pickle, read from the start; every length is held against what is left. */
export class PickleInput {
  private position = 0;
  private readonly view: DataView;
  private readonly utf8 = new TextDecoder('utf-8', { ignoreBOM: true });
  private readonly latin1 = new TextDecoder('latin1');

  constructor(private readonly bytes: Uint8Array) {
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  get offset(): number {
    return this.position;
  }

  u8(): number {
    return this.view.getUint8(this.advance(1));
  }

  u16(): number {
    return this.view.getUint16(this.advance(2), true);
  }

  u32(): number {
    return this.view.getUint32(this.advance(4), true);
  }

  i32(): number {
    return this.view.getInt32(this.advance(4), true);
  }

  /** A length; one past 2^53 is past the end as well. */
  u64(): number {
    return Number(this.view.getBigUint64(this.advance(8), true));
  }

  /** The only numbers of the format that are big-endian. */
  f64(): number {
    return this.view.getFloat64(this.advance(8), false);
  }

  take(length: number): Uint8Array {
    const at = this.advance(length);
    return this.bytes.subarray(at, at + length);
  }

  /** Lone surrogates, which Python allows and UTF-8 does not, become U+FFFD. */
  text(length: number): string {
    return this.decoded(this.take(length));
  }

  latin1Text(length: number): string {
    return this.latin1.decode(this.take(length));
  }

  line(): string {
    return this.latin1.decode(this.lineBytes());
  }

  utf8Line(): string {
    return this.decoded(this.lineBytes());
  }

  /** A decimal integer, with the L of Python 2's long perhaps. */
  decimal(text: string): number | bigint {
    if (text.length > maxNumberBytes || !/^[+-]?\d+L?$/.test(text)) {
      throw this.fault(`"${text.slice(0, 40)}" is no integer`);
    }
    return safeNumber(BigInt(text.replace(/[+L]/g, '')));
  }

  /** A little-endian two's complement integer. */
  long(length: number): number | bigint {
    if (length < 0 || length > maxNumberBytes) {
      throw this.fault(`an integer of ${length} bytes, the limit is ${maxNumberBytes}`);
    }
    let value = 0n;
    const bytes = this.take(length);
    for (let i = length - 1; i >= 0; i--) value = (value << 8n) | BigInt(bytes[i] ?? 0);
    return safeNumber(BigInt.asIntN(8 * length, value));
  }

  fault(reason: string): FormatError {
    return new FormatError('pickle', reason, { byteOffset: this.position });
  }

  private lineBytes(): Uint8Array {
    const end = this.bytes.indexOf(0x0a, this.position);
    if (end < 0) throw this.fault('a line has no end');
    const line = this.bytes.subarray(this.position, end);
    this.position = end + 1;
    return line;
  }

  /** Names are short and ASCII, for which a decoder takes five times as long. */
  private decoded(bytes: Uint8Array): string {
    if (bytes.length > shortText) return this.utf8.decode(bytes);
    let text = '';
    for (const byte of bytes) {
      if (byte >= 0x80) return this.utf8.decode(bytes);
      text += String.fromCharCode(byte);
    }
    return text;
  }

  private advance(length: number): number {
    const left = this.bytes.byteLength - this.position;
    if (!(length >= 0 && length <= left)) {
      throw this.fault(`needs ${length} bytes, ${left} are left`);
    }
    const at = this.position;
    this.position = at + length;
    return at;
  }
}
