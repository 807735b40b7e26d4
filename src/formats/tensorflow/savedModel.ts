/**
 * SavedModel: `saved_model.pb` with graphs and objects, and the values in the folder `variables` beside it.
 *
 *     SavedModel    1 saved_model_schema_version, 2 meta_graphs
 *     MetaGraphDef  1 meta_info_def (4 tags, 5 tensorflow_version), 2 graph_def, 7 object_graph_def
 *
 * @see https://github.com/tensorflow/tensorflow/blob/master/tensorflow/core/protobuf/saved_model.proto
 */
import type { CheckpointFiles } from '../../core/byteSource';
import type { Checkpoint, Notice } from '../../core/checkpoint';
import type { Format } from '../../core/format';
import { property, type Json } from '../../core/json';
import { readOptimizer } from '../keras/optimizerRecord';
import { type Range, WireReader } from '../onnx/wire';
import { constantsOf, declaredOf } from './frozenGraph';
import { type GraphNode, readGraph } from './graphDef';
import { GraphUses } from './graphUses';
import { type BundleTensors, openBundle } from './openBundle';
import { layersOf, readKerasMetadata, readSavedObjects, type SavedObjects } from './savedObjects';

const format = 'TensorFlow SavedModel';
const prefix = 'variables/variables';
const metadataName = 'keras_metadata.pb';

export const savedModel: Format = {
  id: 'tensorflow-saved-model',
  title: 'TensorFlow SavedModel',
  // Schema version 1, then a graph: a message that begins with its field 1 or 2. ONNX has a text in this place.
  matches: ({ head }) => {
    if (head[0] !== 0x08 || head[1] !== 0x01 || head[2] !== 0x12) return false;
    let at = 3;
    while ((head[at] ?? 0) >= 0x80) at++;
    return head[at + 1] === 0x0a || head[at + 1] === 0x12;
  },
  open: openSavedModel,
};

async function openSavedModel(files: CheckpointFiles): Promise<Checkpoint> {
  const reader = new WireReader(files.main, format);
  const { tags, version, nodes, objects } = await readMetaGraph(reader, files);
  const values = await valuesOf(files, { reader, nodes, objects });
  const root = objects.metadata.get(0);
  const optimizer = readOptimizer(property(root, 'training_config'), trainedCount(values));
  const { operations, modules } = await declaredParts(reader, nodes);
  const config = property(root, 'config');
  return {
    format: 'tensorflow-saved-model',
    description: version === '' ? format : `${format}, TensorFlow ${version}`,
    framework: values.framework,
    files: files.opened.map(({ name, size }) => ({ name, byteLength: size })),
    tensors: values.tensors,
    skipped: values.skipped,
    optimizers: optimizer ? [optimizer] : values.optimizers,
    recorded: {
      ...(version !== '' && { tensorflow_version: version }),
      ...(tags.length > 0 && { tags }),
      ...recordedOf(root),
      ...values.recorded,
    },
    declared: {
      ...(config !== undefined && { class_name: property(root, 'class_name') ?? null, config }),
      ...(config === undefined && { operations }),
      ...(modules !== undefined && { modules }),
    },
    notices: values.notices,
  };
}

interface MetaGraph {
  readonly tags: readonly string[];
  readonly version: string;
  readonly nodes: readonly GraphNode[];
  readonly objects: SavedObjects;
}

/** The first graph with objects; models of TensorFlow 1 may have several, which share their variables. */
async function readMetaGraph(reader: WireReader, files: CheckpointFiles): Promise<MetaGraph> {
  const fields = await reader.fields({ offset: 0, length: reader.source.size });
  const graphs = fields.filter(({ number, wire }) => number === 2 && wire === 'bytes');
  const [first] = graphs;
  if (!first) throw reader.fault('has no graph', 0);
  let tags: string[] = [];
  let version = '';
  let nodes: readonly GraphNode[] = [];
  let objects: SavedObjects = { children: [], metadata: new Map() };
  for (const field of await reader.fields(first)) {
    if (field.number === 1) ({ tags, version } = await readInfo(reader, field));
    if (field.number === 2) nodes = await readGraph(reader, field);
    if (field.number === 7) objects = await readSavedObjects(reader, field);
  }
  if (await files.has(metadataName)) {
    const apart = await readKerasMetadata(await files.open(metadataName));
    objects = { ...objects, metadata: new Map([...objects.metadata, ...apart]) };
  }
  return { tags, version, nodes, objects };
}

