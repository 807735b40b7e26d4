/**
 * Orbax: a folder of Zarr arrays, one for each leaf of a tree, as files of their own or inside an OCDBT database.
 *
 *     _METADATA            names of the leaves as paths of keys, and how they are stored
 *     manifest.ocdbt, d/   the database; or <leaf>/.zarray, <leaf>/zarr.json and chunks
 *     _CHECKPOINT_METADATA of a step of a training run; items lie beside it or in folders: default/_METADATA
 *
 * @see https://orbax.readthedocs.io/en/latest/guides/checkpoint/checkpoint_format.html
 */
import type { ByteSource, CheckpointFiles } from '../../core/byteSource';
import type { Checkpoint, Notice, Skipped } from '../../core/checkpoint';
import { FormatError } from '../../core/errors';
import type { Format } from '../../core/format';
import { isJsonObject, type Json, property } from '../../core/json';
import { elementCountOf, type Tensor } from '../../core/tensor';
import { TreeRoles } from '../flax/treeRoles';
import { numbersOf } from '../numbers';
import { WindowCache } from '../strided';
import { folderValues } from './keyValues';
import { manifestName, openOcdbt } from './ocdbt';
import { isManifest } from './ocdbtNodes';
import { leavesOf, type TreeLeaf } from './treeMetadata';
import { LastUnpacked, lackOfArray, type ZarrContext, zarrData } from './zarrArray';
import { parseZarr } from './zarrMetadata';

const metadataName = '_METADATA';
/** Items that training programs keep their model under. */
const itemNames = ['default', 'state', 'params', 'model', 'model_params', 'train_state', 'items'];
const maxJsonBytes = 64 * 2 ** 20;

export const orbax: Format = {
  id: 'orbax',
  title: 'Orbax',
  async matches(probe) {
    if (isManifest(probe.head)) return true;
    const json = await probe.json();
    return (
      property(json, 'tree_metadata') !== undefined || property(json, 'item_handlers') !== undefined
    );
  },
  open: openOrbax,
};

async function openOrbax(files: CheckpointFiles): Promise<Checkpoint> {
  const prefix = await folderOf(files);
  const hasTree = await files.has(prefix + metadataName);
  const tree = hasTree ? await jsonOf(await files.open(prefix + metadataName)) : undefined;
  const isDatabase = await files.has(prefix + manifestName);
  const values = isDatabase ? await openOcdbt(files, prefix) : folderValues(files, prefix);
  const context: ZarrContext = {
    files,
    values,
    windows: new WindowCache(),
    unpacked: new LastUnpacked(),
  };
  const leaves = leavesOf(tree, values.keys());
  const roles = new TreeRoles(leaves.map(({ path }) => path));
  const tensors: Tensor[] = [];
  const skipped: Skipped[] = [];
  const recorded: [string, Json][] = [];
  for (const leaf of leaves) {
    const name = roles.nameOf(leaf.path);
    const tensor = await toTensor(name, leaf, context);
    if (tensor === undefined) continue;
    if ('reason' in tensor) {
      skipped.push(tensor);
      continue;
    }
    const role = roles.roleOf(leaf.path);
    const isNumber = leaf.type === 'scalar';
    if (isNumber || (tensor.shape.length === 0 && roles.isCounter(leaf.path))) {
      const value = await scalarOf(tensor);
      if (value !== undefined) recorded.push([name, value]);
    }
    // A number of Python's is no array, though it is stored as one.
    if (!isNumber) tensors.push({ ...tensor, ...(role && { role }) });
  }
  const strings = await stringsOf(files, prefix);
  const hyperparameters = recorded
    .filter(([name]) => /(^|\/)hyperparams\/[^/]+$/.test(name))
    .map(([name, value]): [string, Json] => [name.slice(name.lastIndexOf('/') + 1), value]);
  return {
    format: 'orbax',
    description: `Orbax, ${isDatabase ? 'OCDBT' : 'Zarr'}`,
    framework: 'jax',
    files: filesOf(files),
    tensors,
    skipped,
    optimizers: roles.optimizers(Object.fromEntries(hyperparameters)),
    recorded: Object.fromEntries([...recorded, ...strings]),
    notices: missingNotice(skipped, leaves.length),
  };
}

