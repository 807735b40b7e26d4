import { FormatError } from './errors';

/** Reads a header from its start to its end; runs past the end only with a FormatError. Little-endian. */
export class Cursor {
  private position = 0;
  private readonly view: DataView;

  /** @param start byte of the file at which `bytes` begins, for messages */
  constructor(
    private readonly format: string,
    private readonly bytes: Uint8Array,
    private readonly start = 0,
  ) {
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  get offset(): number {
    return this.start + this.position;
  }

  get remaining(): number {
    return this.bytes.byteLength - this.position;
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

  /** An unsigned 64-bit integer that must not exceed `limit`; `what` names it in the message. */
  u64(what: string, limit = Number.MAX_SAFE_INTEGER): number {
    const at = this.offset;
    const value = this.view.getBigUint64(this.advance(8), true);
    if (value > BigInt(limit)) {
      throw new FormatError(this.format, `${what} is ${value}, the limit is ${limit}`, {
        byteOffset: at,
      });
    }
    return Number(value);
  }

  take(length: number): Uint8Array {
    const at = this.advance(length);
    return this.bytes.subarray(at, at + length);
  }

  private advance(length: number): number {
    if (!(length >= 0 && length <= this.remaining)) {
      throw new FormatError(this.format, `needs ${length} bytes, ${this.remaining} are left`, {
        byteOffset: this.offset,
      });
    }
    const at = this.position;
    this.position = at + length;
    return at;
  }
}
