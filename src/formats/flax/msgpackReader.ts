/**
 * MessagePack, read in ranges: strings and numbers are values, and the payloads of `bin` and `ext` are places in the file, so
 * arrays are stepped over whatever their size.
 *
 * @see https://github.com/msgpack/msgpack/blob/master/spec.md
 */
import { safeNumber } from '../../core/safeNumber';
import type { ByteSource } from '../../core/byteSource';
import { FormatError } from '../../core/errors';

/** Values of a whole file: a train state of 100 000 arrays has about two million. */
const maxValues = 8_000_000;
/** Names and plain texts. */
const maxTextBytes = 2 ** 20;
const windowBytes = 64 * 2 ** 10;

export type MsgpackValue =
  | { readonly kind: 'plain'; readonly value: string | number | bigint | boolean | null }
  | { readonly kind: 'map' | 'array'; readonly count: number }
  | { readonly kind: 'bin'; readonly offset: number; readonly length: number }
  | {
      readonly kind: 'ext';
      readonly type: number;
      readonly offset: number;
      readonly length: number;
    };

export class MsgpackReader {
  /** Where the next value begins; set it to the end of a payload to go on behind it. */
  offset = 0;
  private window = new Uint8Array(0);
  private windowStart = 0;
  private valueCount = 0;

  constructor(
    readonly source: ByteSource,
    private readonly format: string,
  ) {}

  /** The next value's head, or the value itself where it is a plain one. Payloads are not stepped over: see {@link skip}. */
  async next(): Promise<MsgpackValue> {
    const at = this.offset;
    if (at >= this.source.size) throw this.fault('ends where a value should begin', at);
    if (++this.valueCount > maxValues) throw this.fault(`has more than ${maxValues} values`, at);
    const [code] = await this.bytes(at, 1);
    return this.value(code!, at);
  }

  /** Goes on behind a payload. */
  skip({ offset, length }: { readonly offset: number; readonly length: number }): void {
    this.offset = offset + length;
  }

  fault(reason: string, byteOffset: number): FormatError {
    return new FormatError(this.format, reason, {
      byteOffset,
      ...(byteOffset >= this.source.size && { remedy: 'Check that the file is complete' }),
    });
  }

  private async value(code: number, at: number): Promise<MsgpackValue> {
    const plain = (value: number | boolean | null): MsgpackValue => {
      this.offset = at + 1;
      return { kind: 'plain', value };
    };
    if (code < 0x80) return plain(code);
    if (code < 0x90) return this.container('map', code & 15, at, 1);
    if (code < 0xa0) return this.container('array', code & 15, at, 1);
    if (code < 0xc0) return this.text(at + 1, code & 31);
    if (code >= 0xe0) return plain(code - 256);
    switch (code) {
      case 0xc0:
        return plain(null);
      case 0xc2:
        return plain(false);
      case 0xc3:
        return plain(true);
      case 0xc4:
      case 0xc5:
      case 0xc6: {
        const size = 2 ** (code - 0xc4);
        return this.payload(at + 1 + size, await this.unsigned(at + 1, size));
      }
      case 0xc7:
      case 0xc8:
      case 0xc9: {
        const size = 2 ** (code - 0xc7);
        return this.ext(at + 1 + size, await this.unsigned(at + 1, size));
      }
      case 0xd4:
      case 0xd5:
      case 0xd6:
      case 0xd7:
      case 0xd8:
        return this.ext(at + 1, 2 ** (code - 0xd4));
      case 0xd9:
      case 0xda:
      case 0xdb: {
        const size = 2 ** (code - 0xd9);
        return this.text(at + 1 + size, await this.unsigned(at + 1, size));
      }
      case 0xdc:
      case 0xdd: {
        const size = code === 0xdc ? 2 : 4;
        return this.container('array', await this.unsigned(at + 1, size), at, 1 + size);
      }
      case 0xde:
      case 0xdf: {
        const size = code === 0xde ? 2 : 4;
        return this.container('map', await this.unsigned(at + 1, size), at, 1 + size);
      }
      default:
        return this.number(code, at);
    }
  }