async function readInfo(
  reader: WireReader,
  range: Range,
): Promise<{ tags: string[]; version: string }> {
  const tags: string[] = [];
  let version = '';
  for (const field of await reader.fields(range)) {
    if (field.number === 4) tags.push(await reader.text(field, 'a tag'));
    if (field.number === 5) version = await reader.text(field, 'a version');
  }
  return { tags, version };
}

type Values = Pick<
  BundleTensors,
  'tensors' | 'skipped' | 'optimizers' | 'recorded' | 'notices' | 'framework'
>;

/** The variables; the constants of the graph where it has none, as frozen models and those of TensorFlow Hub. */
async function valuesOf(
  files: CheckpointFiles,
  { reader, nodes, objects }: Pick<MetaGraph, 'nodes' | 'objects'> & { reader: WireReader },
): Promise<Values> {
  const index = `${prefix}.index`;
  if (await files.has(index)) {
    return openBundle({
      files,
      index: await files.open(index),
      prefix,
      knowledge: {
        layers: (graph) => layersOf(objects, graph),
        module: variableMeaning(nodes),
      },
    });
  }
  const { tensors, skipped } = await constantsOf(reader, nodes);
  const lacksVariables = nodes.some(({ op }) => /^(?:VarHandleOp|VariableV2|RestoreV2)$/.test(op));
  const message = `The values of the variables are missing: "${index}" is not beside ${files.main.name}`;
  const notices: Notice[] = lacksVariables ? [{ severity: 'problem', message }] : [];
  return { tensors, skipped, optimizers: [], recorded: {}, notices, framework: 'tensorflow' };
}

/** What the operations of a graph say of its variables, by the names under which they are saved. */
export function variableMeaning(nodes: readonly GraphNode[]) {
  const uses = new GraphUses(nodes);
  const byName = new Map<string, string>();
  for (const { name, op, attributes } of nodes) {
    if (!/^(?:VarHandleOp|VariableV2|Variable)$/.test(op)) continue;
    const shared = attributes.get('shared_name');
    byName.set(typeof shared === 'string' && shared !== '' ? shared : name, name);
  }
  return (name: string, shape: readonly number[]) => {
    const node = byName.get(name);
    const meaning = node === undefined ? undefined : uses.meaning(node, shape);
    return meaning?.role === 'aux' ? undefined : meaning;
  };
}

async function declaredParts(
  reader: WireReader,
  nodes: readonly GraphNode[],
): Promise<{ operations: Json; modules: Json | undefined }> {
  const declared = await declaredOf(reader, nodes);
  return {
    operations: property(declared, 'operations') ?? {},
    modules: property(declared, 'modules'),
  };
}

function trainedCount({ tensors }: Values): number {
  const untrained = /\/(?:moving_mean|moving_variance|mean|variance|count)$/;
  return tensors.filter(({ role, name }) => role === undefined && !untrained.test(name)).length;
}

/** What Keras records at the root, without the optimizer, which has its own record. */
function recordedOf(root: Json | undefined): { [key: string]: Json } {
  const recorded: { [key: string]: Json } = {};
  for (const key of ['keras_version', 'backend']) {
    const value = property(root, key);
    if (value !== undefined && value !== null) recorded[key] = value;
  }
  const training = property(root, 'training_config');
  for (const key of ['loss', 'metrics', 'weighted_metrics', 'loss_weights']) {
    const value = property(training, key);
    if (value !== undefined && value !== null) recorded[key] = value;
  }
  return recorded;
}
