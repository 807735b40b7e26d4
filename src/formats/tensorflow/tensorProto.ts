/**
 * A constant of a graph, by field numbers:
 *
 *     TensorProto  1 dtype, 2 tensor_shape, 4 tensor_content, 5 float_val, 6 double_val, 7 int_val, 10 int64_val, 11 bool_val,
 *                  13 half_val, 16 uint32_val, 17 uint64_val, 18 float8_val
 *
 * A list that is shorter than the tensor goes on with its last value.
 *
 * @see https://github.com/tensorflow/tensorflow/blob/master/tensorflow/core/framework/tensor.proto
 */
import { type Dtype, dtypes } from '../../core/dtype';
import { FormatError } from '../../core/errors';
import { elementCountOf, type TensorData } from '../../core/tensor';
import { type Field, type Range, unpackVarints, type WireReader } from '../onnx/wire';
import { rangeData } from '../strided';
import { bytesSource } from '../zip';
import { readShape } from './bundle';
import { dataTypeOf } from './dataTypes';

/** Lists are held in memory; writers put large weights into the content. */
const maxListBytes = 256 * 2 ** 20;
/** Elements of which only the first ones are stored: no weight is that large and that even. */
const maxRepeated = 2 ** 28;

export interface TensorProto {
  readonly dataType: number;
  readonly shape: readonly number[];
  readonly content?: Range;
  /** The fields of the list, whichever it is. */
  readonly list: readonly Field[];
}

/** How the elements of a type are listed. */
const listFields: Readonly<Record<Dtype, number>> = {
  f32: 5,
  f64: 6,
  i32: 7,
  i16: 7,
  i8: 7,
  u16: 7,
  u8: 7,
  i64: 10,
  bool: 11,
  f16: 13,
  bf16: 13,
  u32: 16,
  u64: 17,
  f8_e4m3fn: 18,
  f8_e5m2: 18,
};

export async function readTensorProto(reader: WireReader, range: Range): Promise<TensorProto> {
  let dataType = 0;
  let shape: readonly number[] = [];
  let content: Range | undefined;
  const list: Field[] = [];
  for (const field of await reader.fields(range)) {
    if (field.number === 1) dataType = Number(BigInt.asIntN(32, field.value));
    else if (field.number === 2) shape = await readShape(reader, field, 'a constant');
    else if (field.number === 4) content = field;
    else if (field.number > 4) list.push(field);
  }
  return { dataType, shape, list, ...(content && { content }) };
}

/** The values of a constant, or the reason why there are none. */
export async function constantOf(
  reader: WireReader,
  { dataType, shape, content, list }: TensorProto,
): Promise<{ readonly dtype: Dtype; readonly data: TensorData } | string> {
  const { name, dtype } = dataTypeOf(dataType);
  if (!dtype) return `type ${name} is not read`;
  const elementCount = elementCountOf(shape);
  const { byteSize } = dtypes[dtype];
  if (!Number.isSafeInteger(elementCount * byteSize)) {
    return `its shape [${shape.join(', ')}] has more elements than can be counted`;
  }
  if (content && content.length > 0) {
    const needed = elementCount * byteSize;
    if (content.length !== needed) {
      return `spans ${content.length} bytes, its shape needs ${needed}`;
    }
    const place = { byteOffset: content.offset, dtype, elementCount };
    return { dtype, data: rangeData(reader.source, place) };
  }
  const fields = list.filter(({ number }) => number === listFields[dtype]);
  const [only] = fields;
  const isPlain = listFields[dtype] === 5 || listFields[dtype] === 6;
  if (only && isPlain && only.length === elementCount * byteSize) {
    const place = { byteOffset: only.offset, dtype, elementCount };
    return { dtype, data: rangeData(reader.source, place) };
  }
  const listBytes = fields.reduce((sum, { length }) => sum + length, 0);
  if (listBytes > maxListBytes) {
    return `its values are a list of ${listBytes} bytes, the limit is ${maxListBytes}`;
  }
  const values = await listed(reader, fields, dtype);
  const count = values.length / byteSize;
  if (count > elementCount) return `lists ${count} values, its shape has ${elementCount}`;
  if (count < elementCount && elementCount > maxRepeated) {
    return `lists ${count} values for ${elementCount}, the limit is ${maxRepeated}`;
  }
  return { dtype, data: repeated(values, { elementCount, byteSize }) };
}

/** The values of a list as little-endian bytes of the type. */
async function listed(
  reader: WireReader,
  fields: readonly Field[],
  dtype: Dtype,
): Promise<Uint8Array> {
  const { byteSize } = dtypes[dtype];
  const parts: Uint8Array[] = [];
  for (const field of fields) {
    const bytes = await reader.bytes(field, 'a list of values', maxListBytes);
    const isPlain = field.number === 5 || field.number === 6 || field.number === 18;
    parts.push(isPlain ? new Uint8Array(bytes) : narrowed(unpackVarints(bytes), byteSize));
  }
  const out = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    out.set(part, at);
    at += part.length;
  }
  return out.subarray(0, at - (at % byteSize));
}

/** Little-endian: an element is the first bytes of its integer. */
function narrowed(values: BigInt64Array, byteSize: number): Uint8Array {
  const wide = new Uint8Array(values.buffer);
  const out = new Uint8Array(values.length * byteSize);
  for (let i = 0; i < values.length; i++) {
    for (let b = 0; b < byteSize; b++) out[i * byteSize + b] = wide[8 * i + b]!;
  }
  return out;
}

/** Values, then the last of them over and over; zeros where there is none. */
function repeated(
  values: Uint8Array,
  { elementCount, byteSize }: { elementCount: number; byteSize: number },
): TensorData {
  const source = bytesSource('a constant', values);
  const count = values.length / byteSize;
  const last = values.subarray(Math.max(0, values.length - byteSize));
  return {
    async read(start, end) {
      if (!(start >= 0 && start <= end && end <= elementCount)) {
        const reason = `elements ${start} to ${end} asked for, there are ${elementCount}`;
        throw new FormatError('TensorFlow graph', reason);
      }
      const stored = Math.max(0, Math.min(end, count) - start);
      const out = new Uint8Array((end - start) * byteSize);
      if (stored > 0) out.set(await source.read(start * byteSize, stored * byteSize));
      if (last.some((byte) => byte !== 0)) {
        for (let i = stored; i < end - start; i++) out.set(last, i * byteSize);
      }
      return out;
    },
  };
}