  private async number(code: number, at: number): Promise<MsgpackValue> {
    const size = sizes.get(code);
    if (size === undefined) throw this.fault(`no value begins with byte ${code}`, at);
    const bytes = await this.bytes(at + 1, size);
    const view = new DataView(bytes.buffer, bytes.byteOffset, size);
    this.offset = at + 1 + size;
    return { kind: 'plain', value: numberOf(code, view) };
  }

  private container(
    kind: 'map' | 'array',
    count: number,
    at: number,
    headBytes: number,
  ): MsgpackValue {
    this.offset = at + headBytes;
    const least = kind === 'map' ? 2 * count : count;
    const left = this.source.size - this.offset;
    if (least > left) {
      throw this.fault(`a ${kind} of ${count} needs ${least} bytes or more, ${left} are left`, at);
    }
    return { kind, count };
  }

  private async text(at: number, length: number): Promise<MsgpackValue> {
    if (length > maxTextBytes) {
      throw this.fault(`a text has ${length} bytes, the limit is ${maxTextBytes}`, at);
    }
    const value = new TextDecoder().decode(await this.bytes(at, length));
    this.offset = at + length;
    return { kind: 'plain', value };
  }

  private payload(offset: number, length: number): MsgpackValue {
    this.checkFits(offset, length);
    this.offset = offset;
    return { kind: 'bin', offset, length };
  }

  private async ext(typeAt: number, length: number): Promise<MsgpackValue> {
    const [type] = await this.bytes(typeAt, 1);
    const offset = typeAt + 1;
    this.checkFits(offset, length);
    this.offset = offset;
    return { kind: 'ext', type: type! > 127 ? type! - 256 : type!, offset, length };
  }

  private async unsigned(at: number, size: number): Promise<number> {
    let value = 0;
    for (const byte of await this.bytes(at, size)) value = value * 256 + byte;
    return value;
  }

  private checkFits(offset: number, length: number): void {
    const left = this.source.size - offset;
    if (length > left) throw this.fault(`needs ${length} bytes, ${left} are left`, offset);
  }

  private async bytes(at: number, length: number): Promise<Uint8Array> {
    const start = at - this.windowStart;
    if (start >= 0 && start + length <= this.window.byteLength) {
      return this.window.subarray(start, start + length);
    }
    this.checkFits(at, length);
    const wanted = Math.min(Math.max(length, windowBytes), this.source.size - at);
    // A copy: the source may use its buffer again.
    this.window = new Uint8Array(await this.source.read(at, wanted));
    this.windowStart = at;
    return this.window.subarray(0, length);
  }
}

/** Bytes of the numbers by their type byte. */
const sizes: ReadonlyMap<number, number> = new Map([
  [0xca, 4],
  [0xcb, 8],
  [0xcc, 1],
  [0xcd, 2],
  [0xce, 4],
  [0xcf, 8],
  [0xd0, 1],
  [0xd1, 2],
  [0xd2, 4],
  [0xd3, 8],
]);

/** Big-endian, as all of MessagePack. */
function numberOf(code: number, view: DataView): number | bigint {
  switch (code) {
    case 0xca:
      return view.getFloat32(0);
    case 0xcb:
      return view.getFloat64(0);
    case 0xcc:
      return view.getUint8(0);
    case 0xcd:
      return view.getUint16(0);
    case 0xce:
      return view.getUint32(0);
    case 0xcf:
      return safeNumber(view.getBigUint64(0));
    case 0xd0:
      return view.getInt8(0);
    case 0xd1:
      return view.getInt16(0);
    case 0xd2:
      return view.getInt32(0);
    default:
      return safeNumber(view.getBigInt64(0));
  }
}
