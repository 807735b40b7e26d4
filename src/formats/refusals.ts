/**
 * Files that people open in hope and that no reader claims: what each is and what to do about it.
 */
import { FormatError } from '../core/errors';
import type { Format, Probe } from '../core/format';
import { alarmsOf, type GlobalUse, namesIn, unpickle } from './pickle';
import { beginsLikeJson, beginsLikeZip } from './probe';
import { openZip } from './zip';

/** A pickle by itself is read up to here for the names it imports. */
const maxPickleBytes = 64 * 2 ** 20;
/** How many names a message tells. */
const maxNames = 12;

/** Bytes as they stand at the start of a file, `at` bytes in, and what a file is that has them there. */
interface Signature {
  readonly at: number;
  readonly bytes: string;
  readonly format: string;
  readonly reason: string;
  readonly remedy?: string;
}

const signatures: readonly Signature[] = [
  {
    at: 0,
    bytes: '\x89HDF\r\n\x1a\n',
    format: 'HDF5',
    reason: 'has no weights in a layout that is known',
  },
  {
    at: 0,
    bytes: '\x1f\x8b',
    format: 'gzip',
    reason: 'is a compressed file',
    remedy: 'Unpack it and open what is inside',
  },
  {
    at: 0,
    bytes: '\xfd7zXZ\0',
    format: 'xz',
    reason: 'is a compressed file',
    remedy: 'Unpack it and open what is inside',
  },
  {
    at: 0,
    bytes: "7z\xbc\xaf'\x1c",
    format: '7z',
    reason: 'is a compressed archive',
    remedy: 'Unpack it and open what is inside',
  },
  {
    at: 0,
    bytes: '\x28\xb5\x2f\xfd',
    format: 'Zstandard',
    reason: 'is a compressed file',
    remedy: 'Unpack it and open what is inside',
  },
  { at: 0, bytes: 'BZh', format: 'bzip2', reason: 'is a compressed file', remedy: 'Unpack it' },
  {
    at: 0,
    bytes: '\x93NUMPY',
    format: 'NumPy array',
    reason: 'has a header that is not read',
  },
];

const tarBlock = 512;
/** An archive of PyTorch has four. */
const maxTarEntries = 256;
const tarPickles = /(^|\/)(pickle|sys_info|storages|tensors|[^/]*\.(pkl|pickle))$/;

type Explain = (file: Probe) => FormatError | undefined | Promise<FormatError | undefined>;

/** Why a file that no format claims is not shown. */
export async function refusal(file: Probe, formats: readonly Format[]): Promise<FormatError> {
  for (const explain of explanations) {
    const error = await explain(file);
    if (error) return error;
  }
  const first = [...file.head.subarray(0, 16)].map((byte) => byte.toString(16).padStart(2, '0'));
  return new FormatError(
    file.source.name,
    `is of no checkpoint format that RegLens knows; it begins with ${first.join(' ')}`,
    { byteOffset: 0, remedy: `It reads ${formats.map(({ title }) => title).join(', ')}` },
  );
}

const explanations: readonly Explain[] = [
  empty,
  lfsPointer,
  signature,
  damagedZip,
  plainPickle,
  oldTar,
  tensorflow,
  rawPart,
  text,
];

function empty({ source }: Probe): FormatError | undefined {
  if (source.size > 0) return undefined;
  return new FormatError(source.name, 'is empty', {
    remedy: 'The training run may still be writing it, or the disk was full',
  });
}

/** @see https://github.com/git-lfs/git-lfs/blob/main/docs/spec.md */
function lfsPointer({ source, head }: Probe): FormatError | undefined {
  const text = latin1(head);
  if (!text.startsWith('version https://git-lfs')) return undefined;
  const oid = /^oid (\S+)/m.exec(text)?.[1] ?? 'unknown';
  const size = /^size (\d+)/m.exec(text)?.[1] ?? 'unknown';
  return new FormatError(
    'Git LFS pointer',
    `${source.name} is a pointer to a file of ${size} bytes (${oid}), not the file itself`,
    { byteOffset: 0, remedy: 'Run `git lfs pull` in the repository' },
  );
}

