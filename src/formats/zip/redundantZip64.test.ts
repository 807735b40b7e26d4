import { readFileSync } from 'node:fs';
import { join } from 'node:path';

import { describe, expect, it } from 'vitest';

import { MemorySource } from '../../io/memorySource';
import { openZip } from '.';
import { buildZip } from './buildZip';
import { withoutRedundantZip64 } from './redundantZip64';

const saved = new Uint8Array(
  readFileSync(join(__dirname, '../../../test/fixtures/evidence/unused_tokens_decayed.pt')),
);

describe('an end of directory that torch.save wrote twice', () => {
  it('is read where the archive is named with 21 letters', async () => {
    const { names } = await openZip(new MemorySource('x.pt', saved));
    expect(names).toHaveLength(18);
    expect(names[0]).toBe('unused_tokens_decayed/data.pkl');
  });

  it('is left out, and every range before it stays', async () => {
    const source = await withoutRedundantZip64(new MemorySource('x.pt', saved));
    expect(source.size).toBe(saved.length - 76);
    const expected = new Uint8Array([...saved.slice(0, -98), ...saved.slice(-22)]);
    const whole = await source.read(0, source.size);
    expect(Buffer.compare(whole, expected)).toBe(0);
    for (const [offset, length] of [
      [0, 10],
      [source.size - 22, 22],
      [source.size - 5, 5],
      [source.size - 40, 30],
    ] as const) {
      const piece = await source.read(offset, length);
      expect([...piece]).toEqual([...expected.slice(offset, offset + length)]);
    }
  });

  it.each([
    ['a plain archive', buildZip([{ name: 'a', data: new Uint8Array(200) }])],
    ['a short file', new Uint8Array(10)],
    ['a directory of another size', changed(-10, 1)],
    ['a comment', changed(-2, 1)],
    ['more entries than 65534', changed(-12, 0xff, 0xff)],
  ])('leaves %s as it is', async (_, bytes) => {
    const source = new MemorySource('x.zip', bytes);
    expect(await withoutRedundantZip64(source)).toBe(source);
  });
});

function changed(at: number, ...values: readonly number[]): Uint8Array {
  const bytes = saved.slice();
  bytes.set(values, bytes.length + at);
  return bytes;
}
