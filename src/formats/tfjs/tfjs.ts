/**
 * TF.js models: a `model.json` with the topology (Keras layers, or a TensorFlow graph) and the manifest of the weight files
 * beside it.
 */
import type { CheckpointFiles } from '../../core/byteSource';
import type { Checkpoint, Notice, Skipped } from '../../core/checkpoint';
import { FormatError } from '../../core/errors';
import type { Format } from '../../core/format';
import { property, type Json } from '../../core/json';
import type { ModuleInfo, Tensor } from '../../core/tensor';
import { batchNormsOf } from '../keras/batchNorms';
import { layerLookup } from '../keras/layerLookup';
import { readModelConfig } from '../keras/modelConfig';
import { readOptimizer } from '../keras/optimizerRecord';
import { probe } from '../probe';
import { countOperations } from '../operationCounts';
import { graphLookup, readNodes } from './graphNodes';
import { readGroupTensors } from './groupTensors';
import { readManifest, tfjsFormat } from './manifest';

export const tfjs: Format = {
  id: 'tfjs',
  title: 'TF.js',
  async matches(probe) {
    return Array.isArray(property(await probe.json(), 'weightsManifest'));
  },
  open: openTfjs,
};

async function openTfjs(files: CheckpointFiles): Promise<Checkpoint> {
  const model = await readModel(files);
  const groups = readManifest(model);
  const topology = property(model, 'modelTopology');
  const isGraph = Array.isArray(property(topology, 'node'));
  const moduleOf = isGraph ? graphLookup(topology) : layersModule(topology);

  const tensors: Tensor[] = [];
  const skipped: Skipped[] = [];
  const notices: Notice[] = [];
  const names = new Set<string>();
  for (const group of groups) {
    const read = await readGroupTensors(files, group, ({ name }) => moduleOf(name));
    for (const tensor of read.tensors) {
      if (names.has(tensor.name)) {
        skipped.push({ name: tensor.name, reason: 'a second weight of this name' });
      } else tensors.push(tensor);
      names.add(tensor.name);
    }
    skipped.push(...read.skipped);
    notices.push(...read.notices);
  }
  const training = property(model, 'trainingConfig') ?? property(topology, 'training_config');
  const trained = tensors.filter(({ role, name }) => role === undefined && !/\/moving_/.test(name));
  const optimizer = readOptimizer(training, trained.length);
  return {
    format: 'tfjs',
    description: describe(isGraph, files.opened.length - 1),
    framework: 'tfjs',
    files: files.opened.map(({ name, size }) => ({ name, byteLength: size })),
    tensors,
    skipped,
    optimizers: optimizer ? [optimizer] : [],
    recorded: recordedOf(model, topology, training),
    ...declaredOf(topology, isGraph),
    notices,
    normalized: isGraph ? [] : batchNormsOf(modelConfig(topology), tensors),
  };
}

async function readModel({ main }: CheckpointFiles): Promise<Json> {
  const model = await (await probe(main)).json();
  if (model === undefined) throw new FormatError(tfjsFormat, `"${main.name}" is no JSON object`);
  return model;
}

/** Keras' own files have the configuration in `model_config`, those of TF.js at the top. */
function layersModule(topology: Json | undefined): (name: string) => ModuleInfo | undefined {
  return layerLookup(readModelConfig(modelConfig(topology)));
}

function modelConfig(topology: Json | undefined): Json | undefined {
  return property(topology, 'model_config') ?? topology;
}

function describe(isGraph: boolean, shardCount: number): string {
  const kind = isGraph ? 'graph model' : 'layers model';
  return `TF.js ${kind}, ${shardCount} weight ${shardCount === 1 ? 'file' : 'files'}`;
}

function recordedOf(
  model: Json,
  topology: Json | undefined,
  training: Json | undefined,
): { [key: string]: Json } {
  const recorded: { [key: string]: Json } = {};
  for (const key of ['format', 'generatedBy', 'convertedBy', 'userDefinedMetadata']) {
    const value = property(model, key);
    if (value !== undefined && value !== null) recorded[key] = value;
  }
  for (const key of ['keras_version', 'backend']) {
    const value = property(topology, key);
    if (value !== undefined && value !== null) recorded[key] = value;
  }
  if (training !== undefined && training !== null) recorded['training_config'] = training;
  return recorded;
}

function declaredOf(topology: Json | undefined, isGraph: boolean): { declared?: Json } {
  if (topology === undefined || topology === null) return {};
  if (isGraph) return { declared: { operations: countOperations(readNodes(topology)) } };
  return { declared: property(topology, 'model_config') ?? topology };
}