function signature({ head, source }: Probe): FormatError | undefined {
  const text = latin1(head.subarray(0, 64));
  const found = signatures.find(({ at, bytes }) => text.startsWith(bytes, at));
  if (!found) return undefined;
  const { format, reason, remedy, at } = found;
  return new FormatError(format, `${source.name} ${reason}`, { byteOffset: at, remedy });
}

/** An archive without its end, or one whose directory lies; else one that holds no checkpoint. */
async function damagedZip({ source, head }: Probe): Promise<FormatError | undefined> {
  if (!beginsLikeZip(head)) return undefined;
  try {
    const { names } = await openZip(source);
    return new FormatError(
      'ZIP',
      `${source.name} holds no checkpoint that is known; its entries are ${listed(names)}`,
    );
  } catch (error) {
    if (!(error instanceof FormatError)) throw error;
    if (!/end of central directory not found/i.test(error.message)) return error;
    return new FormatError(
      'ZIP',
      `${source.name} has no directory at its end: it looks cut short at ${source.size} bytes`,
      {
        byteOffset: source.size,
        remedy: 'Compare its size with the original and download or save it again',
      },
    );
  }
}

async function plainPickle({ source, head }: Probe): Promise<FormatError | undefined> {
  // PROTO of 2 and later; text protocols begin with nothing that would tell them.
  if (head[0] !== 0x80 || (head[1] ?? 9) > 5 || source.size > maxPickleBytes) return undefined;
  try {
    const { globals } = unpickle(await source.read(0, source.size));
    const alarms = alarmsOf(globals);
    const warning = alarms === undefined ? '' : `; it tries to run ${alarms} when it is loaded`;
    const names = globals.size > 0 ? listed([...globals.keys()]) : 'nothing';
    return new FormatError(
      'pickle',
      `${source.name} is a plain pickle, which holds no tensors that are known; it imports ${names}${warning}`,
      { byteOffset: 0, remedy: 'Save the weights with torch.save, numpy.savez or safetensors' },
    );
  } catch (error) {
    if (!(error instanceof FormatError)) throw error;
    return new FormatError('pickle', `${source.name} begins like a pickle; ${error.reason}`, {
      byteOffset: error.byteOffset,
      remedy: error.remedy ?? 'Check that the file is complete',
    });
  }
}

async function oldTar({ source, head }: Probe): Promise<FormatError | undefined> {
  if (latin1(head.subarray(257, 262)) !== 'ustar') return undefined;
  const alarms = alarmsOf(await globalsInTar(source));
  const warning = alarms === undefined ? '' : `; it tries to run ${alarms} when it is loaded`;
  return new FormatError('tar', `${source.name} is a tar archive, not a checkpoint${warning}`, {
    byteOffset: 257,
    remedy:
      alarms === undefined
        ? 'Unpack it and open what is inside; if it is of PyTorch before 0.2, save it again there'
        : 'Do not load this file. RegLens ran nothing',
  });
}

/** What the pickles in an archive of PyTorch before 0.2 name: `pickle`, `sys_info`, `storages`, `tensors`. */
async function globalsInTar(source: Probe['source']): Promise<ReadonlyMap<string, GlobalUse>> {
  const globals = new Map<string, GlobalUse>();
  let at = 0;
  for (let count = 0; count < maxTarEntries && at + tarBlock <= source.size; count++) {
    const header = latin1(await source.read(at, tarBlock));
    const size = parseInt(header.slice(124, 136), 8);
    if (!Number.isSafeInteger(size) || size < 0) break;
    const length = Math.min(size, source.size - at - tarBlock, maxPickleBytes);
    if (length > 0 && tarPickles.test(header.slice(0, 100).replace(/\0.*$/s, ''))) {
      for (const [path, use] of namesIn(await source.read(at + tarBlock, length))) {
        globals.set(path, { ...use, byteOffset: at + tarBlock + use.byteOffset });
      }
    }
    at += tarBlock + tarBlock * Math.ceil(size / tarBlock);
  }
  return globals;
}

