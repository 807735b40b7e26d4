import { describe, expect, it } from 'vitest';

import type { ByteSource } from '../core/byteSource';
import { extentOf, rangeData, stridedData, WindowCache } from './strided';
import { decode } from './testSupport';
import { bytesSource } from './zip';

/** 0, 1, 2 … as bytes, and how much was read of them. */
function counting(size: number): { source: ByteSource; reads: number[] } {
  const inner = bytesSource(
    'storage',
    Uint8Array.from({ length: size }, (_, i) => i % 251),
  );
  const reads: number[] = [];
  const source: ByteSource = {
    ...inner,
    read(at, length) {
      reads.push(length);
      return inner.read(at, length);
    },
  };
  return { source, reads };
}

const view = (source: ByteSource, shape: number[], strides: number[], offset = 0) =>
  stridedData(
    () => Promise.resolve(source),
    { shape, strides, offset },
    { dtype: 'u8', windows: new WindowCache() },
  );

/** What a view is by definition: one sum an element. */
function expected(shape: number[], strides: number[], offset: number): number[] {
  let offsets = [offset];
  shape.forEach((size, axis) => {
    offsets = offsets.flatMap((at) =>
      Array.from({ length: size }, (_, i) => at + i * strides[axis]!),
    );
  });
  return offsets.map((at) => at % 251);
}

describe('views', () => {
  const cases: [string, number[], number[], number][] = [
    ['contiguous', [4, 6], [6, 1], 3],
    ['transposed', [6, 4], [1, 6], 0],
    ['sliced', [2, 3], [6, 1], 8],
    ['every third', [7], [3], 1],
    ['channels last', [1, 3, 2, 4], [24, 1, 12, 3], 0],
    ['expanded rows', [3, 5], [0, 1], 2],
    ['expanded columns', [3, 5], [1, 0], 2],
    ['size 1 with a wild stride', [1, 4], [1000, 1], 0],
    ['scalar', [], [], 5],
    ['three axes in another order', [4, 2, 3], [1, 12, 4], 0],
    ['overlapping windows', [5, 4], [1, 1], 0],
  ];
  it.each(cases)('reads a view that is %s', async (_, shape, strides, offset) => {
    const { source } = counting(64);
    const data = view(source, shape, strides, offset);
    const all = expected(shape, strides, offset);
    expect([...(await data.read(0, all.length))]).toEqual(all);
    for (let start = 0; start <= all.length; start++) {
      for (let end = start; end <= all.length; end++) {
        expect([...(await data.read(start, end))]).toEqual(all.slice(start, end));
      }
    }
  });

  it('refuses ranges beyond the view', async () => {
    const data = view(counting(24).source, [6, 4], [1, 6]);
    for (const [start, end] of [
      [0, 25],
      [-1, 3],
      [4, 3],
      [NaN, 2],
    ] as const) {
      await expect(data.read(start, end)).rejects.toThrow(/asked for, there are 24/);
    }
  });

  it('reads nothing of a view without elements', async () => {
    const { source, reads } = counting(4);
    expect(await view(source, [0, 3], [3, 1], 100).read(0, 0)).toHaveLength(0);
    expect(reads).toEqual([]);
    expect(extentOf({ shape: [0, 3], strides: [3, 1], offset: 100 })).toEqual({ first: 0, end: 0 });
  });

  it('reads a contiguous view straight', async () => {
    const { source, reads } = counting(1000);
    await view(source, [10, 10], [10, 1], 100).read(20, 30);
    expect(reads).toEqual([10]);
  });

  it('reads a transposed matrix once for all its pieces', async () => {
    const { source, reads } = counting(256 * 256);
    const data = view(source, [256, 256], [1, 256]);
    for (let row = 0; row < 256; row += 16) await data.read(row * 256, (row + 16) * 256);
    expect(reads).toEqual([256 * 256]);
  });

  it('reads a few elements far apart by themselves', async () => {
    const { source, reads } = counting(1_000_000);
    const bytes = await view(source, [5], [200_000]).read(0, 5);
    expect([...bytes]).toEqual(expected([5], [200_000], 0));
    expect(reads).toEqual([1, 1, 1, 1, 1]);
  });

  it('holds no more than a window of a storage larger than that', async () => {
    // 160 MiB that exist only as a rule: each byte tells the MiB at which its read began.
    const reads: number[] = [];
    const size = 160 * 2 ** 20;
    const source: ByteSource = {
      name: 'large',
      size,
      read(at, length) {
        reads.push(length);
        return Promise.resolve(new Uint8Array(length).fill(at / 2 ** 20));
      },
      close: () => Promise.resolve(),
    };
    const rows = 40_960;
    const bytes = await view(source, [4096, rows], [1, 4096]).read(0, rows);
    expect([bytes[0], bytes[20_000], bytes[rows - 1]]).toEqual([0, 64, 128]);
    expect(Math.max(...reads)).toBeLessThanOrEqual(64 * 2 ** 20);
    expect(reads).toHaveLength(3);
  });

  it('counts strides in elements', async () => {
    const source = bytesSource('f32', new Uint8Array(Float32Array.from([0, 1, 2, 3, 4, 5]).buffer));
    const data = stridedData(
      () => Promise.resolve(source),
      { shape: [3, 2], strides: [1, 3], offset: 0 },
      { dtype: 'f32', windows: new WindowCache() },
    );
    expect(decode('f32', await data.read(0, 6))).toEqual([0, 3, 1, 4, 2, 5]);
  });
});

describe('ranges', () => {
  it('reads elements by their number', async () => {
    const source = bytesSource('f64', new Uint8Array(Float64Array.from([0, 1, 2, 3]).buffer));
    const data = rangeData(source, { byteOffset: 8, dtype: 'f64', elementCount: 3 });
    expect(decode('f64', await data.read(1, 3))).toEqual([2, 3]);
    await expect(data.read(0, 4)).rejects.toThrow(/there are 3/);
  });
});
