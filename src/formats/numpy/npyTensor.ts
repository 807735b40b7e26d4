import type { ByteSource } from '../../core/byteSource';
import type { Notice, Skipped } from '../../core/checkpoint';
import { dtypes, type Dtype } from '../../core/dtype';
import { FormatError } from '../../core/errors';
import type { Tensor, TensorData } from '../../core/tensor';
import { noticesOf, unpickle } from '../pickle';
import { rangeData, stridedData, type WindowCache } from '../strided';
import { sliceSource } from '../zip';
import { npyFormat, readNpyHeader, type NpyHeader } from './header';

/** A tensor, or why the array is none. */
export type NpyArray =
  | { readonly kind: 'tensor'; readonly tensor: Tensor }
  | {
      readonly kind: 'skipped';
      readonly skipped: Skipped;
      /** What its pickled elements would do. */
      readonly notices: readonly Notice[];
    };

/** Pickled elements are looked at, not shown; longer ones are left alone. */
const maxPickleBytes = 16 * 2 ** 20;

/** Opens one array. Throws a FormatError where the header is broken or the elements are not all there. */
export async function openNpy(
  name: string,
  source: ByteSource,
  windows: WindowCache,
): Promise<NpyArray> {
  const header = await readNpyHeader(source);
  if (header.element.kind === 'unreadable') {
    const { reason } = header.element;
    const notices = await pickledElements(source, header.dataOffset);
    return { kind: 'skipped', skipped: { name, reason }, notices };
  }
  const { dtype, bigEndian } = header.element;
  const needed = header.elementCount * dtypes[dtype].byteSize;
  const left = source.size - header.dataOffset;
  if (needed > left) {
    throw new FormatError(
      npyFormat,
      `"${name}" has ${left} bytes, its shape [${header.shape.join(', ')}] needs ${needed}`,
      { byteOffset: header.dataOffset },
    );
  }
  const elements = sliceSource(source, name, header.dataOffset, needed);
  const data = orderedData(elements, header, { dtype, windows });
  return {
    kind: 'tensor',
    tensor: { name, dtype, shape: header.shape, data: bigEndian ? swapped(data, dtype) : data },
  };
}

/** numpy.load runs the pickle of an array of objects where it is told to allow that. */
async function pickledElements(source: ByteSource, at: number): Promise<readonly Notice[]> {
  const length = source.size - at;
  if (length < 4 || length > maxPickleBytes) return [];
  const bytes = await source.read(at, length);
  if (bytes[0] !== 0x80) return [];
  try {
    return noticesOf(unpickle(bytes).globals);
  } catch (error) {
    if (!(error instanceof FormatError)) throw error;
    return [{ severity: 'warn', message: `Its pickled elements cannot be told: ${error.reason}` }];
  }
}

function orderedData(
  elements: ByteSource,
  { shape, fortranOrder, elementCount }: NpyHeader,
  { dtype, windows }: { dtype: Dtype; windows: WindowCache },
): TensorData {
  if (!fortranOrder || elementCount === 0) {
    return rangeData(elements, { byteOffset: 0, dtype, elementCount });
  }
  const strides: number[] = [];
  let stride = 1;
  for (const size of shape) {
    strides.push(stride);
    stride *= size;
  }
  const open = (): Promise<ByteSource> => Promise.resolve(elements);
  return stridedData(open, { shape, strides, offset: 0 }, { dtype, windows });
}

function swapped(data: TensorData, dtype: Dtype): TensorData {
  const { byteSize } = dtypes[dtype];
  return {
    async read(start, end) {
      const bytes = await data.read(start, end);
      const result = new Uint8Array(bytes.byteLength);
      for (let at = 0; at < bytes.byteLength; at += byteSize) {
        for (let i = 0; i < byteSize; i++) result[at + i] = bytes[at + byteSize - 1 - i]!;
      }
      return result;
    },
  };
}
