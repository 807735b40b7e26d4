/**
 * A tensor's values, wherever they are: `raw_data` (little-endian, in ranges), a list of floats or doubles (the same bytes), a
 * list of varints (read whole), or a file beside the model.
 *
 * @see https://github.com/onnx/onnx/blob/main/docs/ExternalData.md
 */
import type { ByteSource, CheckpointFiles } from '../../core/byteSource';
import { type Dtype, dtypes } from '../../core/dtype';
import { FormatError } from '../../core/errors';
import { elementCountOf, type TensorData } from '../../core/tensor';
import { rangeData } from '../strided';
import { bytesSource } from '../zip';
import { elementTypeOf } from './elementTypes';
import type { StoredTensor } from './model';
import { type Range, unpackVarints, type WireReader } from './wire';

/** Lists of varints have no ranges. Writers put weights into them by mistake only. */
const maxPackedBytes = 256 * 2 ** 20;

/** A tensor whose bytes are known to be there. */
export interface Values {
  readonly dtype: Dtype;
  /** Element type as ONNX calls it. */
  readonly storedType: string;
  readonly shape: readonly number[];
  readonly data: TensorData;
}

/** Which list of TensorProto holds elements of a type. */
const fieldOfDtype: Readonly<Record<Dtype, number>> = {
  f32: 4,
  f64: 10,
  i64: 7,
  u64: 11,
  u32: 11,
  i32: 5,
  i16: 5,
  i8: 5,
  u16: 5,
  u8: 5,
  bool: 5,
  f16: 5,
  bf16: 5,
  f8_e4m3fn: 5,
  f8_e5m2: 5,
};

/** Finds tensors' values. */
export class ValueReader {
  /** The last list of varints that was read: tensors are read one after the other. */
  private last: { readonly range: Range; readonly source: Promise<ByteSource> } | undefined;

  constructor(
    private readonly reader: WireReader,
    private readonly files: CheckpointFiles,
  ) {}

  /** The values, or the reason why there are none. */
  async find(tensor: StoredTensor): Promise<Values | string> {
    const { name: storedType, dtype, isNibble } = elementTypeOf(tensor.dataType);
    if (!dtype) return `type ${storedType} is not read`;
    const shape = tensor.dims;
    const elementCount = elementCountOf(shape);
    if (shape.some((size) => size < 0) || !Number.isSafeInteger(elementCount)) {
      return `its shape ${shape.join('×')} is none`;
    }
    const unit: Unit = isNibble
      ? { dtype: 'u8', count: Math.ceil(elementCount / 2) }
      : { dtype, count: elementCount };
    const data = await this.locate(tensor, unit);
    if (typeof data === 'string') return data;
    const values = { dtype, storedType, shape };
    if (!isNibble) return { ...values, data };
    return { ...values, data: nibbles(data, { elementCount, isSigned: dtype === 'i8' }) };
  }

  private async locate({ content }: StoredTensor, unit: Unit): Promise<TensorData | string> {
    const byteLength = unit.count * dtypes[unit.dtype].byteSize;
    const { source } = this.reader;
    switch (content.kind) {
      case 'raw':
        return inRange(source, content.range, unit) ?? mismatch(content.range.length, byteLength);
      case 'packed':
        if (content.field !== fieldOfDtype[unit.dtype]) {
          return `its values are in field ${content.field} of TensorProto, which is not of its type`;
        }
        if (content.field === 4 || content.field === 10) {
          return inRange(source, content.range, unit) ?? mismatch(content.range.length, byteLength);
        }
        return this.varints(content.range, unit);
      case 'external':
        return this.external(content.entries, unit);
      case 'none':
        if (unit.count > 0) return `has no values, its shape needs ${byteLength} bytes`;
        return { read: () => Promise.resolve(new Uint8Array(0)) };
      case 'unreadable':
        return content.reason;
    }
  }

