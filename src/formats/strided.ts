/**
 * Tensor elements out of ranges of a file: a straight read where they lie in order, a gather where strides say otherwise
 * (transposed, channels last, sliced, expanded).
 */
import type { ByteSource } from '../core/byteSource';
import { type Dtype, dtypes } from '../core/dtype';
import { FormatError } from '../core/errors';
import { elementCountOf, type TensorData } from '../core/tensor';

/** Largest piece of a storage held for a gather. */
const windowBytes = 64 * 2 ** 20;
/** Elements gathered at once; their offsets are held as doubles. */
const blockElements = 2 ** 20;
/** A separate read costs about as much time as this many bytes of a longer one. */
const seekBytes = 64 * 2 ** 10;

/** Where a view's elements lie in its storage, counted in elements. */
export interface Layout {
  readonly shape: readonly number[];
  readonly strides: readonly number[];
  readonly offset: number;
}

/** The last window read, shared by all views of a file so that many of them do not hold many windows. */
export class WindowCache {
  private source: ByteSource | undefined;
  private start = 0;
  private bytes = new Uint8Array(0);

  async read(source: ByteSource, start: number, length: number): Promise<Uint8Array> {
    const known = this.source === source && this.start === start;
    if (known && this.bytes.byteLength === length) return this.bytes;
    const bytes = new Uint8Array(await source.read(start, length));
    this.source = source;
    this.start = start;
    this.bytes = bytes;
    return bytes;
  }
}

/** `elementCount` elements that lie in order from `byteOffset`. */
export function rangeData(
  source: ByteSource,
  { byteOffset, dtype, elementCount }: { byteOffset: number; dtype: Dtype; elementCount: number },
): TensorData {
  const { byteSize } = dtypes[dtype];
  return {
    async read(start, end) {
      checkRange(source.name, start, end, elementCount);
      if (start === end) return new Uint8Array(0);
      const bytes = await source.read(byteOffset + start * byteSize, (end - start) * byteSize);
      return dtype === 'bool' ? toZeroAndOne(bytes) : bytes;
    },
  };
}

/**
 * A view on a storage. The layout must lie inside the storage: see {@link extentOf}.
 *
 * @param open gives the storage; called at the first read
 */
export function stridedData(
  open: () => Promise<ByteSource>,
  layout: Layout,
  { dtype, windows }: { dtype: Dtype; windows: WindowCache },
): TensorData {
  const { byteSize } = dtypes[dtype];
  const elementCount = elementCountOf(layout.shape);
  const axes = coalesce(layout);
  if (axes.length === 0 || (axes.length === 1 && axes[0]!.stride === 1)) {
    return {
      async read(start, end) {
        const source = await open();
        const byteOffset = layout.offset * byteSize;
        return rangeData(source, { byteOffset, dtype, elementCount }).read(start, end);
      },
    };
  }
  return {
    async read(start, end) {
      const source = await open();
      checkRange(source.name, start, end, elementCount);
      const out = new Uint8Array((end - start) * byteSize);
      for (let at = start; at < end; at += blockElements) {
        const stop = Math.min(end, at + blockElements);
        const block = out.subarray((at - start) * byteSize, (stop - start) * byteSize);
        const offsets = offsetsOf(axes, layout.offset, at, stop);
        await gather({ source, windows, byteSize, extent: extentOf(layout) }, offsets, block);
      }
      return dtype === 'bool' ? toZeroAndOne(out) : out;
    },
  };
}

/** First element of the storage that a view touches and one past its last; 0 and 0 for a view without elements. */
export function extentOf(layout: Layout): { readonly first: number; readonly end: number } {
  if (layout.shape.includes(0)) return { first: 0, end: 0 };
  let last = layout.offset;
  layout.shape.forEach((size, axis) => {
    last += (size - 1) * (layout.strides[axis] ?? 0);
  });
  return { first: layout.offset, end: last + 1 };
}

interface Axis {
  size: number;
  stride: number;
}

/** Leaves out axes of size 1 and joins those that one stride describes. */
function coalesce({ shape, strides }: Layout): Axis[] {
  const axes: Axis[] = [];
  shape.forEach((size, axis) => {
    const stride = strides[axis] ?? 0;
    const outer = axes.at(-1);
    if (size === 1) return;
    if (outer?.stride === stride * size) {
      outer.size *= size;
      outer.stride = stride;
    } else {
      axes.push({ size, stride });
    }
  });
  return axes;
}

