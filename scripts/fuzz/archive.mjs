/** Changes inside a ZIP archive: what comes out is an archive whose checksums are right, or right but for one lie. */
import zlib from 'node:zlib';

/** @typedef {import('./random.mjs').Random} Random */
/**
 * @typedef {object} Entry
 * @property {Buffer} name
 * @property {number} method
 * @property {Buffer} data as stored
 * @property {Buffer} plain
 */

const localSignature = 0x04034b50;
const centralSignature = 0x02014b50;
const endSignature = 0x06054b50;
const names = [
  '../../x',
  '/etc/passwd',
  'C:\\x',
  'a\u0000b',
  '',
  'data.pkl',
  'config.json',
  '\u202e',
];

/**
 * @param {Random} random
 * @param {Buffer} bytes
 * @param {(random: Random, bytes: Buffer) => Buffer} changeContent
 * @returns {Buffer | undefined}
 */
export function changeArchive(random, bytes, changeContent) {
  const entries = entriesOf(bytes);
  if (entries.length === 0) return undefined;
  const at = random.below(entries.length);
  const entry = entries[at];
  switch (random.below(10)) {
    case 0:
      entries.splice(at, 1);
      break;
    case 1:
      entries[at] = { ...entry, name: Buffer.from(random.pick(names)) };
      break;
    case 2:
      entries.push({ ...entry, name: random.next() < 0.5 ? entry.name : Buffer.from('again') });
      break;
    case 3: {
      // A bomb: a thousand times as long as it looks.
      const plain = Buffer.alloc(2 ** 20 * (1 + random.small(16)));
      entries[at] = { name: entry.name, method: 8, plain, data: zlib.deflateRawSync(plain) };
      break;
    }
    case 4:
      entries[at] = {
        ...entry,
        plain: random.pick(entries).plain,
        ...deflated(random.pick(entries)),
      };
      break;
    default: {
      const plain = changeContent(random, entry.plain);
      entries[at] =
        entry.method === 8
          ? { ...entry, ...deflated({ plain }) }
          : { ...entry, plain, data: plain };
    }
  }
  return written(entries, random);
}

/** @param {{ readonly plain: Buffer }} entry */
const deflated = ({ plain }) => ({ plain, method: 8, data: zlib.deflateRawSync(plain) });

/** Entries by the central directory; none where it cannot be read. @param {Buffer} bytes @returns {Entry[]} */
function entriesOf(bytes) {
  const end = bytes.lastIndexOf(Buffer.from('PK\x05\x06', 'latin1'));
  if (end < 0 || end + 22 > bytes.length) return [];
  const entries = [];
  let at = bytes.readUInt32LE(end + 16);
  for (let left = bytes.readUInt16LE(end + 10); left > 0; left--) {
    if (at + 46 > bytes.length || bytes.readUInt32LE(at) !== centralSignature) return [];
    const method = bytes.readUInt16LE(at + 10);
    const length = bytes.readUInt32LE(at + 20);
    const nameLength = bytes.readUInt16LE(at + 28);
    const local = bytes.readUInt32LE(at + 42);
    const name = Buffer.from(bytes.subarray(at + 46, at + 46 + nameLength));
    const start = local + 30 + bytes.readUInt16LE(local + 26) + bytes.readUInt16LE(local + 28);
    const data = Buffer.from(bytes.subarray(start, start + length));
    entries.push({ name, method, data, plain: method === 8 ? zlib.inflateRawSync(data) : data });
    at += 46 + nameLength + bytes.readUInt16LE(at + 30) + bytes.readUInt16LE(at + 32);
  }
  return entries;
}

/** @param {readonly Entry[]} entries @param {Random} random */
function written(entries, random) {
  const liar = random.next() < 0.2 ? random.below(entries.length) : -1;
  const lie = random.pick([0, 1, 2 ** 20, 2 ** 31, 2 ** 32 - 2, 2 ** 32 - 1]);
  const field = random.below(3);
  const locals = [];
  const central = [];
  let offset = 0;
  entries.forEach(({ name, method, data, plain }, i) => {
    const sizes = Buffer.alloc(12);
    sizes.writeUInt32LE(zlib.crc32(plain));
    sizes.writeUInt32LE(i === liar && field === 0 ? lie : data.length, 4);
    sizes.writeUInt32LE(i === liar && field !== 2 ? lie : plain.length, 8);
    const local = Buffer.alloc(30);
    local.writeUInt32LE(localSignature);
    local.writeUInt16LE(method, 8);
    sizes.copy(local, 14);
    local.writeUInt16LE(name.length, 26);
    const record = Buffer.alloc(46);
    record.writeUInt32LE(centralSignature);
    record.writeUInt16LE(method, 10);
    sizes.copy(record, 16);
    record.writeUInt16LE(name.length, 28);
    record.writeUInt32LE(i === liar && field === 2 ? lie : offset, 42);
    locals.push(local, name, data);
    central.push(record, name);
    offset += local.length + name.length + data.length;
  });
  const directory = Buffer.concat(central);
  const end = Buffer.alloc(22);
  end.writeUInt32LE(endSignature);
  end.writeUInt16LE(entries.length, 8);
  end.writeUInt16LE(entries.length, 10);
  end.writeUInt32LE(directory.length, 12);
  end.writeUInt32LE(offset, 16);
  return Buffer.concat([...locals, directory, end]);
}