/** Prefix of the item's folder: '' where it lies beside the opened file. */
async function folderOf(files: CheckpointFiles): Promise<string> {
  const isHere = (await files.has(metadataName)) || (await files.has(manifestName));
  if (isHere) return '';
  const { main } = files;
  const json = await jsonOf(main);
  const handlers = property(json, 'item_handlers');
  // The tree or the manifest itself may have been renamed.
  if (property(json, 'tree_metadata') !== undefined) throw unknownFolder(main);
  const declared = isJsonObject(handlers) ? Object.keys(handlers) : [];
  for (const item of new Set([
    ...itemNames.filter((name) => declared.includes(name)),
    ...declared,
  ])) {
    const isItem =
      (await files.has(`${item}/${metadataName}`)) || (await files.has(`${item}/${manifestName}`));
    if (isItem) return `${item}/`;
  }
  throw unknownFolder(main);
}

function unknownFolder({ name }: ByteSource): FormatError {
  return new FormatError(
    'Orbax',
    `${name} has neither ${metadataName} nor ${manifestName} beside it`,
    {
      remedy: 'Open the file _METADATA in the folder that has the arrays',
    },
  );
}

async function toTensor(
  name: string,
  { key, type }: TreeLeaf,
  context: ZarrContext,
): Promise<Tensor | Skipped | undefined> {
  // Strings lie in a file of their own, and None nowhere.
  if (type === 'string' || type === 'None') return undefined;
  const { values, files } = context;
  const metadata = (await values.open(`${key}/.zarray`)) ?? (await values.open(`${key}/zarr.json`));
  if (!metadata) return { name, reason: `has no array "${key}" in the checkpoint` };
  const json = await jsonOf(metadata);
  const array = parseZarr(json ?? null);
  if (typeof array === 'string') return { name, reason: array };
  const lack = lackOfArray(array, files);
  if (lack !== undefined) return { name, reason: lack };
  const { dtype, shape } = array;
  return { name, dtype, shape, data: zarrData(key, array, context) };
}

async function scalarOf({ dtype, shape, data }: Tensor): Promise<Json | undefined> {
  if (elementCountOf(shape) !== 1) return undefined;
  const [value = NaN] = numbersOf(dtype, await data.read(0, 1));
  return Number.isFinite(value) ? value : String(value);
}

/** Texts among the leaves. */
async function stringsOf(files: CheckpointFiles, prefix: string): Promise<[string, Json][]> {
  const name = `${prefix}_strings.json`;
  if (!(await files.has(name))) return [];
  const json = await jsonOf(await files.open(name));
  return isJsonObject(json) ? Object.entries(json).slice(0, 100) : [];
}

async function jsonOf(source: ByteSource): Promise<Json | undefined> {
  if (source.size > maxJsonBytes) {
    throw new FormatError(
      'Orbax',
      `${source.name} has ${source.size} bytes, the limit is ${maxJsonBytes}`,
    );
  }
  try {
    const value: unknown = JSON.parse(new TextDecoder().decode(await source.read(0, source.size)));
    // JSON.parse gives nothing but JSON.
    return value as Json;
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

/** A folder of arrays has thousands of small files: the first hundred are told. */
function filesOf({ opened }: CheckpointFiles): Checkpoint['files'] {
  return opened.slice(0, 100).map(({ name, size }) => ({ name, byteLength: size }));
}

function missingNotice(skipped: readonly Skipped[], count: number): Notice[] {
  const [first] = skipped;
  if (!first) return [];
  const message = `${skipped.length} of ${count} arrays cannot be read: "${first.name}" ${first.reason}`;
  return [{ severity: 'problem', message }];
}
