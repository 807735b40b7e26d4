import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { ResultCache } from './resultCache';

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'cache-'));
});
afterEach(() => {
  rmSync(folder, { recursive: true });
});

describe('the cache of results', () => {
  it('gives back what was written under the same key, and under no other', async () => {
    const cache = new ResultCache(folder, 1e6);
    await cache.write(['a', 1], { sigma: [1, 2] });
    expect(await cache.read(['a', 1])).toEqual({ sigma: [1, 2] });
    expect(await cache.read(['a', 2])).toBeUndefined();
    expect(await cache.read(['a1'])).toBeUndefined();
  });

  it('drops what was used longest ago when it is full', async () => {
    const cache = new ResultCache(folder, 1000);
    const value = 'x'.repeat(400);
    await cache.write(['first'], value);
    await cache.write(['second'], value);
    await new Promise((resolve) => setTimeout(resolve, 20));
    await cache.read(['first']);
    await new Promise((resolve) => setTimeout(resolve, 20));
    await cache.write(['third'], value);
    expect(await cache.read(['first'])).toBe(value);
    expect(await cache.read(['second'])).toBeUndefined();
    expect(await cache.read(['third'])).toBe(value);
  });

  it('does not write what is larger than itself', async () => {
    const cache = new ResultCache(folder, 100);
    await cache.write(['a'], 'x'.repeat(200));
    expect(readdirSync(folder)).toEqual([]);
  });

  it('takes a damaged entry for none', async () => {
    const cache = new ResultCache(folder, 1e6);
    await cache.write(['a'], { b: 1 });
    writeFileSync(join(folder, readdirSync(folder)[0] ?? ''), '{"b":');
    expect(await cache.read(['a'])).toBeUndefined();
  });

  it('lives with a folder that cannot be made', async () => {
    const file = join(folder, 'file');
    writeFileSync(file, '');
    const cache = new ResultCache(join(file, 'below'), 1e6);
    await cache.write(['a'], 1);
    expect(await cache.read(['a'])).toBeUndefined();
    expect(await cache.clear()).toBe(0);
  });

  it('clears its own files only', async () => {
    const cache = new ResultCache(folder, 1e6);
    await cache.write(['a'], 1);
    writeFileSync(join(folder, 'notes.txt'), 'mine');
    expect(await cache.clear()).toBe(1);
    expect(readdirSync(folder)).toEqual(['notes.txt']);
  });
});
