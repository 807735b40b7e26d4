import * as zlib from 'node:zlib';

import { Decompress as ZstandardStream } from 'fzstd';

import type { Decompress } from '../core/byteSource';

/** What is unpacked: Zstandard by Node itself where it can (since 22.15), else in JavaScript. */
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
  return [
    [
      'zstd',
      isUnpacker(found)
        ? (packed, maxBytes) => found(packed, { maxOutputLength: maxBytes })
        : unpackZstandard,
    ],
  ];
}

function isUnpacker(value: unknown): value is (packed: Uint8Array, options: Bounded) => Uint8Array {
  return typeof value === 'function';
}

/** In pieces, so that what unpacks to more than was asked for ends there. */
function unpackZstandard(packed: Uint8Array, maxBytes: number): Uint8Array {
  if (packed.length === 0) throw new RangeError('nothing to unpack');
  const pieces: Uint8Array[] = [];
  let length = 0;
  const stream = new ZstandardStream((piece) => {
    length += piece.length;
    if (length > maxBytes) throw new RangeError(`unpacks to more than ${maxBytes} bytes`);
    pieces.push(piece.slice());
  });
  stream.push(packed, true);
  const whole = new Uint8Array(length);
  let at = 0;
  for (const piece of pieces) {
    whole.set(piece, at);
    at += piece.length;
  }
  return whole;
}
