import * as zlib from 'node:zlib';

import type { Decompress } from '../core/byteSource';

/** What this Node can unpack: Zstandard since 22.15. */
export const decompressors: ReadonlyMap<string, Decompress> = new Map([
  ['gzip', (packed, maxBytes) => zlib.gunzipSync(packed, { maxOutputLength: maxBytes })],
  ['zlib', (packed, maxBytes) => zlib.inflateSync(packed, { maxOutputLength: maxBytes })],
  ...zstd(),
]);

interface Bounded {
  readonly maxOutputLength: number;
}

/** Asked for by name: the declarations of older versions do not have it. */
function zstd(): [string, Decompress][] {
  const found: unknown = Reflect.get(zlib, 'zstdDecompressSync');
  if (!isUnpacker(found)) return [];
  return [['zstd', (packed, maxBytes) => found(packed, { maxOutputLength: maxBytes })]];
}

function isUnpacker(value: unknown): value is (packed: Uint8Array, options: Bounded) => Uint8Array {
  return typeof value === 'function';
}
