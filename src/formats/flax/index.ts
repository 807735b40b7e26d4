import type { ByteSource } from '../../core/byteSource';
import type { Checkpoint, Skipped } from '../../core/checkpoint';
import { type Dtype, dtypes } from '../../core/dtype';
import { FormatError } from '../../core/errors';
import type { Format, Probe } from '../../core/format';
import type { Json } from '../../core/json';
import { elementCountOf, type Tensor, type TensorData } from '../../core/tensor';
import { dtypeOfNumpyName } from '../dtypeNames';
import { numbersOf } from '../numbers';
import { MsgpackReader } from './msgpackReader';
import { isSize, readStateTree, type StateNode, type StoredArray } from './stateTree';
import { TreeRoles } from './treeRoles';

const chunkedKey = '__msgpack_chunked_array__';
/** Plain values that are shown. */
const maxRecorded = 1000;
/** Heads looked at to recognise a file: arrays of a model begin within a few names. */
const maxHeads = 400;

/** What flax.serialization writes: `flax_model.msgpack`, `checkpoint_1000`. */
export const flax: Format = {
  id: 'flax-msgpack',
  title: 'Flax msgpack',
  matches: looksLikeFlax,
  open: ({ main }) => openFlax(main),
};

/**
 * MessagePack has no signature: the file must begin with a map whose first keys are texts and lead to an array as Flax writes
 * it, or be one such array.
 */
async function looksLikeFlax({ head, source }: Probe): Promise<boolean> {
  const [first = 0, second = 0] = head;
  const isMap = (first > 0x80 && first < 0x90) || first === 0xde || first === 0xdf;
  const isArray = first >= 0xc7 && first <= 0xc9;
  if (!isMap && !isArray) return false;
  // The common case of another file ends here: a small map goes on with a short text.
  if (first < 0x90 && !((second >= 0xa0 && second < 0xc0) || second === 0xd9)) return false;
  const reader = new MsgpackReader(source, 'Flax msgpack');
  try {
    for (let count = 0; count < maxHeads; count++) {
      const value = await reader.next();
      if (value.kind !== 'ext') continue;
      // Inside an array of Flax are a shape, a dtype and the bytes.
      const inner = value.type === 1 || value.type === 3 ? await reader.next() : undefined;
      if (inner) return inner.kind === 'array' && inner.count === 3;
      reader.skip(value);
    }
  } catch (error) {
    // It is no MessagePack, or too damaged to tell.
    if (!(error instanceof FormatError)) throw error;
  }
  return false;
}

async function openFlax(source: ByteSource): Promise<Checkpoint> {
  const leaves = leavesOf(await readStateTree(source));
  const roles = new TreeRoles(leaves.map(({ path }) => path));
  const tensors: Tensor[] = [];
  const skipped: Skipped[] = [];
  const recorded: [string, Json][] = [];
  const hyperparameters: [string, Json][] = [];
  for (const { path, leaf } of leaves) {
    const name = roles.nameOf(path) || 'array';
    if (leaf.kind === 'other') {
      skipped.push({ name, reason: leaf.reason });
      continue;
    }
    const value = await scalarOf(source, leaf);
    const isHyperparameter = path.at(-2) === 'hyperparams';
    if (value !== undefined && isHyperparameter) hyperparameters.push([path.at(-1)!, value]);
    const isTold = leaf.kind === 'plain' || leaf.isScalar || roles.isCounter(path);
    if (value !== undefined && isTold && recorded.length < maxRecorded)
      recorded.push([name, value]);
    if (leaf.kind === 'plain' || (leaf.kind === 'array' && leaf.isScalar)) continue;
    const tensor = toTensor(source, name, leaf);
    const role = roles.roleOf(path);
    if ('reason' in tensor) skipped.push(tensor);
    else tensors.push({ ...tensor, ...(role && { role }) });
  }
  const optimizers = roles.optimizers(Object.fromEntries(hyperparameters));
  return {
    format: 'flax-msgpack',
    description: optimizers.length > 0 ? 'Flax msgpack, train state' : 'Flax msgpack',
    framework: 'jax',
    files: [{ name: source.name, byteLength: source.size }],
    tensors,
    skipped,
    optimizers,
    recorded: Object.fromEntries(recorded),
    notices: [],
  };
}

/** An array in pieces that follow each other in row-major order. */
interface ChunkedArray {
  readonly kind: 'chunked';
  readonly shape: readonly number[];
  readonly chunks: readonly StoredArray[];
  readonly isScalar: false;
}

interface Leaf {
  readonly path: readonly string[];
  readonly leaf: Exclude<StateNode, { kind: 'dict' }> | ChunkedArray;
}

