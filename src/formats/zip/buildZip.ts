/** Writes ZIP archives for tests, with whatever lies they need. */
export interface BuiltEntry {
  readonly name: string;
  readonly data: Uint8Array;
  /** 0 unless told; the data is written as it is given. */
  readonly method?: number;
  readonly flags?: number;
  /** Of the inflated data; the length of `data` unless told. */
  readonly size?: number;
  readonly crc?: number;
  /** What the local header says instead of the directory. */
  readonly local?: {
    readonly method?: number;
    readonly size?: number;
    readonly signature?: number;
  };
  /** Where the directory says that the local header begins. */
  readonly offset?: number;
}

export function buildZip(entries: readonly BuiltEntry[]): Uint8Array {
  const parts: Uint8Array[] = [];
  const directory: Uint8Array[] = [];
  let at = 0;
  for (const entry of entries) {
    const name = new TextEncoder().encode(entry.name);
    const size = entry.size ?? entry.data.byteLength;
    const local = fields([
      [4, entry.local?.signature ?? 0x04034b50],
      ...common(entry, entry.local?.method ?? entry.method ?? 0, entry.local?.size ?? size),
      [2, name.byteLength],
      [2, 0],
    ]);
    directory.push(
      fields([
        [4, 0x02014b50],
        [2, 20],
        ...common(entry, entry.method ?? 0, size),
        [2, name.byteLength],
        [2, 0],
        [2, 0],
        [2, 0],
        [2, 0],
        [4, 0],
        [4, entry.offset ?? at],
      ]),
      name,
    );
    parts.push(local, name, entry.data);
    at += local.byteLength + name.byteLength + entry.data.byteLength;
  }
  const directoryBytes = join(directory);
  const end = fields([
    [4, 0x06054b50],
    [4, 0],
    [2, entries.length],
    [2, entries.length],
    [4, directoryBytes.byteLength],
    [4, at],
    [2, 0],
  ]);
  return join([...parts, directoryBytes, end]);
}

/** Version, flags, method, time, CRC and sizes: the same in both headers. */
function common(entry: BuiltEntry, method: number, size: number): [number, number][] {
  return [
    [2, 20],
    [2, entry.flags ?? 0],
    [2, method],
    [4, 0],
    [4, entry.crc ?? crc32(entry.data)],
    [4, method === 0 ? size : entry.data.byteLength],
    [4, size],
  ];
}

/** The checksum of ZIP, bit by bit. */
export function crc32(bytes: Uint8Array): number {
  let crc = 0xffffffff;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit++) crc = (crc >>> 1) ^ (crc & 1 ? 0xedb88320 : 0);
  }
  return ~crc >>> 0;
}

function fields(values: readonly (readonly [size: number, value: number])[]): Uint8Array {
  return Uint8Array.from(
    values.flatMap(([size, value]) =>
      Array.from({ length: size }, (_, i) => Math.floor(value / 256 ** i) % 256),
    ),
  );
}

function join(parts: readonly Uint8Array[]): Uint8Array {
  return Uint8Array.from(parts.flatMap((part) => [...part]));
}
