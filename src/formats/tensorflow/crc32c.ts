/**
 * CRC-32C (Castagnoli) as LevelDB and TensorFlow store it: rotated and shifted, since a checksum of bytes that hold checksums
 * tells little.
 *
 * @see https://github.com/google/leveldb/blob/main/util/crc32c.h
 */

/** The polynomial 0x1edc6f41, its bits reversed. */
const polynomial = 0x82f63b78;
const maskDelta = 0xa282ead8;

/** tables[k][b]: what byte b does to the remainder with k bytes behind it. Eight bytes a step are four times as fast as one. */
const tables: readonly Uint32Array[] = tablesOf(8);

/** The checksum of bytes that come in pieces. */
export class Crc32c {
  private state = 0xffffffff;

  update(bytes: Uint8Array): void {
    let crc = this.state;
    const [t0, t1, t2, t3, t4, t5, t6, t7] = tables;
    let i = 0;
    for (; i + 8 <= bytes.length; i += 8) {
      crc ^= bytes[i]! | (bytes[i + 1]! << 8) | (bytes[i + 2]! << 16) | (bytes[i + 3]! << 24);
      crc =
        t7![crc & 0xff]! ^
        t6![(crc >>> 8) & 0xff]! ^
        t5![(crc >>> 16) & 0xff]! ^
        t4![crc >>> 24]! ^
        t3![bytes[i + 4]!]! ^
        t2![bytes[i + 5]!]! ^
        t1![bytes[i + 6]!]! ^
        t0![bytes[i + 7]!]!;
    }
    for (; i < bytes.length; i++) crc = t0![(crc ^ bytes[i]!) & 0xff]! ^ (crc >>> 8);
    this.state = crc;
  }

  /** Of all bytes so far. */
  masked(): number {
    const crc = ~this.state >>> 0;
    return (((crc >>> 15) | (crc << 17)) + maskDelta) >>> 0;
  }
}

/** The checksum as tables of TensorFlow keep it: rotated and shifted, since they hold checksums of data with checksums in it. */
export function maskedCrc32c(bytes: Uint8Array): number {
  const crc = new Crc32c();
  crc.update(bytes);
  return crc.masked();
}

function tablesOf(count: number): readonly Uint32Array[] {
  const first = Uint32Array.from({ length: 256 }, (_, byte) => {
    let crc = byte;
    for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ polynomial : crc >>> 1;
    return crc;
  });
  const all = [first];
  for (let k = 1; k < count; k++) {
    const before = all[k - 1]!;
    all.push(before.map((crc) => first[crc & 0xff]! ^ (crc >>> 8)));
  }
  return all;
}
