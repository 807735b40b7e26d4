/** Writes what the tests of this folder read: LevelDB tables and protobuf messages. */
import { maskedCrc32c } from './crc32c';

export function varint(value: number): number[] {
  const out: number[] = [];
  let rest = value;
  for (; rest > 127; rest = Math.floor(rest / 128)) out.push((rest % 128) | 128);
  return [...out, rest];
}

/** A field of a number, of bytes, or of a text. */
export function field(number: number, value: number | string | readonly number[]): number[] {
  if (typeof value === 'number') return [...varint(number * 8), ...varint(value)];
  const bytes = typeof value === 'string' ? [...new TextEncoder().encode(value)] : value;
  return [...varint(number * 8 + 2), ...varint(bytes.length), ...bytes];
}

export function fixed32(value: number): number[] {
  return [0, 8, 16, 24].map((shift) => (value >>> shift) & 0xff);
}

export type Row = readonly [key: string, value: readonly number[]];

/** Block contents: entries that share nothing with the one before, one restart point. */
export function block(rows: readonly Row[]): number[] {
  const entries = rows.flatMap(([key, value]) => {
    const bytes = Array.from(key, (char) => char.charCodeAt(0));
    return [0, ...varint(bytes.length), ...varint(value.length), ...bytes, ...value];
  });
  return [...entries, ...fixed32(0), ...fixed32(1)];
}

/** A table of one block, or of blocks as they are given. */
export function table(
  blocks: readonly (readonly number[])[],
  { type = 0, indexRows }: { type?: number; indexRows?: readonly Row[] } = {},
): Uint8Array {
  const out: number[] = [];
  const write = (content: readonly number[], kind: number): number[] => {
    const handle = [...varint(out.length), ...varint(content.length)];
    const typed = [...content, kind];
    out.push(...typed, ...fixed32(maskedCrc32c(Uint8Array.from(typed))));
    return handle;
  };
  const rows = blocks.map((content, i): Row => [`\x7f${i}`, write(content, type)]);
  const meta = write(block([]), 0);
  const index = write(block(indexRows ?? rows), 0);
  const footer = [...meta, ...index];
  const padding = new Array<number>(40 - footer.length).fill(0);
  const magic = [0x57, 0xfb, 0x80, 0x8b, 0x24, 0x75, 0x47, 0xdb];
  return Uint8Array.from([...out, ...footer, ...padding, ...magic]);
}

/** A BundleEntryProto. */
export function entry(parts: {
  readonly dataType?: number;
  readonly shape?: readonly number[];
  readonly shard?: number;
  readonly offset?: number;
  readonly size?: number;
}): number[] {
  const { dataType = 1, shape = [], shard = 0, offset = 0, size = 0 } = parts;
  const dims = shape.flatMap((length) => field(2, field(1, length)));
  return [
    ...field(1, dataType),
    ...field(2, dims),
    ...field(3, shard),
    ...field(4, offset),
    ...field(5, size),
  ];
}
