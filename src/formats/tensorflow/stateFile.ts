/** The text file `checkpoint` that TensorFlow keeps beside its checkpoints: which of them is the latest. */
import type { ByteSource } from '../../core/byteSource';
import { FormatError } from '../../core/errors';

const maxBytes = 2 ** 20;
const pathPattern = /^\s*model_checkpoint_path\s*:\s*"((?:[^"\\\n]|\\.)*)"/m;

/** Whether a text begins as such a file does. */
export function isStateFile(head: Uint8Array): boolean {
  return pathPattern.test(new TextDecoder().decode(head));
}

/** Name of the latest checkpoint, in the folder of the file: the folder may have been moved since. */
export async function latestCheckpoint(source: ByteSource): Promise<string> {
  const bytes = await source.read(0, Math.min(source.size, maxBytes));
  const found = pathPattern.exec(new TextDecoder().decode(bytes))?.[1] ?? '';
  const path = found.replace(/\\(.)/g, '$1');
  const isElsewhere = /^(?:[/\\]|[A-Za-z]+:)/.test(path);
  const name = isElsewhere
    ? path.slice(Math.max(path.lastIndexOf('/'), path.lastIndexOf('\\')) + 1)
    : path;
  if (name === '') throw new FormatError('TensorFlow checkpoint', `${source.name} names none`);
  return name;
}
