import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { deflateRawSync } from 'node:zlib';

import { describe, expect, it } from 'vitest';

import { FormatError } from '../../core/errors';
import { MemorySource } from '../../io/memorySource';
import { openZip, type ZipArchive } from '.';
import { type BuiltEntry, buildZip, crc32 } from './buildZip';

const text = (value: string) => new TextEncoder().encode(value);
const open = (bytes: Uint8Array) => openZip(new MemorySource('x.zip', bytes));
const archive = (...entries: BuiltEntry[]) => open(buildZip(entries));

function deflated(name: string, data: Uint8Array, lies: Partial<BuiltEntry> = {}): BuiltEntry {
  return {
    name,
    data: deflateRawSync(data),
    method: 8,
    size: data.byteLength,
    crc: crc32(data),
    ...lies,
  };
}

async function bytesOf(zip: ZipArchive, name: string, maxBytes = 1e6): Promise<Uint8Array> {
  return zip.bytes(zip.entry(name)!, maxBytes);
}

describe('entries', () => {
  it('gives names, ranges and bytes', async () => {
    const bytes = buildZip([
      { name: 'a', data: text('hello') },
      deflated('b', text('world'.repeat(50))),
    ]);
    const zip = await open(bytes);
    expect(zip.names).toEqual(['a', 'b']);
    expect([zip.has('a'), zip.has('c'), zip.entry('c')]).toEqual([true, false, undefined]);
    const { offset, length } = await zip.range(zip.entry('a')!);
    expect(new TextDecoder().decode(bytes.subarray(offset, offset + length))).toBe('hello');
    expect(new TextDecoder().decode(await bytesOf(zip, 'b'))).toBe('world'.repeat(50));
    await expect(zip.range(zip.entry('b')!)).rejects.toThrow(/is compressed/);
  });

  it('opens entries as sources, in ranges and without waiting', async () => {
    const zip = await archive({ name: 'a', data: text('hello') }, deflated('b', text('hello')));
    for (const name of ['a', 'b']) {
      const source = await zip.open(zip.entry(name)!, 100);
      expect(source.size).toBe(5);
      expect(new TextDecoder().decode(await source.read(1, 3))).toBe('ell');
      expect(new TextDecoder().decode(source.readSync?.(0, 5))).toBe('hello');
      await expect(source.read(3, 3)).rejects.toThrow(FormatError);
      await expect(source.read(-1, 2)).rejects.toThrow(FormatError);
    }
  });

  it('keeps names of paths as plain names', async () => {
    const zip = await archive(
      { name: '../../etc/passwd', data: text('x') },
      { name: '__proto__', data: text('y') },
    );
    expect(zip.names).toEqual(['../../etc/passwd', '__proto__']);
    expect(zip.entry('toString')).toBeUndefined();
  });

  it('opens an archive without entries', async () => {
    expect((await archive()).names).toEqual([]);
  });

  it('reads what torch wrote', async () => {
    const bytes = new Uint8Array(
      readFileSync(join(__dirname, '../../../test/fixtures/torch/views.pt')),
    );
    const zip = await open(bytes);
    for (const name of zip.names) {
      const entry = zip.entry(name)!;
      const { offset, length } = await zip.range(entry);
      // Bytes checked by CRC and bytes of the range are the same.
      expect(bytes.subarray(offset, offset + length)).toEqual(await zip.bytes(entry, 1e6));
    }
  });
});

describe('lies', () => {
  const refusedAtOpening: [string, BuiltEntry[], RegExp][] = [
    ['an encrypted entry', [{ name: 'a', data: text('x'), flags: 1 }], /"a" is encrypted/],
    ['another method', [{ name: 'a', data: text('x'), method: 12 }], /compression method 12/],
    [
      'a name twice',
      [
        { name: 'a', data: text('x') },
        { name: 'a', data: text('y') },
      ],
      /two entries are named "a"/,
    ],
    [
      'one local header for two',
      [
        { name: 'a', data: text('x') },
        { name: 'b', data: text('y'), offset: 0 },
      ],
      /overlaps/,
    ],
    [
      'entries that overlap',
      [
        { name: 'a', data: text('x'.repeat(50)) },
        { name: 'b', data: text('y'), offset: 20 },
      ],
      /"b" overlaps "a"/,
    ],
    [
      'an entry beyond the end',
      [{ name: 'a', data: text('x'), size: 1e6 }],
      /is stored in|ends at byte/,
    ],
    [
      'a header beyond the end',
      [{ name: 'a', data: text('x'), offset: 0x7fffffff }],
      /ends at byte|file has/,
    ],
  ];
  it.each(refusedAtOpening)('refuses %s', async (_, entries, message) => {
    await expect(archive(...entries)).rejects.toThrow(FormatError);
    await expect(archive(...entries)).rejects.toThrow(message);
  });

  const refusedAtReading: [string, BuiltEntry, RegExp][] = [
    ['no local header', { name: 'a', data: text('x'), local: { signature: 0 } }, /no local header/],
    [
      'another method in the local header',
      { name: 'a', data: text('x'), local: { method: 8 } },
      /method 8 in its local header/,
    ],
    [
      'another size in the local header',
      { name: 'a', data: text('x'), local: { size: 2 } },
      /2 bytes in its local header, 1 in the directory/,
    ],
    ['a wrong checksum', { name: 'a', data: text('x'), crc: 1 }, /crc|signature|checksum/i],
    [
      'deflated data that is none',
      deflated('a', text('x'), { data: text('\u0007garbage') }),
      /"a"/,
    ],
    ['fewer bytes than declared', deflated('a', text('x'.repeat(9)), { size: 10 }), /"a"/],
    ['more bytes than declared', deflated('a', text('x'.repeat(9)), { size: 5 }), /"a"/],
  ];
  it.each(refusedAtReading)('refuses %s', async (_, entry, message) => {
    const zip = await archive(entry);
    await expect(bytesOf(zip, 'a')).rejects.toThrow(FormatError);
    await expect(bytesOf(zip, 'a')).rejects.toThrow(message);
  });

  it('refuses a bomb by what it declares and by what it gives', async () => {
    const zeros = new Uint8Array(20e6);
    const honest = await archive(deflated('a', zeros, { crc: 0 }));
    await expect(bytesOf(honest, 'a', 1e6)).rejects.toThrow(
      /has 20000000 bytes, the limit is 1000000/,
    );
    const lying = await archive(deflated('a', zeros, { crc: 0, size: 1000 }));
    await expect(bytesOf(lying, 'a', 1e6)).rejects.toThrow(FormatError);
    await expect(honest.open(honest.entry('a')!, 1e6)).rejects.toThrow(/the limit is 1000000/);
  });

  it('refuses every truncation', async () => {
    const whole = buildZip([{ name: 'a', data: text('hello') }, deflated('b', text('world'))]);
    for (let length = 0; length < whole.byteLength; length++) {
      await expect(open(whole.subarray(0, length)), `${length} bytes`).rejects.toThrow(FormatError);
    }
  });

  it('survives every flipped byte', async () => {
    const whole = buildZip([{ name: 'a', data: text('hello') }, deflated('b', text('world'))]);
    for (let at = 0; at < whole.byteLength; at++) {
      const bytes = whole.slice();
      bytes[at]! ^= 0xff;
      try {
        const zip = await open(bytes);
        for (const name of zip.names) await bytesOf(zip, name);
      } catch (error) {
        expect(error, `byte ${at}`).toBeInstanceOf(FormatError);
      }
    }
  });
});
