/** The elements of a sparse tensor, its zeros among them. */
import type { ByteSource } from '../../core/byteSource';
import { dtypes, type Dtype } from '../../core/dtype';
import { FormatError } from '../../core/errors';
import { elementCountOf, type TensorData } from '../../core/tensor';
import type { Place } from './model';
import { placesOf, stepsOf, type Sparsity } from './sparsity';

/** A file of a few bytes may claim any shape: so much is made of one. */
const maxDenseBytes = 128 * 2 ** 20;

export interface SparseValues {
  readonly sparsity: Sparsity;
  readonly shape: readonly number[];
  readonly dtype: Dtype;
  /** The values that are stored. */
  readonly place: Place;
}

/** Elements as if the tensor were stored whole; a text says why there are none. */
export function sparseData(
  source: ByteSource,
  { sparsity, shape, dtype, place }: SparseValues,
): TensorData | string {
  const { byteSize } = dtypes[dtype];
  const elementCount = elementCountOf(shape);
  const byteLength = elementCount * byteSize;
  if (byteLength > maxDenseBytes) {
    return `is stored sparsely, with its zeros it has ${byteLength} bytes, the limit is ${maxDenseBytes}`;
  }
  if (place.offset + place.length > source.size) {
    return `lies at bytes ${place.offset} to ${place.offset + place.length}, the file has ${source.size}`;
  }
  const steps = stepsOf(sparsity, shape, place.length / byteSize);
  if (typeof steps === 'string') return steps;
  const decode = async (): Promise<Uint8Array> => {
    const places = await placesOf(source, steps);
    const values = await source.read(place.offset, place.length);
    const out = new Uint8Array(byteLength);
    for (let i = 0; i < places.length; i++) {
      const at = places[i]! * byteSize;
      for (let byte = 0; byte < byteSize; byte++) out[at + byte] = values[i * byteSize + byte]!;
    }
    return out;
  };
  let dense: Promise<Uint8Array> | undefined;
  return {
    async read(start, end) {
      if (!(start >= 0 && start <= end && end <= elementCount)) {
        const reason = `elements ${start} to ${end} asked for, there are ${elementCount}`;
        throw new FormatError('TFLite', reason);
      }
      if (start === end) return new Uint8Array(0);
      dense ??= decode();
      const bytes = await dense;
      // Whoever reads a tensor in pieces ends here: it is held no longer than that.
      if (end === elementCount) dense = undefined;
      return bytes.slice(start * byteSize, end * byteSize);
    },
  };
}
