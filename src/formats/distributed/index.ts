/**
 * Checkpoints of torch.distributed.checkpoint (FSDP, Accelerate, torchtitan): a folder with `.metadata` and files
 * `__<rank>_<n>.distcp`, each a row of archives as torch.save writes them, one for each chunk of a tensor.
 */
import type { CheckpointFiles } from '../../core/byteSource';
import type {
  Checkpoint,
  Notice,
  OptimizerGroup,
  OptimizerRecord,
  Skipped,
} from '../../core/checkpoint';
import { FormatError } from '../../core/errors';
import type { Format } from '../../core/format';
import type { Json, JsonObject } from '../../core/json';
import { elementCountOf, type Tensor } from '../../core/tensor';
import { noticesOf } from '../pickle';
import { optimizerName } from '../pytorch/optimizer';
import { beginsLikeZip } from '../probe';
import { chunkedData } from './chunkedData';
import { Items } from './items';
import { distributedFormat, type Entry, readMetadata } from './metadata';
import { kindOf, Names, type PathKind, roleOfKind } from './names';

const metadataName = '.metadata';
/** Objects beside the tensors that are shown. */
const maxObjects = 5000;
const maxObjectBytes = 2 ** 20;

export const distributed: Format = {
  id: 'pytorch-distributed',
  title: distributedFormat,
  matches: ({ head, source }) => {
    const text = String.fromCharCode(...head.subarray(0, 256));
    if (head[0] === 0x80 && text.includes('torch.distributed.checkpoint.metadata')) return true;
    // A part begins with an archive as any file of PyTorch does: only its name tells that more follow.
    return beginsLikeZip(head) && /^__\d+_\d+\.distcp$/.test(source.name);
  },
  open: openDistributed,
};

async function openDistributed(files: CheckpointFiles): Promise<Checkpoint> {
  const { entries, globals } = await readMetadata(await metadataOf(files));
  const items = new Items(files);
  const modelPaths = entries
    .filter(({ kind, path }) => kind !== 'object' && kindOf(path) === 'model')
    .map(({ path }) => path);
  const names = new Names(modelPaths);
  const tensors: Tensor[] = [];
  const skipped: Skipped[] = [];
  const objects: StoredObject[] = [];
  for (const entry of entries) {
    const kind = kindOf(entry.path);
    if (entry.kind === 'object') {
      const value = objects.length < maxObjects ? await objectOf(entry, items) : undefined;
      if (value !== undefined) objects.push({ path: entry.path, kind, value });
      continue;
    }
    const tensor = await toTensor(entry, names.nameOf(entry.path, kind), items);
    const role = roleOfKind[kind];
    if ('reason' in tensor) skipped.push(tensor);
    else tensors.push({ ...tensor, ...(role && { role }) });
  }
  const optimizers = optimizersOf(objects, entries);
  const others = objects.filter(({ path }) => !path.join('.').includes('param_groups'));
  return {
    format: 'pytorch-distributed',
    description: distributedFormat,
    framework: 'pytorch',
    files: files.opened.map(({ name, size }) => ({ name, byteLength: size })),
    tensors,
    skipped,
    optimizers,
    recorded: Object.fromEntries(others.map(({ path, value }) => [path.join('.'), value])),
    notices: [...noticesOf(globals), ...missingNotice(skipped)],
  };
}

/** The file itself, or the one beside the part that was opened. */
async function metadataOf(files: CheckpointFiles): Promise<CheckpointFiles['main']> {
  const { main } = files;
  if (!main.name.endsWith('.distcp')) return main;
  if (await files.has(metadataName)) return files.open(metadataName);
  throw new FormatError(
    distributedFormat,
    `${main.name} is a part of a checkpoint whose ${metadataName} is not beside it`,
    { remedy: `Put the file ${metadataName} of the checkpoint into the same folder` },
  );
}

async function toTensor(
  entry: Exclude<Entry, { kind: 'object' }>,
  name: string,
  items: Items,
): Promise<Tensor | Skipped> {
  if (entry.kind === 'unreadable') return { name, reason: entry.reason };
  const { dtype, dtypeName, shape, chunks } = entry;
  if (!dtype) return { name, reason: `dtype ${dtypeName} is not read` };
  const elementCount = elementCountOf(shape);
  if (!Number.isSafeInteger(elementCount)) {
    return { name, reason: `its shape ${shape.join('×')} is beyond any file` };
  }
  const stored = chunks.reduce((sum, { sizes }) => sum + elementCountOf(sizes), 0);
  if (stored !== elementCount) {
    return { name, reason: `has chunks of ${stored} elements, its shape needs ${elementCount}` };
  }
  const readable = [];
  for (const { item, offsets, sizes } of chunks) {
    const lack = await items.lack(item);
    if (lack !== undefined || !item) return { name, reason: lack ?? 'has no place' };
    const open = () => items.chunk(item, { name, dtype, sizes });
    readable.push({ offsets, sizes, open });
  }
  const data = chunkedData(name, { shape, dtype, chunks: readable });
  return { name, dtype, shape, data };
}

interface StoredObject {
  readonly path: readonly string[];
  readonly kind: PathKind;
  readonly value: Json;
}

/** A value beside the tensors; one that cannot be read is left out, as it decides nothing. */
async function objectOf(
  { item }: Extract<Entry, { kind: 'object' }>,
  items: Items,
): Promise<Json | undefined> {
  if (!item || item.length > maxObjectBytes || (await items.lack(item)) !== undefined)
    return undefined;
  try {
    return await items.json(item);
  } catch (error) {
    if (error instanceof FormatError) return undefined;
    throw error;
  }
}

/**
 * `param_groups` by index or, where the state dict was flattened by parameter, by name: groups of equal hyperparameters are
 * then one.
 */
function optimizersOf(
  objects: readonly StoredObject[],
  entries: readonly Entry[],
): OptimizerRecord[] {
  const groups = new Map<string, Map<string, Json>>();
  for (const { path, value } of objects) {
    const parts = path.join('.').split('.');
    const at = parts.indexOf('param_groups');
    const key = parts.at(-1);
    if (at < 0 || key === undefined || parts.length < at + 3) continue;
    const id = parts.slice(0, -1).join('.');
    const known = groups.get(id);
    if (known) known.set(key, value);
    else groups.set(id, new Map([[key, value]]));
  }
  if (groups.size === 0) return [];
  const merged = new Map<string, OptimizerGroup>();
  for (const group of groups.values()) {
    const params = group.get('params');
    group.delete('params');
    const hyperparameters: JsonObject = Object.fromEntries(group);
    const text = JSON.stringify(hyperparameters);
    const parameterCount =
      (Array.isArray(params) ? params.length : 1) + (merged.get(text)?.parameterCount ?? 0);
    merged.set(text, { hyperparameters, parameterCount });
  }
  const list = [...merged.values()];
  const stateKeys = new Set(
    entries
      .filter(({ kind, path }) => kind === 'tensor' && kindOf(path) === 'optimizer')
      .map(({ path }) => path.at(-1)?.split('.').at(-1) ?? ''),
  );
  const name = optimizerName(list[0]?.hyperparameters ?? {}, stateKeys);
  return [{ ...(name !== undefined && { name }), groups: list }];
}

function missingNotice(skipped: readonly Skipped[]): Notice[] {
  const first = skipped[0];
  if (!first) return [];
  const message = `${skipped.length} tensors cannot be read, "${first.name}" among them: ${first.reason}`;
  return [{ severity: 'problem', message }];
}
