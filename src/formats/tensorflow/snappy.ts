/**
 * Snappy without frames, as blocks of a LevelDB table have it: the length, then literals and copies of what came before.
 *
 * @see https://github.com/google/snappy/blob/main/format_description.txt
 */
import { FormatError } from '../../core/errors';

/** The shortest copy takes 2 bytes for 11, the longest 3 bytes for 64: nothing grows by more. */
const maxGrowth = 32;

/** @param byteOffset where the bytes begin in the file, for messages */
export function unsnappy(bytes: Uint8Array, byteOffset: number): Uint8Array {
  const fault = (reason: string, at: number): FormatError =>
    new FormatError('snappy', reason, { byteOffset: byteOffset + at });
  let at = 0;
  const byte = (): number => {
    const value = bytes[at++];
    if (value === undefined) throw fault('a block ends within a part', bytes.length);
    return value;
  };
  const little = (count: number): number => {
    let value = 0;
    for (let i = 0; i < count; i++) value += byte() * 2 ** (8 * i);
    return value;
  };

  let size = 0;
  for (let shift = 0; ; shift += 7) {
    const part = byte();
    size += (part & 0x7f) * 2 ** shift;
    if (part < 0x80) break;
    if (shift > 28) throw fault('the length of a block has no end', 0);
  }
  if (size > bytes.length * maxGrowth) {
    throw fault(`a block of ${bytes.length} bytes cannot hold ${size}`, 0);
  }
  const out = new Uint8Array(size);
  let end = 0;
  while (at < bytes.length) {
    const tag = byte();
    const isLiteral = (tag & 3) === 0;
    let length = (tag >> 2) + 1;
    let distance = 0;
    if (isLiteral && length > 60) length = little(length - 60) + 1;
    else if ((tag & 3) === 1) {
      length = ((tag >> 2) & 7) + 4;
      distance = ((tag >> 5) << 8) + byte();
    } else if (!isLiteral) distance = little((tag & 3) === 2 ? 2 : 4);
    if (length > size - end) throw fault(`a block is longer than its ${size} bytes`, at);
    if (isLiteral) {
      if (length > bytes.length - at) throw fault('a block ends within a part', bytes.length);
      out.set(bytes.subarray(at, at + length), end);
      at += length;
    } else {
      if (distance === 0 || distance > end) throw fault(`a copy from ${distance} bytes before`, at);
      // Byte by byte: a copy may overlap itself, which repeats it.
      for (let i = 0; i < length; i++) out[end + i] = out[end + i - distance]!;
    }
    end += length;
  }
  if (end !== size) throw fault(`a block has ${end} bytes of ${size}`, at);
  return out;
}