/** Other files of TensorFlow's that are messages or texts: graphs themselves are read. */
function tensorflow({ source, head }: Probe): FormatError | undefined {
  const begin = latin1(head);
  if (
    /^\s*(?:#[^\n]*\n\s*)*(?:node|graph_def|meta_graphs|saved_model_schema_version)\s*[{:]/.test(
      begin,
    )
  ) {
    return new FormatError(
      'TensorFlow graph',
      `${source.name} is a graph in text form, which is not read`,
      { byteOffset: 0, remedy: 'Write it with as_text=False' },
    );
  }
  if (head[0] !== 0x08 && head[0] !== 0x0a) return undefined;
  if (!/saver|serve|Placeholder|VariableV2|tensorflow|_tf_keras_/i.test(begin)) return undefined;
  return new FormatError('TensorFlow', `${source.name} is a part of a model without its weights`, {
    byteOffset: 0,
    remedy: 'Open the saved_model.pb or the file .index beside it',
  });
}

/** Raw values carry no mark; their name is the only hint. */
function rawPart({ source }: Probe): FormatError | undefined {
  const { name } = source;
  const part = parts.find(({ pattern }) => pattern.test(name));
  if (!part) return undefined;
  return new FormatError(name, part.reason, { remedy: part.remedy });
}

const parts: readonly { pattern: RegExp; reason: string; remedy: string }[] = [
  {
    pattern: /\.meta$/,
    reason: 'looks like the graph of a TensorFlow checkpoint, which has no weights',
    remedy: 'Open the file .index beside it',
  },
  {
    pattern: /^(weights\.bin|group\d+-shard\d+of\d+(\.bin)?)$/,
    reason: 'looks like the raw weights of a TF.js model, which do not say what they are',
    remedy: 'Open the model.json beside it',
  },
  {
    pattern: /^([0-9a-f]{32}|(\.zarray|zarr\.json|_sharding|_strings\.json))$/,
    reason: 'looks like a part of an Orbax checkpoint, which its other files explain',
    remedy: 'Open _METADATA or manifest.ocdbt in the folder of the checkpoint',
  },
];

async function text(file: Probe): Promise<FormatError | undefined> {
  const { source, head } = file;
  const begin = latin1(head).trimStart().toLowerCase();
  if (/^(<!doctype html|<html|<\?xml|<head)/.test(begin)) {
    return new FormatError(source.name, 'is a web page saved under the name of a checkpoint', {
      byteOffset: 0,
      remedy: 'Download the file itself; the page may ask for a login or a confirmation',
    });
  }
  if (beginsLikeJson(head)) {
    const isJson = (await file.json()) !== undefined;
    const what = isJson ? 'is JSON, but no index or topology of a checkpoint' : 'is text';
    return new FormatError(source.name, what, {
      byteOffset: 0,
      remedy: 'Open the file with the weights that lies beside it',
    });
  }
  if (head.some((byte) => byte < 9 || (byte > 13 && byte < 32) || byte >= 0x7f)) return undefined;
  const shown = latin1(head.subarray(0, 60)).trim().replaceAll(/\s+/g, ' ');
  return new FormatError(source.name, `is a text file: "${shown}"`, { byteOffset: 0 });
}

function listed(names: readonly string[]): string {
  if (names.length === 0) return 'none';
  const shown = names.slice(0, maxNames).join(', ');
  return names.length > maxNames ? `${shown} and ${names.length - maxNames} more` : shown;
}

/** Bytes as characters of the same code. (The decoder named latin1 is Windows-1252, which differs from 0x80 to 0x9f.) */
function latin1(bytes: Uint8Array): string {
  return String.fromCharCode(...bytes);
}
