/**
 * CRC-32C (Castagnoli) as LevelDB and TensorFlow store it: rotated and shifted, since a checksum of bytes that hold checksums
 * tells little.
 *
 * @see https://github.com/google/leveldb/blob/main/util/crc32c.h
 */

/** The polynomial 0x1edc6f41, its bits reversed. */
const polynomial = 0x82f63b78;
const maskDelta = 0xa282ead8;

const table = Uint32Array.from({ length: 256 }, (_, byte) => {
  let crc = byte;
  for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ polynomial : crc >>> 1;
  return crc;
});

export function maskedCrc32c(bytes: Uint8Array): number {
  let crc = 0xffffffff;
  for (let i = 0; i < bytes.length; i++) crc = table[(crc ^ bytes[i]!) & 0xff]! ^ (crc >>> 8);
  crc = ~crc >>> 0;
  return (((crc >>> 15) | (crc << 17)) + maskDelta) >>> 0;
}
