import { describe, expect, it } from 'vitest';

import { retryMs, settling, type FileLook } from './settling';

const now = 1_000_000_000_000;
const look = (size: number, ageMs: number): FileLook => ({ size, mtime: now - ageMs });

describe('settling', () => {
  it.each<[string, FileLook | undefined, FileLook, object]>([
    ['looks again at a new file', undefined, look(1000, 10), { kind: 'look', inMs: 500.0025 }],
    ['is still when nothing has moved', look(1000, 510), look(1000, 510), { kind: 'still' }],
    ['waits while it grows', look(1000, 600), look(2000, 10), { kind: 'look', inMs: 500.005 }],
    ['waits while it is written in place', look(1000, 600), look(1000, 10), { kind: 'look' }],
    ['takes a file that was renamed into place', undefined, look(1000, 60_000), { kind: 'still' }],
    ['never takes an empty one', look(0, 60_000), look(0, 60_000), { kind: 'look', inMs: 500 }],
    ['waits longer for a large one', undefined, look(1e9, 10), { kind: 'look', inMs: 3000 }],
    ['but not for ever', undefined, look(1e12, 10), { kind: 'look', inMs: 5000 }],
  ])('%s', (_, before, after, expected) => {
    expect(settling(before, after, now)).toMatchObject(expected);
  });
});

describe('retryMs', () => {
  it('waits longer each time, and gives up', () => {
    expect([1, 2, 3, 4].map(retryMs)).toEqual([2000, 10_000, 30_000, undefined]);
  });
});
