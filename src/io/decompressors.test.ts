import { deflateSync, gzipSync } from 'node:zlib';

import { describe, expect, it } from 'vitest';

import { decompressors } from './decompressors';

/** "abc" as a Zstandard frame of one raw block (RFC 8878). */
const zstdOfAbc = Uint8Array.of(0x28, 0xb5, 0x2f, 0xfd, 0x20, 3, 0x19, 0, 0, 97, 98, 99);

describe.each([...decompressors])('%s', (codec, decompress) => {
  const plain = new TextEncoder().encode('abc');
  const packed =
    codec === 'gzip' ? gzipSync(plain) : codec === 'zlib' ? deflateSync(plain) : zstdOfAbc;

  it('unpacks up to the limit', () => {
    expect(Buffer.from(decompress(packed, 3)).toString()).toBe('abc');
    expect(() => decompress(packed, 2)).toThrow(RangeError);
  });

  it.each([0, 3, 8])('refuses the first %i bytes', (length) => {
    expect(() => decompress(packed.subarray(0, length), 3)).toThrow(Error);
  });
});
