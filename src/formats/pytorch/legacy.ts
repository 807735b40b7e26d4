/**
 * The stream that torch.save wrote before PyTorch 1.6: five pickles, then the storages.
 *
 *     0x1950a86a20f9469cfc6c   the magic number, pickled
 *     1001                     version of the protocol
 *     {"little_endian": …}     what the machine was like; storages are little-endian on any
 *     the object               its storages left out by ids ("storage", class, key, device, element count, view)
 *     ["1234", …]              keys of the storages, in the order of their bytes
 *     i64 element count, elements    for each key
 *
 * @see https://github.com/pytorch/pytorch/blob/main/torch/serialization.py (_legacy_save)
 */
import type { ByteSource } from '../../core/byteSource';
import type { Notice } from '../../core/checkpoint';
import { FormatError } from '../../core/errors';
import {
  asKind,
  type GlobalUse,
  type PickleValue,
  sequenceOf,
  unpickle,
  type Unpickled,
} from '../pickle';
import { sliceSource } from '../zip';
import type { Storages } from './archive';
import { elementBytesOfStorage } from './dtypes';

const title = 'PyTorch before 1.6';
const magic = 0x1950a86a20f9469cfc6cn;
const protocolVersion = 1001;
/** Pickles do not tell their length: this much is read first, four times as much when it was too little. */
const firstPrefixBytes = 4 * 2 ** 20;
/** As for the pickle of a PyTorch zip. */
const maxPrefixBytes = 256 * 2 ** 20;
/** Each costs a read; models of this format have a few thousand. */
const maxStorages = 200_000;

export interface LegacyFile {
  readonly unpickled: Unpickled;
  readonly storages: Storages;
  readonly notices: readonly Notice[];
}

/** Whether the first pickle is the magic number, in whatever protocol. */
export function isLegacy(head: Uint8Array): boolean {
  // PROTO of 2 and later, LONG of 0 and 1.
  if (head[0] !== 0x80 && head[0] !== 0x4c) return false;
  try {
    return unpickle(head.subarray(0, 64)).value === magic;
  } catch (error) {
    if (error instanceof FormatError) return false;
    throw error;
  }
}

/** Reads the pickles and the lengths of the storages. */
export async function readLegacy(source: ByteSource): Promise<LegacyFile> {
  const { unpickled, keys, byteLength } = await readPickles(source);
  const { storages, notices } = await locate(source, {
    keys,
    elementBytes: elementBytesOf(unpickled.outside),
    start: byteLength,
  });
  return { unpickled, storages, notices };
}

interface Pickles {
  readonly unpickled: Unpickled;
  readonly keys: readonly string[];
  /** Where the storages begin. */
  readonly byteLength: number;
}

async function readPickles(source: ByteSource): Promise<Pickles> {
  for (let length = firstPrefixBytes; ; length *= 4) {
    const prefix = await source.read(0, Math.min(length, source.size));
    try {
      return parsePickles(prefix);
    } catch (error) {
      const isWhole = length >= source.size || length >= maxPrefixBytes;
      if (isWhole || !(error instanceof FormatError)) throw error;
    }
  }
}

function parsePickles(bytes: Uint8Array): Pickles {
  let position = 0;
  /** Of all five: a loader runs each of them. */
  const globals = new Map<string, GlobalUse>();
  const next = (what: string): Unpickled => {
    try {
      const read = unpickle(bytes.subarray(position));
      for (const [path, use] of read.globals) {
        if (!globals.has(path)) {
          globals.set(path, { ...use, byteOffset: position + use.byteOffset });
        }
      }
      position += read.byteLength;
      return read;
    } catch (error) {
      if (!(error instanceof FormatError)) throw error;
      throw new FormatError(title, `${what}: ${error.reason}`, {
        byteOffset: position + (error.byteOffset ?? 0),
        remedy: 'Check that the file is complete',
      });
    }
  };
  next('the magic number');
  const version = next('the version').value;
  if (version !== protocolVersion) {
    const shown = typeof version === 'number' ? version : typeof version;
    throw new FormatError(title, `version ${shown} of the protocol; ${protocolVersion} is read`);
  }
  next('the record of the machine');
  const unpickled = next('the object');
  const keys = keysOf(next('the list of storages').value);
  return { unpickled: { ...unpickled, globals }, keys, byteLength: position };
}

function keysOf(value: PickleValue): string[] {
  const items = sequenceOf(value);
  if (!items) throw new FormatError(title, 'has no list of storages');
  if (items.length > maxStorages) {
    throw new FormatError(title, `has ${items.length} storages, the limit is ${maxStorages}`);
  }
  return items.map((item) => {
    if (typeof item === 'string' || typeof item === 'number') return String(item);
    throw new FormatError(title, 'the key of a storage is neither a text nor a number');
  });
}

/** Bytes of an element by storage key: the first id that names a storage decides, as in torch. */
function elementBytesOf(outside: readonly PickleValue[]): ReadonlyMap<string, number> {
  const found = new Map<string, number>();
  for (const id of outside) {
    const [tag, type, key] = sequenceOf(id) ?? [];
    if (tag !== 'storage' || (typeof key !== 'string' && typeof key !== 'number')) continue;
    const elementBytes = elementBytesOfStorage(asKind(type, 'global')?.path ?? '');
    if (elementBytes !== undefined && !found.has(String(key))) found.set(String(key), elementBytes);
  }
  return found;
}

interface Order {
  readonly keys: readonly string[];
  readonly elementBytes: ReadonlyMap<string, number>;
  readonly start: number;
}

/** Where each storage lies. What comes after one that cannot be skipped over is missing. */
async function locate(
  source: ByteSource,
  { keys, elementBytes, start }: Order,
): Promise<{ storages: Storages; notices: Notice[] }> {
  const found = new Map<string, ByteSource>();
  const notices: Notice[] = [];
  let position = start;
  for (const [index, key] of keys.entries()) {
    const lost = (reason: string): void => {
      const message = `Of ${keys.length} storages ${keys.length - index} are missing from this report: ${reason}`;
      notices.push({ severity: 'problem', message });
    };
    const size = elementBytes.get(key);
    if (size === undefined) {
      lost(`no tensor says what the elements of storage "${key}" are`);
      break;
    }
    if (source.size - position < 8) {
      lost(`the file ends at byte ${source.size}, before storage "${key}"`);
      break;
    }
    const left = source.size - position - 8;
    const count = countAt(await source.read(position, 8));
    if (count > BigInt(left) / BigInt(size)) {
      lost(`storage "${key}" of ${count} elements runs past the end of the file`);
      break;
    }
    const byteLength = Number(count) * size;
    found.set(key, sliceSource(source, `${source.name} storage ${key}`, position + 8, byteLength));
    position += 8 + byteLength;
  }
  return { storages: toStorages(found), notices };
}

function toStorages(found: ReadonlyMap<string, ByteSource>): Storages {
  return {
    sizeOf: (key) => found.get(key)?.size,
    labelOf: (key) => key,
    open(key) {
      const source = found.get(key);
      if (source) return Promise.resolve(source);
      return Promise.reject(new FormatError(title, `has no storage "${key}"`));
    },
  };
}

/** Unsigned, so that a negative count is past any end. */
function countAt(bytes: Uint8Array): bigint {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength).getBigUint64(0, true);
}
