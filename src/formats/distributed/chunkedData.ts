/** A tensor that lies in rectangular chunks, read in ranges of its row-major order. */
import { type Dtype, dtypes } from '../../core/dtype';
import { FormatError } from '../../core/errors';
import { elementCountOf, type TensorData } from '../../core/tensor';

export interface Chunk {
  readonly offsets: readonly number[];
  readonly sizes: readonly number[];
  open(): Promise<TensorData>;
}

/**
 * @param chunks each inside the shape, which they need not fill: elements that no chunk has are `fill`, or refused where there
 * is none
 */
export function chunkedData(
  name: string,
  {
    shape,
    dtype,
    chunks,
    fill,
  }: {
    readonly shape: readonly number[];
    readonly dtype: Dtype;
    readonly chunks: readonly Chunk[];
    readonly fill?: Uint8Array;
  },
): TensorData {
  const elementCount = elementCountOf(shape);
  const { byteSize } = dtypes[dtype];
  const runs = chunks.map((chunk) => runsOf(shape, chunk));
  return {
    async read(start, end) {
      if (!(start >= 0 && start <= end && end <= elementCount)) {
        const reason = `elements ${start} to ${end} asked for, there are ${elementCount}`;
        throw new FormatError(name, reason);
      }
      const out = new Uint8Array((end - start) * byteSize);
      if (fill) for (let at = 0; at < out.length; at += byteSize) out.set(fill, at);
      let filled = 0;
      for (const [index, chunk] of chunks.entries()) {
        filled += await copyChunk(chunk, runs[index]!, { start, end, byteSize, out });
      }
      if (!fill && filled < end - start) {
        throw new FormatError(
          name,
          `lacks ${end - start - filled} of its elements ${start} to ${end}`,
        );
      }
      return out;
    },
  };
}

/** Pieces of a chunk that follow each other in the chunk and lie apart in the tensor. */
interface Runs {
  readonly count: number;
  readonly length: number;
  /** First element of a run in the tensor; grows with the run's index. */
  startOf(index: number): number;
}

function runsOf(shape: readonly number[], { offsets, sizes }: Chunk): Runs {
  const strides = new Array<number>(shape.length).fill(1);
  for (let axis = shape.length - 2; axis >= 0; axis--) {
    strides[axis] = strides[axis + 1]! * shape[axis + 1]!;
  }
  // Axes after the last one that is cut belong to one run.
  let inner = shape.length;
  while (inner > 0 && sizes[inner - 1] === shape[inner - 1]) inner--;
  const outer = sizes.slice(0, Math.max(0, inner - 1));
  const first = offsets.reduce((sum, offset, axis) => sum + offset * strides[axis]!, 0);
  return {
    count: elementCountOf(outer),
    length: elementCountOf(sizes.slice(outer.length)),
    startOf(index) {
      let at = first;
      for (let axis = outer.length - 1, rest = index; axis >= 0; axis--) {
        at += (rest % outer[axis]!) * strides[axis]!;
        rest = Math.floor(rest / outer[axis]!);
      }
      return at;
    },
  };
}

/** Copies what the chunk has of the range; gives the number of elements. */
async function copyChunk(
  chunk: Chunk,
  runs: Runs,
  range: { start: number; end: number; byteSize: number; out: Uint8Array },
): Promise<number> {
  const { start, end, byteSize, out } = range;
  const { count, length } = runs;
  const startOf = (run: number): number => runs.startOf(run);
  if (length === 0 || count === 0) return 0;
  // The first run that ends behind the start, and the first that begins at the end or behind it.
  const first = firstRun(count, (run) => startOf(run) + length > start);
  const stop = firstRun(count, (run) => startOf(run) >= end);
  if (first >= stop) return 0;
  const from = first * length + Math.max(0, start - startOf(first));
  const to = (stop - 1) * length + Math.min(length, end - startOf(stop - 1));
  const data = await chunk.open();
  const bytes = await data.read(from, to);
  let copied = 0;
  for (let run = first; run < stop; run++) {
    const at = startOf(run);
    const begin = Math.max(start, at);
    const finish = Math.min(end, at + length);
    const local = (run * length + begin - at - from) * byteSize;
    out.set(bytes.subarray(local, local + (finish - begin) * byteSize), (begin - start) * byteSize);
    copied += finish - begin;
  }
  return copied;
}

/** The first run for which the condition holds; it holds for all that follow. */
function firstRun(count: number, holds: (run: number) => boolean): number {
  let low = 0;
  let high = count;
  while (low < high) {
    const middle = Math.floor((low + high) / 2);
    if (holds(middle)) high = middle;
    else low = middle + 1;
  }
  return low;
}