  private varints(range: Range, unit: Unit): TensorData | string {
    if (range.length > maxPackedBytes) {
      return `its values are a list of ${range.length} bytes, the limit is ${maxPackedBytes}`;
    }
    // Each takes a byte at least and ten at most.
    if (unit.count > range.length || range.length > 10 * unit.count) {
      return `its list of ${range.length} bytes cannot hold ${unit.count} values`;
    }
    return {
      read: async (start, end) => {
        if (this.last?.range !== range) this.last = { range, source: this.unpack(range, unit) };
        const source = await this.last.source;
        return rangeData(source, rangeOf(unit)).read(start, end);
      },
    };
  }

  private async unpack(range: Range, { dtype, count }: Unit): Promise<ByteSource> {
    const { source } = this.reader;
    const values = unpackVarints(await source.read(range.offset, range.length));
    if (values.length !== count) {
      throw new FormatError('ONNX', `a list of ${values.length} values, its shape needs ${count}`, {
        byteOffset: range.offset,
      });
    }
    // Little-endian: an element is the first bytes of its integer.
    const { byteSize } = dtypes[dtype];
    const wide = new Uint8Array(values.buffer);
    const bytes = new Uint8Array(count * byteSize);
    for (let i = 0; i < count; i++) {
      for (let b = 0; b < byteSize; b++) bytes[i * byteSize + b] = wide[8 * i + b]!;
    }
    return bytesSource(source.name, bytes);
  }

  private async external(
    entries: ReadonlyMap<string, string>,
    unit: Unit,
  ): Promise<TensorData | string> {
    const location = entries.get('location') ?? '';
    const byteLength = unit.count * dtypes[unit.dtype].byteSize;
    const offset = countOf(entries.get('offset') ?? '0');
    const length = countOf(entries.get('length') ?? String(byteLength));
    if (offset === undefined || length === undefined) {
      return 'its place in another file is no count of bytes';
    }
    if (length < byteLength) return mismatch(length, byteLength);
    try {
      const source = await this.files.open(location);
      const range = { offset, length: byteLength };
      const left = Math.max(0, source.size - offset);
      return (
        inRange(source, range, unit) ??
        `${location} has ${left} bytes from byte ${offset}, its shape needs ${byteLength}`
      );
    } catch (error) {
      if (error instanceof FormatError) return error.message;
      throw error;
    }
  }
}

/** Elements as they are stored. */
interface Unit {
  readonly dtype: Dtype;
  readonly count: number;
}

const rangeOf = ({ dtype, count }: Unit) => ({ byteOffset: 0, dtype, elementCount: count });

function mismatch(byteLength: number, needed: number): string {
  return `spans ${byteLength} bytes, its shape needs ${needed}`;
}

/** Elements in a range of a file; undefined where they do not fill it or it is not there. */
function inRange(source: ByteSource, range: Range, unit: Unit): TensorData | undefined {
  const fits = range.offset + range.length <= source.size;
  if (!fits || range.length !== unit.count * dtypes[unit.dtype].byteSize) return undefined;
  return rangeData(source, { ...rangeOf(unit), byteOffset: range.offset });
}

/** Offsets and lengths of external data are decimal texts. */
function countOf(text: string): number | undefined {
  const value = Number(text);
  return /^\d+$/.test(text) && Number.isSafeInteger(value) ? value : undefined;
}

function nibbles(
  bytes: TensorData,
  { elementCount, isSigned }: { elementCount: number; isSigned: boolean },
): TensorData {
  return {
    async read(start, end) {
      if (!(start >= 0 && start <= end && end <= elementCount)) {
        throw new FormatError(
          'ONNX',
          `elements ${start} to ${end} asked for, there are ${elementCount}`,
        );
      }
      const first = Math.floor(start / 2);
      const stored = await bytes.read(first, Math.ceil(end / 2));
      const out = new Uint8Array(end - start);
      for (let i = start; i < end; i++) {
        const byte = stored[Math.floor(i / 2) - first]!;
        const code = i % 2 === 0 ? byte & 15 : byte >> 4;
        out[i - start] = isSigned && code > 7 ? code - 16 : code;
      }
      return out;
    },
  };
}
