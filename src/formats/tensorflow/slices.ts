/** Partitioned variables: a tensor whose parts are stored as tensors of their own. */
import { type Dtype, dtypes } from '../../core/dtype';
import { FormatError } from '../../core/errors';
import { elementCountOf, type TensorData } from '../../core/tensor';

/** A box of the whole tensor and its elements, in order. */
export interface Slice {
  readonly starts: readonly number[];
  readonly lengths: readonly number[];
  readonly data: TensorData;
}

/** Why the slices do not make up the shape, if they do not: one may miss, or two overlap. */
export function misfit(slices: readonly Slice[], shape: readonly number[]): string | undefined {
  let count = 0;
  for (const { starts, lengths } of slices) {
    const isInside = shape.every((size, axis) => starts[axis]! + lengths[axis]! <= size);
    if (!isInside) return `has a slice outside its shape [${shape.join(', ')}]`;
    count += elementCountOf(lengths);
  }
  const expected = elementCountOf(shape);
  if (count !== expected) return `its slices have ${count} elements, its shape has ${expected}`;
  for (const [i, one] of slices.entries()) {
    for (const other of slices.slice(0, i)) if (overlap(one, other)) return 'its slices overlap';
  }
  return undefined;
}

function overlap(a: Slice, b: Slice): boolean {
  return a.starts.every((start, axis) => {
    const from = Math.max(start, b.starts[axis]!);
    const to = Math.min(start + a.lengths[axis]!, b.starts[axis]! + b.lengths[axis]!);
    return from < to;
  });
}

/** The whole tensor's elements. What a range takes of a slice is a range of the slice: one read each. */
export function assembled(
  slices: readonly Slice[],
  { name, shape, dtype }: { name: string; shape: readonly number[]; dtype: Dtype },
): TensorData {
  const { byteSize } = dtypes[dtype];
  const elementCount = elementCountOf(shape);
  const strides = shape.map((_, axis) => elementCountOf(shape.slice(axis + 1)));
  return {
    async read(start, end) {
      if (!(start >= 0 && start <= end && end <= elementCount)) {
        const reason = `elements ${start} to ${end} of "${name}" asked for, there are ${elementCount}`;
        throw new FormatError('TensorFlow checkpoint', reason);
      }
      const out = new Uint8Array((end - start) * byteSize);
      for (const slice of slices) {
        const first = elementsBefore(slice, start, shape, strides);
        const last = elementsBefore(slice, end, shape, strides);
        if (first === last) continue;
        const bytes = await slice.data.read(first, last);
        // Elements along the last axis lie side by side in both.
        const run = slice.lengths.at(-1) ?? 1;
        for (let at = first; at < last;) {
          const count = Math.min(last - at, run - (at % run));
          const from = bytes.subarray((at - first) * byteSize, (at - first + count) * byteSize);
          out.set(from, (positionOf(slice, at, strides) - start) * byteSize);
          at += count;
        }
      }
      return out;
    },
  };
}

/** How many elements of a slice come before an element of the whole. */
function elementsBefore(
  { starts, lengths }: Slice,
  index: number,
  shape: readonly number[],
  strides: readonly number[],
): number {
  let count = 0;
  let inner = elementCountOf(lengths);
  if (inner === 0 || index >= elementCountOf(shape)) return inner;
  for (let axis = 0, rest = index; axis < shape.length; axis++) {
    const at = Math.floor(rest / strides[axis]!) - starts[axis]!;
    rest %= strides[axis]!;
    inner /= lengths[axis]!;
    if (at < 0) return count;
    if (at >= lengths[axis]!) return count + lengths[axis]! * inner;
    count += at * inner;
  }
  return count;
}

/** Where an element of a slice lies in the whole. */
function positionOf({ starts, lengths }: Slice, index: number, strides: readonly number[]): number {
  let position = 0;
  for (let axis = lengths.length - 1, rest = index; axis >= 0; axis--) {
    position += (starts[axis]! + (rest % lengths[axis]!)) * strides[axis]!;
    rest = Math.floor(rest / lengths[axis]!);
  }
  return position;
}
