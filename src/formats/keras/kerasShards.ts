/**
 * Keras 3 weights in several files: `model.weights.json` maps each group of variables to the files that hold them.
 *
 *     { "metadata": {"total_size": 7400}, "weight_map": {"/layers/dense/vars": ["model_00000.weights.h5"]} }
 */
import type { CheckpointFiles } from '../../core/byteSource';
import type { Checkpoint, Notice } from '../../core/checkpoint';
import { FormatError } from '../../core/errors';
import type { Format } from '../../core/format';
import { isJsonObject, property, type Json } from '../../core/json';
import { Hdf5File } from '../hdf5/hdf5File';
import { probe } from '../probe';
import { kerasCheckpoint } from './kerasCheckpoint';
import { keras3Tensors } from './keras3Tensors';
import { readVarsGroups, type VarsGroup } from './varsGroups';

/** Each shard opened holds a library of some 20 MB. */
const maxShards = 64;

export const kerasShards: Format = {
  id: 'keras-shards',
  title: 'Keras 3 sharded weights',
  matches: async (file) => shardNames(await file.json()) !== undefined,
  open: openShards,
};

async function openShards(files: CheckpointFiles): Promise<Checkpoint> {
  const index = await (await probe(files.main)).json();
  const names = shardNames(index);
  if (!names) throw new FormatError('Keras', `"${files.main.name}" has no weight_map`);
  if (names.length > maxShards) {
    throw new FormatError('Keras', `${names.length} shards, the limit is ${maxShards}`);
  }
  const groups = new Map<string, VarsGroup>();
  const notices: Notice[] = [];
  for (const name of names) {
    if (!(await files.has(name))) {
      notices.push({ severity: 'problem', message: `The weight file "${name}" is missing` });
      continue;
    }
    for (const group of readVarsGroups(await Hdf5File.open(await files.open(name)))) {
      const known = groups.get(group.path);
      const variables = [...(known?.variables ?? []), ...group.variables];
      groups.set(group.path, { ...group, ...known, variables });
    }
  }
  const checkpoint = kerasCheckpoint(files, {
    format: 'keras-shards',
    description: `Keras 3 weights, ${names.length} shards`,
    weights: [keras3Tensors([...groups.values()], undefined)],
    recorded: {},
  });
  return { ...checkpoint, notices };
}

/** Distinct shard files; undefined if this is no such index. */
function shardNames(index: Json | undefined): readonly string[] | undefined {
  const map = property(index, 'weight_map');
  if (!isJsonObject(map)) return undefined;
  const entries = Object.entries(map);
  if (entries.length === 0 || !entries.every(([key]) => /^\/(?:.*\/)?vars$/.test(key))) {
    return undefined;
  }
  const names = entries.flatMap(([, value]): unknown[] => (Array.isArray(value) ? value : [value]));
  return [...new Set(names.filter((name): name is string => typeof name === 'string'))];
}
