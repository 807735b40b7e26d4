/**
 * Sparse tensors: the places of the values that are stored, level by level; every other element is zero.
 *
 *     SparsityParameters  0 traversal_order, 1 block_map, 2 dim_metadata (one a level, in that order)
 *     DimensionMetadata   0 format (0 dense, 1 compressed), 1 dense_size, 2 type and 3 value of array_segments, 4 and 5 of array_indices
 *     SparseIndexVector   1 Int32Vector, 2 Uint16Vector, 3 Uint8Vector: 0 values
 *
 * The levels are the axes of the shape and then the blocks: block b cuts axis block_map[b], and is named rank + b in the order. A
 * dense level has all of its indices below each node of the level before; a compressed one those from segments[node] to
 * segments[node + 1].
 *
 * @see https://github.com/tensorflow/tensorflow/blob/master/tensorflow/compiler/mlir/lite/schema/schema.fbs
 */
import type { ByteSource } from '../../core/byteSource';
import { FormatError } from '../../core/errors';
import { elementCountOf } from '../../core/tensor';
import { numbersOf } from '../numbers';
import type { Table } from './flatbuffer';

const maxLevels = 128;
/** Values that are stored: their places are held as doubles while they are found. */
const maxValues = 2 ** 24;

/** A list of indices in the file. */
interface IndexVector {
  readonly start: number;
  readonly count: number;
  readonly dtype: 'i32' | 'u16' | 'u8';
}

export type Level =
  | { readonly kind: 'dense'; readonly size: number }
  | { readonly kind: 'compressed'; readonly segments: IndexVector; readonly indices: IndexVector };

export interface Sparsity {
  readonly order: readonly number[];
  readonly blockMap: readonly number[];
  readonly levels: readonly (Level | undefined)[];
}

export async function readSparsity(table: Table, name: string): Promise<Sparsity> {
  const levels: (Level | undefined)[] = [];
  for await (const level of table.tables(2, `levels of "${name}"`)) {
    // More are told by their number.
    if (levels.length <= maxLevels) levels.push(await readLevel(level, name));
  }
  return {
    order: await table.ints(0, `the order of "${name}"`, maxLevels),
    blockMap: await table.ints(1, `blocks of "${name}"`, maxLevels),
    levels,
  };
}

async function readLevel(table: Table, name: string): Promise<Level | undefined> {
  const format = table.i8(0);
  if (format === 0) return { kind: 'dense', size: table.i32(1) };
  const segments = await readVector(table, 2, `segments of "${name}"`);
  const indices = await readVector(table, 4, `indices of "${name}"`);
  return format === 1 && segments && indices
    ? { kind: 'compressed', segments, indices }
    : undefined;
}

async function readVector(
  table: Table,
  field: number,
  what: string,
): Promise<IndexVector | undefined> {
  const kind = ([undefined, 'i32', 'u16', 'u8'] as const)[table.u8(field)];
  const values = await table.table(field + 1);
  if (!kind || !values) return undefined;
  const byteSize = kind === 'i32' ? 4 : kind === 'u16' ? 2 : 1;
  const vector = await values.vector(0, byteSize, what);
  return { start: vector?.start ?? 0, count: vector?.count ?? 0, dtype: kind };
}

/** A level and how far a step along it goes in the dense tensor. */
interface Step {
  readonly level: Level;
  readonly size: number;
  readonly stride: number;
}

/** The levels of a shape with as many values as are stored; a text says why they do not go together. */
export function stepsOf(
  { order, blockMap, levels }: Sparsity,
  shape: readonly number[],
  valueCount: number,
): readonly Step[] | string {
  const rank = shape.length;
  const count = rank + blockMap.length;
  if (levels.length !== count || order.length !== count) {
    return `is stored sparsely, with ${levels.length} levels for ${count} axes and blocks`;
  }
  if (new Set(order).size !== count || order.some((axis) => axis < 0 || axis >= count)) {
    return `is stored sparsely, in the order [${order.join(', ')}]`;
  }
  if (new Set(blockMap).size !== blockMap.length || blockMap.some((a) => a < 0 || a >= rank)) {
    return `is stored sparsely, in blocks of the axes [${blockMap.join(', ')}]`;
  }
  const blockSizes = blockMap.map((_, block) => {
    const level = levels[order.indexOf(rank + block)];
    return level?.kind === 'dense' ? level.size : 0;
  });
  const steps: Step[] = [];
  let nodes = 1;
  for (const [at, axis] of order.entries()) {
    const block = axis < rank ? blockMap.indexOf(axis) : axis - rank;
    const whole = axis < rank ? axis : (blockMap[block] ?? 0);
    const blockSize = block < 0 ? 1 : (blockSizes[block] ?? 0);
    const size = axis < rank ? (shape[axis] ?? 0) / blockSize : blockSize;
    const level = levels[at];
    if (!level || !Number.isInteger(size) || (level.kind === 'dense' && level.size !== size)) {
      return `is stored sparsely, level ${at} does not fit its shape [${shape.join(', ')}]`;
    }
    if (level.kind === 'compressed' && level.segments.count !== nodes + 1) {
      return `is stored sparsely, level ${at} has ${level.segments.count} segments for ${nodes} nodes`;
    }
    nodes = level.kind === 'dense' ? nodes * size : level.indices.count;
    if (nodes > maxValues) return `is stored sparsely, the limit is ${maxValues} values`;
    const stride = elementCountOf(shape.slice(whole + 1)) * (axis < rank ? blockSize : 1);
    steps.push({ level, size, stride });
  }
  return nodes === valueCount ? steps : `has ${valueCount} values, its levels have ${nodes}`;
}

/** Where each of the stored values belongs in the dense tensor. */
export async function placesOf(source: ByteSource, steps: readonly Step[]): Promise<Float64Array> {
  let places = new Float64Array(1);
  for (const { level, size, stride } of steps) {
    if (level.kind === 'dense') {
      const next = new Float64Array(places.length * size);
      for (let i = 0; i < next.length; i++) {
        next[i] = places[Math.floor(i / size)]! + (i % size) * stride;
      }
      places = next;
    } else {
      const segments = await read(source, level.segments);
      const indices = await read(source, level.indices);
      places = compressed(places, segments, indices, { size, stride });
    }
  }
  return places;
}

/** Indices must ascend below each node: so no place is taken twice. */
function compressed(
  before: Float64Array,
  segments: Float64Array,
  indices: Float64Array,
  { size, stride }: Pick<Step, 'size' | 'stride'>,
): Float64Array<ArrayBuffer> {
  const places = new Float64Array(indices.length);
  let at = 0;
  for (let node = 0; node < before.length; node++) {
    const end = segments[node + 1]!;
    if (segments[node] !== at || end < at || end > indices.length) {
      throw new FormatError(
        'TFLite',
        `a segment of sparse indices from ${segments[node]} to ${end}`,
      );
    }
    for (let last = -1; at < end; at++) {
      const index = indices[at]!;
      if (!(index > last && index < size)) {
        throw new FormatError('TFLite', `a sparse index of ${index} behind ${last}, of ${size}`);
      }
      last = index;
      places[at] = before[node]! + index * stride;
    }
  }
  if (at !== indices.length) {
    throw new FormatError('TFLite', `${indices.length} sparse indices, its segments have ${at}`);
  }
  return places;
}

async function read(
  source: ByteSource,
  { start, count, dtype }: IndexVector,
): Promise<Float64Array> {
  if (count === 0) return new Float64Array(0);
  return numbersOf(dtype, await source.read(start, count * { i32: 4, u16: 2, u8: 1 }[dtype]));
}
