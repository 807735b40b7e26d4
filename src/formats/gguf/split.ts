/**
 * A model in several files, `name-00001-of-00003.gguf`: each is a GGUF file of its own with `split.no` (from 0), `split.count`
 * and `split.tensors.count` in its metadata.
 *
 * @see https://github.com/ggml-org/llama.cpp/tree/master/tools/gguf-split
 */
import type { ByteSource, CheckpointFiles } from '../../core/byteSource';
import type { Notice } from '../../core/checkpoint';
import { FormatError } from '../../core/errors';
import { type GgufHeader, readHeader } from './header';

/** The largest published models have some dozens. */
const maxParts = 1000;

export interface Part {
  readonly source: ByteSource;
  readonly header: GgufHeader;
}

export interface Parts {
  /** In their order; at least the file that was opened. */
  readonly parts: readonly Part[];
  readonly notices: readonly Notice[];
}

export function isGguf(head: Uint8Array): boolean {
  return String.fromCharCode(...head.subarray(0, 4)) === 'GGUF';
}

/** The opened file and the other parts of its model that lie beside it. */
export async function partsOf(files: CheckpointFiles, header: GgufHeader): Promise<Parts> {
  const own: Part = { source: files.main, header };
  const count = numberAt(header, 'split.count');
  if (count < 2) return { parts: [own], notices: [] };
  const number = numberAt(header, 'split.no') + 1;
  const nameOf = siblingNames(files.main.name, number, count);
  if (!nameOf || count > maxParts) {
    const message = `Part ${number} of ${count} of a model; the others are not told by its name`;
    return { parts: [own], notices: [{ severity: 'info', message }] };
  }
  const parts: Part[] = [];
  const notices: Notice[] = [];
  for (let i = 1; i <= count; i++) {
    if (i === number) {
      parts.push(own);
      continue;
    }
    try {
      parts.push(await openPart(await files.open(nameOf(i)), i, count));
    } catch (error) {
      if (!(error instanceof FormatError)) throw error;
      const message = `${nameOf(i)} is missing from this report: ${error.message}`;
      notices.push({ severity: 'problem', message });
    }
  }
  const total = numberAt(header, 'split.tensors.count');
  const found = parts.reduce((sum, part) => sum + part.header.tensors.length, 0);
  if (notices.length === 0 && total > 0 && total !== found) {
    const message = `The parts have ${found} tensors, they say ${total}`;
    notices.push({ severity: 'warn', message });
  }
  return { parts, notices: counted(notices, total - found) };
}

async function openPart(source: ByteSource, number: number, count: number): Promise<Part> {
  const head = await source.read(0, Math.min(4, source.size));
  if (!isGguf(head)) throw new FormatError(source.name, 'is no GGUF file');
  const header = await readHeader(source);
  const ownNumber = numberAt(header, 'split.no') + 1;
  const ownCount = numberAt(header, 'split.count');
  if (ownNumber !== number || ownCount !== count) {
    throw new FormatError(
      source.name,
      `says that it is part ${ownNumber} of ${ownCount}, not ${number} of ${count}`,
    );
  }
  return { source, header };
}

/** Tells with the last missing part how many tensors are missing. */
function counted(notices: readonly Notice[], missing: number): readonly Notice[] {
  const last = notices.at(-1);
  if (last?.severity !== 'problem' || !(missing > 0)) return notices;
  const message = `${last.message}; ${missing} tensors are missing in all`;
  return [...notices.slice(0, -1), { ...last, message }];
}

/** Names by number, if the file's own name is of the usual form and tells the same numbers as its metadata. */
function siblingNames(
  name: string,
  number: number,
  count: number,
): ((number: number) => string) | undefined {
  const [, stem, ownNumber, ownCount] = /^(.*)-(\d{5})-of-(\d{5})\.gguf$/.exec(name) ?? [];
  if (stem === undefined || Number(ownNumber) !== number || Number(ownCount) !== count) {
    return undefined;
  }
  return (other) => `${stem}-${String(other).padStart(5, '0')}-of-${ownCount}.gguf`;
}

function numberAt({ metadata }: GgufHeader, key: string): number {
  const value = metadata.get(key);
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0 ? value : 0;
}