/** Storage index of each element [start, end) of the view, by an odometer over its axes. */
function offsetsOf(
  axes: readonly Axis[],
  origin: number,
  start: number,
  end: number,
): Float64Array {
  const index = new Array<number>(axes.length).fill(0);
  let offset = origin;
  for (let axis = axes.length - 1, rest = start; axis >= 0; axis--) {
    const { size, stride } = axes[axis]!;
    index[axis] = rest % size;
    offset += index[axis]! * stride;
    rest = Math.floor(rest / size);
  }
  const offsets = new Float64Array(end - start);
  for (let i = 0; i < offsets.length; i++) {
    offsets[i] = offset;
    for (let axis = axes.length - 1; axis >= 0; axis--) {
      const { size, stride } = axes[axis]!;
      index[axis]!++;
      offset += stride;
      if (index[axis]! < size) break;
      offset -= size * stride;
      index[axis] = 0;
    }
  }
  return offsets;
}

interface GatherSource {
  readonly source: ByteSource;
  readonly windows: WindowCache;
  readonly byteSize: number;
  /** Elements of the storage that the view touches; its windows tile them. */
  readonly extent: { readonly first: number; readonly end: number };
}

/** Copies the elements at `offsets` into `out`: few and far apart by reads of their own, else by windows over the extent. */
async function gather(from: GatherSource, offsets: Float64Array, out: Uint8Array): Promise<void> {
  const { source, windows, byteSize, extent } = from;
  const runs = countRuns(offsets);
  const { min, max } = rangeOf(offsets);
  if (runs * seekBytes < (max - min + 1) * byteSize) return gatherRuns(from, offsets, out);
  const tile = Math.floor(windowBytes / byteSize);
  const firstTile = Math.floor((min - extent.first) / tile);
  const lastTile = Math.floor((max - extent.first) / tile);
  for (let t = firstTile; t <= lastTile; t++) {
    const start = extent.first + t * tile;
    const end = Math.min(extent.end, start + tile);
    const bytes = await windows.read(source, start * byteSize, (end - start) * byteSize);
    copyElements({ bytes, start, end, byteSize }, offsets, out);
  }
}

async function gatherRuns(
  { source, byteSize }: GatherSource,
  offsets: Float64Array,
  out: Uint8Array,
): Promise<void> {
  for (let i = 0; i < offsets.length;) {
    let length = 1;
    while (i + length < offsets.length && offsets[i + length] === offsets[i]! + length) length++;
    out.set(await source.read(offsets[i]! * byteSize, length * byteSize), i * byteSize);
    i += length;
  }
}

function copyElements(
  window: { bytes: Uint8Array; start: number; end: number; byteSize: number },
  offsets: Float64Array,
  out: Uint8Array,
): void {
  const { bytes, start, end, byteSize } = window;
  for (let i = 0; i < offsets.length; i++) {
    const offset = offsets[i]!;
    if (offset < start || offset >= end) continue;
    const from = (offset - start) * byteSize;
    for (let b = 0; b < byteSize; b++) out[i * byteSize + b] = bytes[from + b]!;
  }
}

function countRuns(offsets: Float64Array): number {
  let runs = 1;
  for (let i = 1; i < offsets.length; i++) if (offsets[i] !== offsets[i - 1]! + 1) runs++;
  return runs;
}

function rangeOf(offsets: Float64Array): { min: number; max: number } {
  let min = offsets[0]!;
  let max = min;
  for (const offset of offsets) {
    if (offset < min) min = offset;
    if (offset > max) max = offset;
  }
  return { min, max };
}

function checkRange(name: string, start: number, end: number, elementCount: number): void {
  if (!(start >= 0 && start <= end && end <= elementCount)) {
    throw new FormatError(name, `elements ${start} to ${end} asked for, there are ${elementCount}`);
  }
}

/** Any byte but 0 is true in a file. */
function toZeroAndOne(bytes: Uint8Array): Uint8Array {
  return Uint8Array.from(bytes, (byte) => (byte === 0 ? 0 : 1));
}
