/**
 * Keys of the slices of a partitioned variable: numbers and texts written so that their bytes sort as they do.
 *
 * @see https://github.com/tensorflow/tensorflow/blob/master/tensorflow/core/lib/strings/ordered_code.cc
 */

/** One axis of a slice; a length of -1 is the whole axis. */
export interface Extent {
  readonly start: number;
  readonly length: number;
}

/** The key of a slice, one character a byte, as `checkpoint::EncodeTensorNameSlice` writes it. */
export function sliceKey(name: string, extents: readonly Extent[]): string {
  const parts = [unsigned(0), text(name), unsigned(extents.length)];
  for (const { start, length } of extents) parts.push(signed(start), signed(length));
  return parts.join('');
}

/** Its length in bytes, then the bytes, the first the highest. */
function unsigned(value: number): string {
  let bytes = '';
  for (let rest = value; rest > 0; rest = Math.floor(rest / 256)) {
    bytes = String.fromCharCode(rest % 256) + bytes;
  }
  return String.fromCharCode(bytes.length) + bytes;
}

function text(value: string): string {
  const escaped = value.replace(/[\0\xff]/g, (char) => (char === '\0' ? '\0\xff' : '\xff\0'));
  return `${escaped}\0\x01`;
}

/** As many leading ones as there are bytes, then the two's complement, of which a byte holds seven bits. */
function signed(value: number): string {
  const number = BigInt(value);
  const magnitude = number < 0n ? ~number : number;
  const bitCount = magnitude === 0n ? 0 : magnitude.toString(2).length;
  // Integers of JavaScript have 53 bits: eight bytes at most.
  const length = Math.floor(bitCount / 7) + 1;
  const header = BigInt((0xff00 >> length) & 0xff);
  let bits = BigInt.asUintN(8 * length, number) ^ (header << BigInt(8 * (length - 1)));
  let bytes = '';
  for (let i = 0; i < length; i++) {
    bytes = String.fromCharCode(Number(bits & 0xffn)) + bytes;
    bits >>= 8n;
  }
  return bytes;
}
