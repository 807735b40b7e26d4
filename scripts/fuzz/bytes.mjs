/** Changes to bytes that know nothing of what the bytes mean. Each gives a new array. */

/** @typedef {import('./random.mjs').Random} Random */
/** @typedef {(random: Random, bytes: Buffer, other: Buffer) => Buffer} Mutation */

/** Counts, sizes and offsets that readers must not believe. */
const integers = [
  ...[0n, 1n, 2n, 3n, 7n, 8n, 16n, 127n, 128n, 255n, 256n, 4096n, 65535n, 65536n],
  ...[2n ** 24n, 2n ** 31n - 1n, 2n ** 31n, 2n ** 32n - 1n, 2n ** 32n, 2n ** 40n, 2n ** 53n],
  ...[2n ** 62n, 2n ** 63n - 1n, 2n ** 63n, 2n ** 64n - 2n, 2n ** 64n - 1n],
];

/** Pieces that mean something somewhere: opcodes, tags, signatures, texts. */
const tokens = [
  ...['{}', '[]', 'null', '-1', '1e308', '0.5', '""', '"\\ud800"', '{"__proto__":1}', '[[[[[[[['],
  ...[
    'PK\x01\x02',
    'PK\x03\x04',
    'PK\x05\x06',
    'PK\x06\x06',
    'TREE',
    'SNOD',
    'HEAP',
    'OHDR',
    'GCOL',
  ],
  ...['\x80\x02', '\x80\x05', 'cos\nsystem\n', '(', 't', 'R', '.', '0', '1', '2', 'h\x00', 'q\x00'],
  ...[
    'X\xff\xff\xff\x7f',
    'B\xff\xff\xff\xff',
    '\x8e\xff\xff\xff\xff\xff\xff\xff\x7f',
    'J\xff\xff\xff\xff',
  ],
  ...[
    '\xdd\xff\xff\xff\xff',
    '\xdf\xff\xff\xff\xff',
    '\xc6\xff\xff\xff\x7f',
    '\xc9\xff\xff\xff\xff\x01',
  ],
  ...[
    '\x0a\xff\xff\xff\xff\x0f',
    '\x0a\x80\x80\x80\x80\x80\x80\x80\x80\x80\x01',
    '\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01',
  ],
  ...['../../etc/passwd', '\x00', '\xff\xfe', '\xed\xa0\x80', '</script>', '\u202e'],
].map((text) => Buffer.from(text, 'latin1'));

/** @type {Readonly<Record<string, Mutation>>} */
export const byteMutations = {
  truncate: (random, bytes) => bytes.subarray(0, random.below(bytes.length)),

  cutEnd: (random, bytes) =>
    bytes.subarray(0, bytes.length - Math.min(bytes.length, 1 + random.small(64))),

  flipBits: edited((random, bytes) => {
    for (let left = 1 + random.small(8); left > 0; left--) {
      bytes[random.below(bytes.length)] ^= 1 << random.below(8);
    }
  }),

  setBytes: edited((random, bytes) => {
    for (let left = 1 + random.small(16); left > 0; left--) {
      bytes[random.below(bytes.length)] = random.pick([0, 1, 0x7f, 0x80, 0xff, random.below(256)]);
    }
  }),

  setInteger: edited((random, bytes) => {
    const size = random.pick([1, 2, 4, 4, 8, 8]);
    if (bytes.length < size) return;
    const at = random.below(bytes.length - size + 1) & (random.next() < 0.5 ? ~(size - 1) : ~0);
    const value = BigInt.asUintN(8 * size, random.pick(integers));
    const littleEndian = random.next() < 0.7;
    for (let i = 0; i < size; i++) {
      const shift = BigInt(8 * (littleEndian ? i : size - 1 - i));
      bytes[at + i] = Number((value >> shift) & 0xffn);
    }
  }),

  nudgeInteger: edited((random, bytes) => {
    const at = random.below(bytes.length);
    bytes[at] = (bytes[at] + random.pick([-2, -1, 1, 2, 8, 64])) & 0xff;
  }),

  fillRange: edited((random, bytes) => {
    const start = random.below(bytes.length);
    bytes.subarray(start, start + 1 + random.small(256)).fill(random.pick([0, 0xff, 0x41]));
  }),

  overwriteWithToken: edited((random, bytes) => {
    random.pick(tokens).copy(bytes, random.below(bytes.length));
  }),

  insertToken: (random, bytes) => inserted(bytes, random.below(bytes.length), random.pick(tokens)),

  removeRange(random, bytes) {
    const start = random.below(bytes.length);
    return Buffer.concat([bytes.subarray(0, start), bytes.subarray(start + 1 + random.small(128))]);
  },

  repeatRange(random, bytes) {
    const start = random.below(bytes.length);
    const piece = bytes.subarray(start, start + 1 + random.small(256));
    const copies = Array.from({ length: 1 + random.small(64) }, () => piece);
    return inserted(bytes, start, Buffer.concat(copies));
  },

  moveRange(random, bytes) {
    const start = random.below(bytes.length);
    const piece = bytes.subarray(start, start + 1 + random.small(512));
    return edited((_, copy) => piece.copy(copy, random.below(copy.length)))(random, bytes, bytes);
  },

  splice(random, bytes, other) {
    const piece = other.subarray(random.below(other.length));
    return Buffer.concat([bytes.subarray(0, random.below(bytes.length)), piece]);
  },

  appendOther: (_random, bytes, other) => Buffer.concat([bytes, other]),
};

/** As a text editor or a careless transfer leaves it: bytes beyond ASCII became UTF-8 or were replaced. */
byteMutations.asText = (random, bytes) =>
  random.next() < 0.5
    ? Buffer.from(bytes.toString('utf8'), 'utf8')
    : Buffer.from(bytes.toString('latin1'), 'utf8');

/** @param {(random: Random, copy: Buffer) => void} edit @returns {Mutation} */
function edited(edit) {
  return (random, bytes) => {
    const copy = Buffer.from(bytes);
    if (copy.length > 0) edit(random, copy);
    return copy;
  };
}

/** @param {Buffer} bytes @param {number} at @param {Buffer} piece */
function inserted(bytes, at, piece) {
  return Buffer.concat([bytes.subarray(0, at), piece, bytes.subarray(at)]);
}
