/**
 * TensorFlow's checkpoints: an index (`.index`) and values in shards (`.data-00000-of-00001`), of TensorFlow 1 and 2. Any of the
 * files opens the whole, and so does the text file `checkpoint` beside them.
 *
 * @see https://www.tensorflow.org/guide/checkpoint
 */
import type { ByteSource, CheckpointFiles } from '../../core/byteSource';
import type { Checkpoint } from '../../core/checkpoint';
import { FormatError } from '../../core/errors';
import type { Format } from '../../core/format';
import { openBundle } from './openBundle';
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
  const { kind, shardCount, ...bundle } = await openBundle({ files, index, prefix });
  const shards = shardCount === 1 ? '1 shard' : `${shardCount} shards`;
  return {
    format: 'tensorflow',
    description: `TensorFlow checkpoint, ${kind}, ${shards}`,
    files: files.opened.map(({ name, size }) => ({ name, byteLength: size })),
    ...bundle,
  };
}
