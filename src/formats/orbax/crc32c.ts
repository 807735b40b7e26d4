/** Remainders of the bytes by Castagnoli's polynomial, reflected. */
const table = Uint32Array.from({ length: 256 }, (_, byte) => {
  let value = byte;
  for (let bit = 0; bit < 8; bit++) value = (value >>> 1) ^ ((value & 1) * 0x82f63b78);
  return value >>> 0;
});

/** CRC-32C, as iSCSI (RFC 3720) and TensorStore use it. */
export function crc32c(bytes: Uint8Array): number {
  let value = 0xffffffff;
  for (const byte of bytes) value = (value >>> 8) ^ table[(value ^ byte) & 255]!;
  return (value ^ 0xffffffff) >>> 0;
}
