import type { Dtype } from '../../core/dtype';

/** Elements up to which a tensor is kept whole and sorted: 16 MiB of f32, a fifth of a second. */
const maxSortedElements = 2 ** 22;

/** Keeps the finite elements of a tensor of moderate size, to sort them at the end. */
export class SortedElements {
  private readonly kept: Float32Array | Float64Array;
  private count = 0;

  constructor(dtype: Dtype, elementCount: number) {
    this.kept = dtype === 'f32' ? new Float32Array(elementCount) : new Float64Array(elementCount);
  }

  static fits(elementCount: number): boolean {
    return elementCount <= maxSortedElements;
  }

  add(values: Float64Array, count: number): void {
    const { kept, count: at } = this;
    for (let i = 0; i < count; i++) kept[at + i] = values[i]!;
    this.count += count;
  }

  /** Ascending. */
  finish(): Float32Array | Float64Array {
    const values = this.kept.subarray(0, this.count);
    return values instanceof Float32Array ? radixSort(values) : values.sort();
  }
}

/**
 * Sorts finite floats by their bits, 11 at a time, least significant first: 2^22 elements in a fifth of the time that
 * TypedArray.prototype.sort takes.
 */
function radixSort(values: Float32Array): Float32Array {
  const count = values.length;
  let from: Uint32Array = new Uint32Array(count);
  let to: Uint32Array = new Uint32Array(values.buffer, values.byteOffset, count);
  // Order-preserving: positive floats get the sign bit set, negative ones all bits flipped.
  for (let i = 0; i < count; i++) {
    const bits = to[i]!;
    from[i] = bits >>> 31 ? ~bits : bits | 0x80000000;
  }
  for (let shift = 0; shift < 32; shift += 11) {
    const ends = new Uint32Array(2049);
    for (let i = 0; i < count; i++) ends[((from[i]! >>> shift) & 2047) + 1]!++;
    for (let digit = 0; digit < 2048; digit++) ends[digit + 1]! += ends[digit]!;
    for (let i = 0; i < count; i++) {
      const key = from[i]!;
      to[ends[(key >>> shift) & 2047]!++] = key;
    }
    [from, to] = [to, from];
  }
  // Three passes: the keys now lie over the values themselves.
  for (let i = 0; i < count; i++) {
    const key = from[i]!;
    from[i] = key >>> 31 ? key & 0x7fffffff : ~key;
  }
  return new Float32Array(from.buffer, from.byteOffset, count);
}
