import { mkdtempSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterAll, describe, expect, it, vi } from 'vitest';

import { FormatError } from '../core/errors';
import { memoryFiles, openLocalFiles } from './checkpointFiles';

const folder = mkdtempSync(join(tmpdir(), 'reglens-io-'));
afterAll(() => rmSync(folder, { recursive: true }));

const tenBytes = Uint8Array.from({ length: 10 }, (_, i) => i);
const path = join(folder, 'main.bin');
writeFileSync(path, tenBytes);
writeFileSync(join(folder, 'shard-1.bin'), tenBytes.subarray(0, 4));

describe('a local file', () => {
  it('reads exactly the range asked for, also synchronously', async () => {
    const files = await openLocalFiles(path);
    expect([...(await files.main.read(3, 4))]).toEqual([3, 4, 5, 6]);
    expect([...(files.main.readSync?.(8, 2) ?? [])]).toEqual([8, 9]);
    expect(await files.main.read(10, 0)).toHaveLength(0);
    await files.close();
  });

  it.each([
    [8, 3],
    [-1, 2],
    [11, 0],
    [0, -1],
    [Number.NaN, 1],
  ])('refuses the range %d + %d with the numbers', async (offset, length) => {
    const files = await openLocalFiles(path);
    await expect(files.main.read(offset, length)).rejects.toThrow(/the file has 10/);
    await files.close();
  });

  it('does not close under a read that has just begun', async () => {
    const files = await openLocalFiles(path);
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    try {
      await files.main.read(0, 4);
      const second = files.main.read(4, 4);
      vi.advanceTimersByTime(60_000);
      expect([...(await second)]).toEqual([4, 5, 6, 7]);
    } finally {
      vi.useRealTimers();
      await files.close();
    }
  });

  it('says that a file has shrunk since it was opened', async () => {
    const shrinking = join(folder, 'shrinking.bin');
    writeFileSync(shrinking, tenBytes);
    const files = await openLocalFiles(shrinking);
    truncateSync(shrinking, 5);
    await expect(files.main.read(2, 8)).rejects.toThrow(/ends at byte 5; it had 10/);
    expect(() => files.main.readSync?.(2, 8)).toThrow(FormatError);
    await files.close();
  });

  it('says that a file has vanished, and reads it when it is back', async () => {
    const vanishing = join(folder, 'vanishing.bin');
    writeFileSync(vanishing, tenBytes);
    const files = await openLocalFiles(vanishing);
    rmSync(vanishing);
    await expect(files.main.read(2, 8)).rejects.toThrow(/^vanishing\.bin: can no longer be opened/);
    await expect(files.main.read(2, 8)).rejects.toThrow(FormatError);
    expect(() => files.main.readSync?.(2, 8)).toThrow(FormatError);
    writeFileSync(vanishing, tenBytes);
    expect([...(await files.main.read(8, 2))]).toEqual([8, 9]);
    await files.close();
  });

  it('refuses a folder', async () => {
    await expect(openLocalFiles(folder)).rejects.toThrow(FormatError);
  });
});

describe('files beside the main one', () => {
  it('opens each once and lists them', async () => {
    const files = await openLocalFiles(path);
    const shard = await files.open('shard-1.bin');
    expect(shard.size).toBe(4);
    expect(await files.open('shard-1.bin')).toBe(shard);
    expect(files.opened.map(({ name }) => name)).toEqual(['main.bin', 'shard-1.bin']);
    await files.close();
  });

  it.each([
    '../main.bin',
    '/etc/passwd',
    'a/../../x',
    'C:\\x',
    '\\\\host\\x',
    '..',
    '',
    'a\0b',
    '..\\x',
  ])('refuses the name %j', async (name) => {
    const files = await openLocalFiles(path);
    await expect(files.open(name)).rejects.toThrow(/outside its folder/);
    expect(await files.has(name)).toBe(false);
    await files.close();
  });

  it('names a missing one', async () => {
    const files = memoryFiles('model.json', tenBytes, new Map([['a.bin', tenBytes]]));
    expect((await files.open('a.bin')).size).toBe(10);
    await expect(files.open('b.bin')).rejects.toThrow(
      'names the file "b.bin", which cannot be opened',
    );
    expect(await files.has('b.bin')).toBe(false);
  });
});
