import type { ByteSource, CheckpointFiles } from '../../core/byteSource';
import type { Checkpoint, Skipped } from '../../core/checkpoint';
import { FormatError } from '../../core/errors';
import type { Format } from '../../core/format';
import type { Json } from '../../core/json';
import type { Tensor } from '../../core/tensor';
import { readHeader } from './header';
import { isGguf, partsOf } from './split';
import { openTensor } from './tensors';

export const gguf: Format = {
  id: 'gguf',
  title: 'GGUF',
  matches: ({ head }) => isGguf(head),
  open: openGguf,
};

async function openGguf(files: CheckpointFiles): Promise<Checkpoint> {
  const { main } = files;
  const header = await readHeader(main);
  const { parts, notices } = await partsOf(files, header);
  const tensors: Tensor[] = [];
  const skipped: Skipped[] = [];
  const names = new Set<string>();
  const all: { source: ByteSource; metadata: ReadonlyMap<string, Json> }[] = [];
  for (const part of parts) {
    const { source, header: own } = part;
    all.push({ source, metadata: own.metadata });
    for (const info of own.tensors) {
      if (names.has(info.name)) throw new FormatError('GGUF', `has two tensors "${info.name}"`);
      names.add(info.name);
      const tensor = openTensor(source, info);
      if ('reason' in tensor) skipped.push(tensor);
      else tensors.push(tensor);
    }
  }
  // The first part has the model's metadata, the others only their place among the parts.
  const metadata = new Map(all.reverse().flatMap((part) => [...part.metadata]));
  const architecture = metadata.get('general.architecture');
  const shards = parts.length > 1 ? `, ${parts.length} files` : '';
  return {
    format: 'gguf',
    description: `GGUF ${header.version}${typeof architecture === 'string' ? `, ${architecture}` : ''}${shards}`,
    // Rows are output units: sizes stand fastest first in the file and are turned round.
    framework: 'pytorch',
    files: parts.map(({ source }) => ({ name: source.name, byteLength: source.size })),
    tensors,
    skipped,
    optimizers: [],
    recorded: {},
    declared: Object.fromEntries(metadata),
    notices,
  };
}
