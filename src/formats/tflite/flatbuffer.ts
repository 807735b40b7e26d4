/**
 * FlatBuffers, read in ranges: a table is a few numbers at a place that another table points to, so that reading it touches
 * nothing else of the file.
 *
 *     table   distance back to its vtable (i32), then its fields
 *     vtable  own size, size of the table (u16 each), then for each field its place in the table (u16), 0 where it is absent
 *     vector  count (u32), then elements; a text is a vector of bytes
 *
 * @see https://flatbuffers.dev/internals/
 */
import type { ByteSource } from '../../core/byteSource';
import { FormatError } from '../../core/errors';

const pageBytes = 64 * 2 ** 10;
const maxPages = 64;
/** Tables of a model: the largest have some ten thousand tensors, each with its quantisation and its buffer. */
const maxTables = 2 ** 19;
/** A table and the pointer to it take so many bytes at least: more tables than fit are the same ones over and over. */
const minTableBytes = 4;
/** Bytes of tables, texts and lists in all. */
const maxBytes = 2 ** 29;

export class FlatReader {
  private readonly pages = new Map<number, Promise<Uint8Array>>();
  private tableCount = 0;
  private byteCount = 0;

  constructor(
    readonly source: ByteSource,
    private readonly format: string,
  ) {}

  async root(): Promise<Table> {
    return this.table(await this.u32(0));
  }

  async table(position: number): Promise<Table> {
    const limit = Math.min(maxTables, this.source.size / minTableBytes);
    if (++this.tableCount > limit) {
      throw this.fault(`has more than ${Math.floor(limit)} tables`, position);
    }
    const head = viewOf(await this.bytes(position, 4));
    const vtable = position - head.getInt32(0, true);
    const sizes = viewOf(await this.bytes(vtable, 4));
    const [vtableBytes, tableBytes] = [sizes.getUint16(0, true), sizes.getUint16(2, true)];
    if (vtableBytes < 4 || vtableBytes % 2 !== 0 || tableBytes < 4) {
      throw this.fault(`a vtable of ${vtableBytes} bytes for a table of ${tableBytes}`, vtable);
    }
    const places = viewOf(await this.bytes(vtable, vtableBytes));
    const inline = viewOf(await this.bytes(position, tableBytes));
    return new Table(this, position, places, inline);
  }

  async u32(at: number): Promise<number> {
    return viewOf(await this.bytes(at, 4)).getUint32(0, true);
  }

  /** A copy of bytes that are there. */
  async bytes(at: number, length: number): Promise<Uint8Array> {
    if (!(at >= 0 && at + length <= this.source.size)) {
      throw this.fault(`needs ${length} bytes at ${at}, the file has ${this.source.size}`, at);
    }
    this.byteCount += length;
    if (this.byteCount > maxBytes)
      throw this.fault(`its tables have more than ${maxBytes} bytes`, at);
    const page = Math.floor(at / pageBytes);
    const start = at - page * pageBytes;
    if (start + length > pageBytes) return new Uint8Array(await this.source.read(at, length));
    const bytes = await this.page(page);
    return bytes.subarray(start, start + length);
  }

  fault(reason: string, byteOffset: number): FormatError {
    return new FormatError(this.format, reason, { byteOffset });
  }

  private page(index: number): Promise<Uint8Array> {
    const known = this.pages.get(index);
    if (known) return known;
    const start = index * pageBytes;
    const length = Math.min(pageBytes, this.source.size - start);
    // A copy: the source may use its buffer again.
    const page = this.source.read(start, length).then((bytes) => new Uint8Array(bytes));
    const [oldest] = this.pages.keys();
    if (this.pages.size >= maxPages && oldest !== undefined) this.pages.delete(oldest);
    this.pages.set(index, page);
    return page;
  }
}

/** A vector's elements: where they begin and how many there are. */
export interface Vector {
  readonly start: number;
  readonly count: number;
}

/** A table; fields are counted from 0 in the order of the schema. */
export class Table {
  constructor(
    private readonly reader: FlatReader,
    private readonly position: number,
    private readonly places: DataView,
    private readonly inline: DataView,
  ) {}

