/** Puts checksums right that a change has made wrong; without this a fuzzer only ever meets the checksum. */

const tableMagic = Buffer.from('57fb808b247547db', 'hex');
const ocdbtMagics = [Buffer.from('0cdb3a2a', 'hex'), Buffer.from('0cdb20de', 'hex')];

const crcs = Uint32Array.from({ length: 256 }, (_, byte) => {
  let crc = byte;
  for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ 0x82f63b78 : crc >>> 1;
  return crc;
});

/** CRC-32C. @param {Uint8Array} bytes */
function crc32c(bytes) {
  let crc = 0xffffffff;
  for (const byte of bytes) crc = crcs[(crc ^ byte) & 0xff] ^ (crc >>> 8);
  return ~crc >>> 0;
}

/** Of a table of TensorFlow and of the nodes of OCDBT; anything else is left as it is. @param {Buffer} bytes */
export function putChecksumsRight(bytes) {
  if (bytes.length >= 48 && bytes.subarray(-8).equals(tableMagic)) repairTable(bytes);
  for (const magic of ocdbtMagics) {
    for (let at = bytes.indexOf(magic); at >= 0; at = bytes.indexOf(magic, at + 4)) {
      if (at + 18 > bytes.length) break;
      const length = Number(bytes.readBigUInt64LE(at + 4));
      if (length < 18 || at + length > bytes.length) continue;
      bytes.writeUInt32LE(crc32c(bytes.subarray(at, at + length - 4)), at + length - 4);
    }
  }
}

/** @param {Buffer} bytes */
function repairTable(bytes) {
  const footer = handles(bytes, bytes.length - 48, 4);
  const index = { offset: footer[2], length: footer[3] };
  if (!repairBlock(bytes, index)) return;
  // Entries of the index share nothing in small tables: three varints, the key, then the handle.
  for (let at = index.offset; at < index.offset + index.length - 4;) {
    const { values, end } = varints(bytes, at, 3);
    const place = varints(bytes, end + values[1], 2);
    repairBlock(bytes, { offset: place.values[0], length: place.values[1] });
    if (!(end + values[1] + values[2] > at)) return;
    at = end + values[1] + values[2];
  }
}

/** @param {Buffer} bytes @param {{ offset: number, length: number }} block */
function repairBlock(bytes, { offset, length }) {
  if (!(offset >= 0 && length >= 4 && offset + length + 5 <= bytes.length - 48)) return false;
  const crc = crc32c(bytes.subarray(offset, offset + length + 1));
  const masked = (((crc >>> 15) | (crc << 17)) + 0xa282ead8) >>> 0;
  bytes.writeUInt32LE(masked, offset + length + 1);
  return true;
}

/** @param {Buffer} bytes @param {number} at @param {number} count */
const handles = (bytes, at, count) => varints(bytes, at, count).values;

/** @param {Buffer} bytes @param {number} start @param {number} count */
function varints(bytes, start, count) {
  const values = [];
  let at = start;
  while (values.length < count) {
    let value = 0;
    for (let shift = 0; shift < 49; shift += 7) {
      const byte = bytes[at++] ?? 0;
      value += (byte & 0x7f) * 2 ** shift;
      if (byte < 0x80) break;
    }
    values.push(value);
  }
  return { values, end: at };
}
