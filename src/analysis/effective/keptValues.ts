import { FormatError } from '../../core/errors';
import { elementCountOf, type Tensor } from '../../core/tensor';
import { numbersOf } from '../../formats/numbers';

/** Factors of a low-rank product, an orthogonal base: 128 MiB as doubles. */
const maxValues = 2 ** 24;
const maxKeptBytes = 192 * 2 ** 20;

/** What was computed of whole tensors and is needed for every range (norms, factors): the last few, up to a limit of memory. */
export class KeptValues {
  private readonly kept = new Map<unknown, Promise<Float64Array>>();
  private readonly sizes = new Map<unknown, number>();

  /** The values under a key that is an object of its own: computed where they are not kept. */
  async of(key: object, compute: () => Promise<Float64Array>): Promise<Float64Array> {
    const values = this.kept.get(key) ?? compute();
    // Anew at the end: the first in the map is the one that was not needed for longest.
    this.forget(key);
    this.kept.set(key, values);
    try {
      this.sizes.set(key, (await values).byteLength);
    } catch (error) {
      this.forget(key);
      throw error;
    }
    this.shrink();
    return values;
  }

  /** All elements of a tensor. */
  all(tensor: Tensor): Promise<Float64Array> {
    return this.of(tensor, async () => {
      const count = elementCountOf(tensor.shape);
      if (count > maxValues) {
        throw new FormatError(
          'combined weight',
          `"${tensor.name}" has ${count} elements to hold at once, the limit is ${maxValues}`,
        );
      }
      return numbersOf(tensor.dtype, await tensor.data.read(0, count));
    });
  }

  private shrink(): void {
    let bytes = [...this.sizes.values()].reduce((sum, size) => sum + size, 0);
    for (const [key, size] of this.sizes) {
      if (bytes <= maxKeptBytes || this.sizes.size === 1) return;
      bytes -= size;
      this.forget(key);
    }
  }

  private forget(key: unknown): void {
    this.kept.delete(key);
    this.sizes.delete(key);
  }
}
