/** Part of a dataset as HDF5 selects it: a box. Its elements are consecutive in row-major order. */
export interface Hyperslab {
  readonly offset: readonly number[];
  readonly count: readonly number[];
  /** Elements [start, end) of the whole dataset that the box holds. */
  readonly start: number;
  readonly end: number;
}

/**
 * Boxes that together cover elements [start, end), in order, each of at most `maxElements` (one element at least).
 *
 * A box spans all axes behind one axis k, a run of k, and one index of each axis before it.
 */
export function* hyperslabs(
  shape: readonly number[],
  start: number,
  end: number,
  maxElements: number,
): Generator<Hyperslab> {
  const strides = shape.map((_, axis) =>
    shape.slice(axis + 1).reduce((product, size) => product * size, 1),
  );
  const found = strides.findIndex((stride) => stride <= maxElements);
  const axis = found < 0 ? shape.length - 1 : found;
  const step = strides[axis] ?? 1;
  const size = shape[axis] ?? 1;
  const perBox = Math.max(1, Math.floor(maxElements / step));
  let at = start;
  while (at < end) {
    const run = Math.floor(at / step);
    const inner = run % size;
    const length = Math.min(perBox, size - inner, Math.ceil(end / step) - run);
    yield {
      offset: strides.map((stride, i) =>
        i > axis ? 0 : Math.floor(at / stride) % (shape[i] ?? 1),
      ),
      count: shape.map((whole, i) => (i < axis ? 1 : i === axis ? length : whole)),
      start: run * step,
      end: (run + length) * step,
    };
    at = (run + length) * step;
  }
}
