import type { ByteSource } from '../../core/byteSource';
import type { Skipped } from '../../core/checkpoint';
import { dtypes, type Dtype } from '../../core/dtype';
import { FormatError } from '../../core/errors';
import type { Tensor, TensorData } from '../../core/tensor';
import { normaliseElements } from './elements';
import { readFortran } from './fortran';
import { npyFormat, readNpyHeader, type NpyHeader } from './header';

/** A tensor, or why the array is none. */
export type NpyArray =
  | { readonly kind: 'tensor'; readonly tensor: Tensor }
  | { readonly kind: 'skipped'; readonly skipped: Skipped };

/** Opens one array. Throws a FormatError where the header is broken or the elements are not all there. */
export async function openNpy(name: string, source: ByteSource): Promise<NpyArray> {
  const header = await readNpyHeader(source);
  if (header.element.kind === 'unreadable') {
    return { kind: 'skipped', skipped: { name, reason: header.element.reason } };
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
  const data = npyData(source, header, { dtype, bigEndian });
  return { kind: 'tensor', tensor: { name, dtype, shape: header.shape, data } };
}

/** The elements of an array whose header is known. The source may be opened later, by `open`. */
function npyData(
  source: ByteSource,
  header: NpyHeader,
  element: { readonly dtype: Dtype; readonly bigEndian: boolean },
): TensorData {
  const { byteSize } = dtypes[element.dtype];
  const { dataOffset, shape, elementCount } = header;
  // With at most one axis longer than one, both orders are the same.
  const fortran = header.fortranOrder && shape.filter((size) => size !== 1).length > 1;
  return {
    async read(start, end) {
      if (!(start >= 0 && start <= end && end <= elementCount)) {
        throw new FormatError(
          npyFormat,
          `elements ${start} to ${end} of ${elementCount} asked for`,
        );
      }
      const bytes = fortran
        ? await readFortran(source, { offset: dataOffset, shape, byteSize }, start, end)
        : await source.read(dataOffset + start * byteSize, (end - start) * byteSize);
      return normaliseElements(bytes, element.dtype, element);
    },
  };
}
