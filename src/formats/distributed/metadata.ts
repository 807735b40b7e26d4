/**
 * `.metadata` of a checkpoint that torch.distributed.checkpoint wrote: a pickle of plain records.
 *
 *     state_dict_metadata  name → (size, properties, chunks) of a tensor, or a mark for other objects
 *     planner_data         name → path of keys in the nested state dict
 *     storage_data         (name, offsets of the chunk) → (relative_path, offset, length)
 *
 * @see https://github.com/pytorch/pytorch/blob/main/torch/distributed/checkpoint/metadata.py
 */
import type { ByteSource } from '../../core/byteSource';
import type { Dtype } from '../../core/dtype';
import { FormatError } from '../../core/errors';
import {
  asKind,
  attributesOf,
  type GlobalUse,
  isSize,
  keyText,
  lastName,
  type PickleValue,
  type PyObject,
  sequenceOf,
  typePathOf,
  unpickle,
} from '../pickle';
import { dtypeOfName } from '../pytorch/dtypes';

export const distributedFormat = 'PyTorch distributed checkpoint';
/** A thousand parts of a model of a thousand tensors take 200 MB. */
const maxMetadataBytes = 512 * 2 ** 20;
const maxRank = 64;

/** Bytes of one item in a file beside the metadata. */
export interface StoredItem {
  readonly file: string;
  readonly offset: number;
  readonly length: number;
  /** Whether the bytes went through something else, such as a compressor. */
  readonly isTransformed: boolean;
}

export interface StoredChunk {
  readonly offsets: readonly number[];
  readonly sizes: readonly number[];
  /** Undefined where the metadata does not say it. */
  readonly item: StoredItem | undefined;
}

export type Entry =
  | {
      readonly kind: 'tensor';
      readonly path: readonly string[];
      readonly dtype: Dtype | undefined;
      readonly dtypeName: string;
      readonly shape: readonly number[];
      readonly chunks: readonly StoredChunk[];
    }
  | {
      readonly kind: 'object';
      readonly path: readonly string[];
      readonly item: StoredItem | undefined;
    }
  | { readonly kind: 'unreadable'; readonly path: readonly string[]; readonly reason: string };

export interface DistributedMetadata {
  readonly entries: readonly Entry[];
  readonly globals: ReadonlyMap<string, GlobalUse>;
}

export async function readMetadata(source: ByteSource): Promise<DistributedMetadata> {
  if (source.size > maxMetadataBytes) {
    throw new FormatError(
      distributedFormat,
      `${source.name} has ${source.size} bytes, the limit is ${maxMetadataBytes}`,
    );
  }
  const { value, globals } = unpickle(await source.read(0, source.size));
  const root = asKind(value, 'object');
  const fields = root && attributesOf(root);
  const records = asKind(fields?.get('state_dict_metadata'), 'dict')?.entries;
  if (!root || !isRecord(root, 'Metadata') || !records) {
    throw new FormatError(distributedFormat, `${source.name} holds no state_dict_metadata`);
  }
  const paths = asKind(fields?.get('planner_data'), 'dict')?.entries;
  const items = itemsOf(fields?.get('storage_data'));
  const entries = [...records].map(([key, record]): Entry => {
    const name = keyText(key);
    const parts = sequenceOf(paths?.get(key))?.map(keyText);
    return entryOf(name, parts && parts.length > 0 ? parts : [name], record, items);
  });
  return { entries, globals };
}

function entryOf(
  name: string,
  path: readonly string[],
  record: PickleValue,
  items: ReadonlyMap<string, StoredItem>,
): Entry {
  const object = asKind(record, 'object');
  if (object && isRecord(object, 'BytesStorageMetadata')) {
    return { kind: 'object', path, item: items.get(itemKey(name)) };
  }
  const unreadable = (reason: string): Entry => ({ kind: 'unreadable', path, reason });
  if (!object || !isRecord(object, 'TensorStorageMetadata')) {
    return unreadable('is neither a tensor nor an object');
  }
  const fields = attributesOf(object);
  const shape = sizesOf(fields?.get('size'));
  const chunkRecords = sequenceOf(fields?.get('chunks'));
  if (!shape || !chunkRecords) return unreadable('has no size or no chunks');
  const chunks: StoredChunk[] = [];
  for (const chunkRecord of chunkRecords) {
    const chunk = asKind(chunkRecord, 'object');
    const own = chunk && attributesOf(chunk);
    const offsets = sizesOf(own?.get('offsets'));
    const sizes = sizesOf(own?.get('sizes'));
    if (offsets?.length !== shape.length || sizes?.length !== shape.length) {
      return unreadable('has a chunk without a place in it');
    }
    if (sizes.some((size, axis) => offsets[axis]! + size > shape[axis]!)) {
      return unreadable(
        `has a chunk [${sizes.join(', ')}] at [${offsets.join(', ')}] that leaves its shape [${shape.join(', ')}]`,
      );
    }
    chunks.push({ offsets, sizes, item: items.get(itemKey(name, offsets)) });
  }
  const dtypeName = dtypeNameOf(fields?.get('properties'));
  return { kind: 'tensor', path, dtype: dtypeOfName(dtypeName), dtypeName, shape, chunks };
}

/** Pickled as (dtype, layout, …), by older versions as a dict. */
function dtypeNameOf(properties: PickleValue | undefined): string {
  const object = asKind(properties, 'object');
  const [first] = sequenceOf(object?.state) ?? [];
  const dtype =
    asKind(first, 'global') ?? asKind(object && attributesOf(object)?.get('dtype'), 'global');
  return dtype?.path ?? 'unknown';
}

function itemsOf(value: PickleValue | undefined): ReadonlyMap<string, StoredItem> {
  const items = new Map<string, StoredItem>();
  for (const [key, info] of asKind(value, 'dict')?.entries ?? []) {
    const index = asKind(key, 'object');
    const place = asKind(info, 'object');
    const name = index && attributesOf(index)?.get('fqn');
    const fields = place && attributesOf(place);
    const file = fields?.get('relative_path');
    const offset = fields?.get('offset');
    const length = fields?.get('length');
    if (
      typeof name !== 'string' ||
      typeof file !== 'string' ||
      !isSize(offset) ||
      !isSize(length)
    ) {
      continue;
    }
    const offsets = index && sizesOf(attributesOf(index)?.get('offset'));
    const isTransformed = (sequenceOf(fields?.get('transform_descriptors')) ?? []).length > 0;
    items.set(itemKey(name, offsets), { file, offset, length, isTransformed });
  }
  return items;
}

/** Whole objects have no offsets; a tensor without axes has none either. */
function itemKey(name: string, offsets: readonly number[] = []): string {
  return `${name}\0${offsets.join()}`;
}

function isRecord(object: PyObject, name: string): boolean {
  return lastName(typePathOf(object)) === name;
}

function sizesOf(value: PickleValue | undefined): number[] | undefined {
  const items = sequenceOf(value);
  if (!items?.every(isSize) || items.length > maxRank) return undefined;
  return [...items];
}