/** Leaves with their paths in file order; None and empty dicts have none. */
function leavesOf(root: StateNode): Leaf[] {
  const leaves: Leaf[] = [];
  const visit = (node: StateNode, path: readonly string[]): void => {
    if (node.kind !== 'dict') {
      if (node.kind !== 'plain' || node.value !== null) leaves.push({ path, leaf: node });
      return;
    }
    if (node.entries.has(chunkedKey)) leaves.push({ path, leaf: chunkedOf(node.entries) });
    else for (const [key, child] of node.entries) visit(child, [...path, key]);
  };
  visit(root, []);
  return leaves;
}

function chunkedOf(entries: ReadonlyMap<string, StateNode>): Leaf['leaf'] {
  const shape = itemsOf(entries.get('shape'))?.map((node) =>
    node.kind === 'plain' ? node.value : undefined,
  );
  const chunks = itemsOf(entries.get('chunks'));
  const isWhole = chunks?.every((chunk): chunk is StoredArray => chunk.kind === 'array');
  if (!shape?.every(isSize) || !chunks || !isWhole) {
    return { kind: 'other', reason: 'an array in chunks whose shape or chunks are not there' };
  }
  return { kind: 'chunked', shape, chunks, isScalar: false };
}

/** Items of a tuple, which Flax writes as a dict of "0", "1", …; in this order whatever the file's. */
function itemsOf(node: StateNode | undefined): StateNode[] | undefined {
  if (node?.kind !== 'dict') return undefined;
  const items: StateNode[] = [];
  for (let i = 0; i < node.entries.size; i++) {
    const item = node.entries.get(String(i));
    if (!item) return undefined;
    items.push(item);
  }
  return items;
}

function toTensor(
  source: ByteSource,
  name: string,
  leaf: StoredArray | ChunkedArray,
): Tensor | Skipped {
  const chunks = leaf.kind === 'array' ? [leaf] : leaf.chunks;
  const names = new Set(chunks.map(({ dtypeName }) => dtypeName));
  const [dtypeName = 'unknown'] = names;
  const dtype = dtypeOfNumpyName(dtypeName);
  if (!dtype || names.size !== 1) return { name, reason: `dtype ${[...names].join()} is not read` };
  const { byteSize } = dtypes[dtype];
  const elementCount = elementCountOf(leaf.shape);
  const needed = elementCount * byteSize;
  const spanned = chunks.reduce((sum, { length }) => sum + length, 0);
  if (!Number.isSafeInteger(needed) || needed !== spanned) {
    return { name, reason: `spans ${spanned} bytes, its shape needs ${needed}` };
  }
  if (chunks.some(({ length }) => length % byteSize !== 0)) {
    return { name, reason: 'has chunks that end within an element' };
  }
  const data = chunkedData(source, { chunks, dtype, elementCount });
  return { name, dtype, shape: leaf.shape, data };
}

/** Elements that lie in several ranges of the file, one after the other. */
function chunkedData(
  source: ByteSource,
  array: {
    readonly chunks: readonly { readonly offset: number; readonly length: number }[];
    readonly dtype: Dtype;
    readonly elementCount: number;
  },
): TensorData {
  const { chunks, dtype, elementCount } = array;
  const { byteSize } = dtypes[dtype];
  return {
    async read(start, end) {
      if (!(start >= 0 && start <= end && end <= elementCount)) {
        const reason = `elements ${start} to ${end} asked for, there are ${elementCount}`;
        throw new FormatError('Flax msgpack', reason);
      }
      const out = new Uint8Array((end - start) * byteSize);
      let at = 0;
      for (const { offset, length } of chunks) {
        const from = Math.max(start * byteSize, at);
        const to = Math.min(end * byteSize, at + length);
        if (from < to) {
          out.set(await source.read(offset + from - at, to - from), from - start * byteSize);
        }
        at += length;
      }
      if (dtype === 'bool') for (let i = 0; i < out.length; i++) out[i] = out[i] === 0 ? 0 : 1;
      return out;
    },
  };
}

/** The value of a number or of an array without axes. */
async function scalarOf(source: ByteSource, leaf: Leaf['leaf']): Promise<Json | undefined> {
  if (leaf.kind === 'plain') {
    const { value } = leaf;
    return typeof value === 'bigint' || Object.is(value, NaN) ? String(value) : value;
  }
  if (leaf.kind !== 'array' || leaf.shape.length > 0) return undefined;
  const dtype = dtypeOfNumpyName(leaf.dtypeName);
  if (!dtype || leaf.length !== dtypes[dtype].byteSize) return undefined;
  const [value = NaN] = numbersOf(dtype, await source.read(leaf.offset, leaf.length));
  if (dtype === 'bool') return value !== 0;
  // Digits as they were written: 1e-5 is stored as 0.00000999999975.
  const shown = dtype === 'f64' ? value : Number(value.toPrecision(dtype === 'f32' ? 7 : 15));
  return Number.isFinite(value) ? shown : String(value);
}
