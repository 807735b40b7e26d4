import type { ByteSource } from '../core/byteSource';
import type { Probe, ZipListing } from '../core/format';
import { FormatError } from '../core/errors';
import { isJsonObject, type Json } from '../core/json';
import { openZip } from './zip';

const headBytes = 4096;
/** The index of the largest published models has 3 MB, a TF.js topology with its weights manifest 10 MB. */
const maxJsonBytes = 64 * 2 ** 20;

/** Looks at a file for {@link Format.matches}; each part is read once, however many formats ask. */
export async function probe(source: ByteSource): Promise<Probe> {
  const head = await source.read(0, Math.min(headBytes, source.size));
  let listing: Promise<ZipListing | undefined> | undefined;
  let json: Promise<Json | undefined> | undefined;
  return {
    source,
    head,
    zip: () => (listing ??= readListing(source, head)),
    json: () => (json ??= readJson(source, head)),
  };
}

/** "PK" and the signature of a local header, or of the end record where an archive is empty. */
export function beginsLikeZip(head: Uint8Array): boolean {
  if (head[0] !== 0x50 || head[1] !== 0x4b) return false;
  return (head[2] === 3 && head[3] === 4) || (head[2] === 5 && head[3] === 6);
}

async function readListing(source: ByteSource, head: Uint8Array): Promise<ZipListing | undefined> {
  if (!beginsLikeZip(head)) return undefined;
  try {
    return await openZip(source);
  } catch (error) {
    // A damaged archive is of no format; the refusal opens it again to say what is wrong.
    if (error instanceof FormatError) return undefined;
    throw error;
  }
}

async function readJson(source: ByteSource, head: Uint8Array): Promise<Json | undefined> {
  if (source.size > maxJsonBytes || !beginsLikeJson(head)) return undefined;
  try {
    const text = new TextDecoder('utf-8', { fatal: true }).decode(
      await source.read(0, source.size),
    );
    const value: unknown = JSON.parse(text);
    // JSON.parse gives nothing but JSON.
    return isJsonObject(value) || Array.isArray(value) ? (value as Json) : undefined;
  } catch (error) {
    if (error instanceof SyntaxError || error instanceof TypeError) return undefined;
    throw error;
  }
}

/** Whether the first character that is no space, after a byte order mark perhaps, opens an object or an array. */
export function beginsLikeJson(head: Uint8Array): boolean {
  const text = new TextDecoder('latin1').decode(head.subarray(0, 256));
  return /^(ï»¿)?\s*[{[]/.test(text);
}
