/**
 * The ZIP archive that torch.save writes since PyTorch 1.6, all entries stored and aligned to 64 bytes:
 *
 *     <name>/data.pkl            the object, its storages left out by persistent ids
 *     <name>/data/0, data/1 …    one storage each, raw
 *     <name>/byteorder           "little" or "big" (since 2.1)
 *     <name>/version             "3\n"
 *     <name>/code/, constants.pkl   TorchScript only
 *
 * @see https://github.com/pytorch/pytorch/blob/main/torch/serialization.py
 */
import type { ByteSource } from '../../core/byteSource';
import type { Notice } from '../../core/checkpoint';
import { FormatError } from '../../core/errors';
import type { ZipListing } from '../../core/format';
import { alarmsOf, unpickle, type Unpickled } from '../pickle';
import { openZip, type ZipArchive } from '../zip';
import { readScriptCalls, type ScriptCalls } from './scriptCalls';

/** A state dict of 100 000 tensors needs 20 MB. */
const maxPickleBytes = 256 * 2 ** 20;
/** An archive of torch.save has one pickle; more of them are looked at, not shown. */
const maxOtherPickles = 8;
const maxOtherPickleBytes = 16 * 2 ** 20;
/** Archives packed anew by hand are deflated; their storages have no ranges and are inflated whole. */
const maxInflatedBytes = 2 ** 30;

/** Name of the folder in the archive, with its slash; undefined where there is no `data.pkl` one level down. */
export function torchPrefix(listing: ZipListing): string | undefined {
  const pickle = listing.names.find((name) => /^([^/]*\/)?data\.pkl$/.test(name));
  return pickle?.slice(0, -'data.pkl'.length);
}

export interface TorchArchive {
  readonly unpickled: Unpickled;
  /** What its program calls, if it is TorchScript. */
  readonly script: ScriptCalls | undefined;
  readonly storages: Storages;
  readonly notices: readonly Notice[];
}

export async function openTorchArchive(source: ByteSource): Promise<TorchArchive> {
  const zip = await openZip(source, 'PyTorch zip');
  const prefix = torchPrefix(zip);
  if (prefix === undefined) throw new FormatError('PyTorch zip', 'has no data.pkl');
  await refuseBigEndian(zip, prefix);
  const pickle = await readEntry(zip, `${prefix}data.pkl`, maxPickleBytes);
  const isScript = zip.has(`${prefix}constants.pkl`);
  return {
    unpickled: unpickle(pickle),
    script: isScript ? await readScriptCalls(zip, prefix) : undefined,
    storages: new ArchiveStorages(zip, prefix),
    notices: await otherPickles(zip, `${prefix}data.pkl`),
  };
}

/** Which of several `data.pkl` a loader takes is its own affair, so the others are looked at as well. */
async function otherPickles(zip: ZipArchive, own: string): Promise<Notice[]> {
  const others = zip.names.filter((name) => /(^|\/)data\.pkl$/i.test(name) && name !== own);
  const notices: Notice[] = [];
  for (const name of others.slice(0, maxOtherPickles)) {
    const found = await alarmsIn(zip, name);
    const alarm = found === undefined ? '' : `; it tries to run ${found}`;
    notices.push({
      severity: found === undefined ? 'warn' : 'problem',
      message: `The archive has another pickle, ${name}, which is not shown and which another loader may take${alarm}. RegLens ran nothing`,
    });
  }
  return notices;
}

async function alarmsIn(zip: ZipArchive, name: string): Promise<string | undefined> {
  try {
    return alarmsOf(unpickle(await readEntry(zip, name, maxOtherPickleBytes)).globals);
  } catch (error) {
    if (!(error instanceof FormatError)) throw error;
    return `what cannot be told: ${error.reason}`;
  }
}

/** Where the elements of tensors lie, by the keys that the pickle gives. */
export interface Storages {
  /** Bytes of a storage; undefined where the file lacks it. */
  sizeOf(key: string): number | undefined;
  open(key: string): Promise<ByteSource>;
  /** What messages call it. */
  labelOf(key: string): string;
}

/** Entries of the archive, each opened when it is first read. */
class ArchiveStorages implements Storages {
  private inflated: { readonly key: string; readonly source: Promise<ByteSource> } | undefined;
  private readonly stored = new Map<string, Promise<ByteSource>>();

  constructor(
    private readonly zip: ZipArchive,
    private readonly prefix: string,
  ) {}

  sizeOf(key: string): number | undefined {
    return this.zip.entry(this.nameOf(key))?.size;
  }

  open(key: string): Promise<ByteSource> {
    const known =
      this.stored.get(key) ?? (this.inflated?.key === key ? this.inflated.source : undefined);
    if (known) return known;
    const entry = this.zip.entry(this.nameOf(key));
    if (!entry) {
      return Promise.reject(new FormatError('PyTorch zip', `has no storage "${this.nameOf(key)}"`));
    }
    const source = this.zip.open(entry, maxInflatedBytes);
    if (entry.method === 'stored') this.stored.set(key, source);
    // Only the last one: tensors are read one after the other, and all of them may not fit into memory.
    else this.inflated = { key, source };
    return source;
  }

  labelOf(key: string): string {
    return `data/${key}`;
  }

  private nameOf(key: string): string {
    return `${this.prefix}data/${key}`;
  }
}

async function refuseBigEndian(zip: ZipArchive, prefix: string): Promise<void> {
  const name = `${prefix}byteorder`;
  if (!zip.has(name)) return;
  const order = new TextDecoder().decode(await readEntry(zip, name, 64)).trim();
  if (order === 'little') return;
  throw new FormatError('PyTorch zip', `byte order "${order}"; little is read`, {
    remedy: 'Load it with torch.load and save it again on a little-endian machine',
  });
}

async function readEntry(zip: ZipArchive, name: string, maxBytes: number): Promise<Uint8Array> {
  const entry = zip.entry(name);
  if (!entry) throw new FormatError('PyTorch zip', `has no entry "${name}"`);
  return zip.bytes(entry, maxBytes);
}
