/**
 * TensorFlow's checkpoints: an index (`.index`) and values in shards (`.data-00000-of-00001`), of TensorFlow 1 and 2. Any of the
 * files opens the whole, and so does the text file `checkpoint` beside them.
 *
 * @see https://www.tensorflow.org/guide/checkpoint
 */
import type { ByteSource, CheckpointFiles } from '../../core/byteSource';
import type { Checkpoint, Notice } from '../../core/checkpoint';
import { FormatError } from '../../core/errors';
import type { Format } from '../../core/format';
import type { Json } from '../../core/json';
import { WireReader } from '../onnx/wire';
import { declaredOf } from './frozenGraph';
import { type GraphNode, readGraph } from './graphDef';
import { openBundle } from './openBundle';
import { variableMeaning } from './savedModel';
import { isStateFile, latestCheckpoint } from './stateFile';
import { isTable } from './table';

export { frozenGraph } from './frozenGraph';
export { savedModel } from './savedModel';

const format = 'TensorFlow checkpoint';
const shardName = /\.data-\d{5}-of-\d{5}$/;

export const tensorflowIndex: Format = {
  id: 'tensorflow',
  title: 'TensorFlow checkpoint',
  matches: ({ source }) => isTable(source),
  open: (files) => openIndex(files, files.main, files.main.name.replace(/\.index$/, '')),
};

export const tensorflowState: Format = {
  id: 'tensorflow-state',
  title: 'TensorFlow checkpoint state',
  matches: ({ head }) => isStateFile(head),
  open: async (files) => openBeside(files, await latestCheckpoint(files.main)),
};

/** Values alone carry no mark: only their name tells, so that every other format is asked before. */
export const tensorflowShard: Format = {
  id: 'tensorflow-shard',
  title: 'TensorFlow checkpoint shard',
  matches: ({ source }) => shardName.test(source.name),
  open: (files) => openBeside(files, files.main.name.replace(shardName, '')),
};

async function openBeside(files: CheckpointFiles, prefix: string): Promise<Checkpoint> {
  const name = `${prefix}.index`;
  if (!(await files.has(name))) {
    throw new FormatError(format, `${files.main.name} needs "${name}" beside it`, {
      remedy: 'Copy the whole checkpoint: the file .index and all files .data-…',
    });
  }
  return openIndex(files, await files.open(name), prefix);
}

async function openIndex(
  files: CheckpointFiles,
  index: ByteSource,
  prefix: string,
): Promise<Checkpoint> {
  const meta = await readMeta(files, `${prefix}.meta`);
  const knowledge = meta.nodes.length > 0 ? { module: variableMeaning(meta.nodes) } : {};
  const bundle = await openBundle({ files, index, prefix, knowledge });
  const { kind, shardCount, ...checkpoint } = bundle;
  const shards = shardCount === 1 ? '1 shard' : `${shardCount} shards`;
  return {
    format: 'tensorflow',
    description: `TensorFlow checkpoint, ${kind}, ${shards}`,
    files: files.opened.map(({ name, size }) => ({ name, byteLength: size })),
    ...checkpoint,
    ...(meta.declared !== undefined && { declared: meta.declared }),
    notices: [...checkpoint.notices, ...meta.notices],
  };
}

interface Meta {
  readonly nodes: readonly GraphNode[];
  readonly declared?: Json;
  readonly notices: readonly Notice[];
}

/** The graph that TensorFlow 1 writes beside a checkpoint. The weights are shown without it, too. */
async function readMeta(files: CheckpointFiles, name: string): Promise<Meta> {
  if (!(await files.has(name))) return { nodes: [], notices: [] };
  const source = await files.open(name);
  try {
    const reader = new WireReader(source, 'TensorFlow graph');
    const fields = await reader.fields({ offset: 0, length: source.size });
    const graph = fields.find(({ number, wire }) => number === 2 && wire === 'bytes');
    const nodes = graph ? await readGraph(reader, graph) : [];
    return { nodes, declared: await declaredOf(reader, nodes), notices: [] };
  } catch (error) {
    if (!(error instanceof FormatError)) throw error;
    const message = `The graph beside the checkpoint cannot be read: ${name}: ${error.reason}`;
    return { nodes: [], notices: [{ severity: 'warn', message }] };
  }
}