  i8(field: number, absent = 0): number {
    const at = this.place(field, 1);
    return at === 0 ? absent : this.inline.getInt8(at);
  }

  u8(field: number): number {
    return this.i8(field) & 0xff;
  }

  i32(field: number, absent = 0): number {
    const at = this.place(field, 4);
    return at === 0 ? absent : this.inline.getInt32(at, true);
  }

  u32(field: number): number {
    return this.i32(field) >>> 0;
  }

  u64(field: number, what: string): number {
    const at = this.place(field, 8);
    const value = at === 0 ? 0n : this.inline.getBigUint64(at, true);
    if (value > BigInt(Number.MAX_SAFE_INTEGER)) {
      throw this.reader.fault(`${what} is ${value}`, this.position + at);
    }
    return Number(value);
  }

  async table(field: number): Promise<Table | undefined> {
    const target = this.target(field);
    return target === undefined ? undefined : this.reader.table(target);
  }

  /** Elements of `byteSize` each, all of them in the file. */
  async vector(field: number, byteSize: number, what: string): Promise<Vector | undefined> {
    const target = this.target(field);
    if (target === undefined) return undefined;
    const count = await this.reader.u32(target);
    const left = this.reader.source.size - target - 4;
    if (count * byteSize > left) {
      throw this.reader.fault(`${what} have ${count * byteSize} bytes, ${left} are left`, target);
    }
    return { start: target + 4, count };
  }

  /** The tables that a vector points to, opened one after the other. */
  async *tables(field: number, what: string): AsyncGenerator<Table> {
    const vector = await this.vector(field, 4, what);
    for (let i = 0; i < (vector?.count ?? 0); i++) yield await this.tableAt(vector, i);
  }

  /** One of the tables that a vector points to. */
  async tableAt(vector: Vector | undefined, index: number): Promise<Table> {
    const at = (vector?.start ?? 0) + 4 * index;
    return this.reader.table(at + (await this.reader.u32(at)));
  }

  async ints(field: number, what: string, limit: number): Promise<readonly number[]> {
    const view = await this.list(field, { byteSize: 4, what, limit });
    return Array.from({ length: view.byteLength / 4 }, (_, i) => view.getInt32(4 * i, true));
  }

  async floats(field: number, what: string, limit: number): Promise<Float64Array> {
    const view = await this.list(field, { byteSize: 4, what, limit });
    return Float64Array.from({ length: view.byteLength / 4 }, (_, i) =>
      view.getFloat32(4 * i, true),
    );
  }

  async longs(field: number, what: string, limit: number): Promise<Float64Array> {
    const view = await this.list(field, { byteSize: 8, what, limit });
    return Float64Array.from({ length: view.byteLength / 8 }, (_, i) =>
      Number(view.getBigInt64(8 * i, true)),
    );
  }

  async text(field: number, what: string, limit = 2 ** 16): Promise<string> {
    const view = await this.list(field, { byteSize: 1, what, limit });
    return new TextDecoder().decode(view);
  }

  private async list(
    field: number,
    { byteSize, what, limit }: { byteSize: number; what: string; limit: number },
  ): Promise<DataView> {
    const vector = await this.vector(field, byteSize, what);
    if (!vector) return new DataView(new ArrayBuffer(0));
    if (vector.count > limit) {
      throw this.reader.fault(`${what} are ${vector.count}, the limit is ${limit}`, vector.start);
    }
    return viewOf(await this.reader.bytes(vector.start, vector.count * byteSize));
  }

  private target(field: number): number | undefined {
    const at = this.place(field, 4);
    if (at === 0) return undefined;
    return this.position + at + this.inline.getUint32(at, true);
  }

  /** Where a field lies in the table; 0 where it is absent. */
  private place(field: number, byteSize: number): number {
    const at = 4 + 2 * field;
    if (at + 2 > this.places.byteLength) return 0;
    const place = this.places.getUint16(at, true);
    if (place !== 0 && (place < 4 || place + byteSize > this.inline.byteLength)) {
      throw this.reader.fault(
        `field ${field} lies at byte ${place} of a table of ${this.inline.byteLength}`,
        this.position,
      );
    }
    return place;
  }
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
