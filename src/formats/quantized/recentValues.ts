import { FormatError } from '../../core/errors';
import { elementCountOf, type Tensor } from '../../core/tensor';
import { numbersOf } from '../numbers';

/** Scales of one weight: one for each 16 elements of 2^28. */
const maxValues = 2 ** 24;
/** A weight has up to four small tensors; those of all weights of a model would not fit into memory. */
const maxKept = 6;

/** The values of the small tensors that were needed last: scales, zero points, code books. */
export class RecentValues {
  private readonly kept = new Map<Tensor, Promise<Float64Array>>();

  read(tensor: Tensor): Promise<Float64Array> {
    const known = this.kept.get(tensor);
    const values = known ?? readAll(tensor);
    this.kept.delete(tensor);
    this.kept.set(tensor, values);
    for (const oldest of this.kept.keys()) {
      if (this.kept.size <= maxKept) break;
      this.kept.delete(oldest);
    }
    return values;
  }
}

async function readAll(tensor: Tensor): Promise<Float64Array> {
  const count = elementCountOf(tensor.shape);
  if (count > maxValues) {
    throw new FormatError(
      'quantised weight',
      `"${tensor.name}" has ${count} values, the limit is ${maxValues}`,
    );
  }
  return numbersOf(tensor.dtype, await tensor.data.read(0, count));
}
