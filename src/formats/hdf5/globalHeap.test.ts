import { readFileSync } from 'node:fs';
import { join } from 'node:path';

import { describe, expect, it } from 'vitest';

import { FormatError } from '../../core/errors';
import { memoryFiles } from '../../io/checkpointFiles';
import { openCheckpoint } from '..';
import { checkGlobalHeaps } from './globalHeap';

type HeapObject = readonly [index: number, size: bigint];

/** A collection of 96 bytes with headers of objects at these places. */
function collection(objects: Readonly<Record<number, HeapObject>>): Uint8Array {
  const bytes = new Uint8Array(96);
  const view = new DataView(bytes.buffer);
  bytes.set([0x47, 0x43, 0x4f, 0x4c, 1]);
  view.setBigUint64(8, 96n, true);
  for (const [at, [index, size]] of Object.entries(objects)) {
    view.setUint16(Number(at), index, true);
    view.setBigUint64(Number(at) + 8, size, true);
  }
  return bytes;
}

function check(heap: Uint8Array, before = 0): void {
  const file = new Uint8Array(before + heap.byteLength);
  file.set(heap, before);
  checkGlobalHeaps(file, 0, {
    size: file.byteLength,
    readSync: (offset, length) => file.subarray(offset, offset + length),
  });
}

describe('collections', () => {
  it.each<[string, Record<number, HeapObject>]>([
    ['free space to the end', { 16: [1, 5n], 40: [0, 56n] }],
    ['objects to the end', { 16: [1, 5n], 40: [2, 40n] }],
    ['a rest without room for a header', { 16: [1, 5n], 40: [2, 30n] }],
  ])('passes %s', (_, objects) => {
    check(collection(objects));
    check(collection(objects), 7);
  });

  it.each<[string, Record<number, HeapObject>, string]>([
    ['free space of no bytes', { 16: [1, 5n], 40: [0, 0n] }, 'object 0'],
    ['free space shorter than its header', { 16: [1, 5n], 40: [0, 8n] }, 'object 0'],
    ['an object past the end', { 16: [1, 5n], 40: [2, 41n] }, 'object 2'],
    // With its header it has 2³² bytes, which are none in the library's 32-bit numbers.
    ['a size that comes round', { 16: [1, 2n ** 32n - 16n] }, 'object 1'],
    ['a size of 2⁶⁴ − 1', { 16: [1, 2n ** 64n - 1n] }, 'object 1'],
  ])('refuses %s', (_, objects, message) => {
    expect(() => check(collection(objects), 24)).toThrow(message);
    expect(() => check(collection(objects), 24)).toThrow(FormatError);
  });

  it('leaves alone what only looks like one at first', () => {
    const heap = collection({ 16: [0, 0n] });
    heap[4] = 2;
    check(heap);
  });
});

it('ends on a file whose heap goes round in circles', async () => {
  const path = join(
    import.meta.dirname,
    '../../../test/fixtures/training/keras/linked/functional.h5',
  );
  const bytes = new Uint8Array(readFileSync(path));
  const view = new DataView(bytes.buffer);
  let changed = 0;
  for (let at = 0; at + 16 < bytes.length; at += 8) {
    if (view.getUint32(at) !== 0x47434f4c) continue;
    // The free space behind the last object.
    let object = at + 16;
    while (view.getUint16(object, true) !== 0) {
      object += 16 + 8 * Math.ceil(Number(view.getBigUint64(object + 8, true)) / 8);
    }
    view.setBigUint64(object + 8, 0n, true);
    changed++;
  }
  expect(changed).toBeGreaterThan(0);
  await expect(openCheckpoint(memoryFiles('functional.h5', bytes))).rejects.toThrow(/global heap/);
});
