import type { CheckpointFiles } from '../../core/byteSource';
import { FormatError } from '../../core/errors';
import { type KeyValues, type StoredValue, treeValues } from './keyValues';
import { type NodePlace, ocdbtFormat, parseManifest, parseNode } from './ocdbtNodes';

export const manifestName = 'manifest.ocdbt';
const maxManifestBytes = 64 * 2 ** 20;
const maxNodeBytes = 256 * 2 ** 20;
/** Keys of all leaves, two or more for each array. */
const maxKeys = 4_000_000;
const maxNodes = 100_000;

/** All entries of the newest version; values stay where they are unless the tree itself holds them. */
export async function openOcdbt(files: CheckpointFiles, prefix: string): Promise<KeyValues> {
  const manifest = await files.open(prefix + manifestName);
  if (manifest.size > maxManifestBytes) {
    throw new FormatError(
      ocdbtFormat,
      `a manifest of ${manifest.size} bytes, the limit is ${maxManifestBytes}`,
    );
  }
  const root = parseManifest(await manifest.read(0, manifest.size), files);
  const values = new Map<string, StoredValue>();
  const open: { readonly place: NodePlace; readonly keyPrefix: string }[] = [];
  if (root) open.push({ place: root, keyPrefix: '' });
  for (let count = 1; ; count++) {
    const next = open.pop();
    if (!next) return treeValues(files, prefix, values);
    if (count > maxNodes) throw new FormatError(ocdbtFormat, `more than ${maxNodes} nodes`);
    const { place, keyPrefix } = next;
    const node = parseNode(await nodeBytes(files, prefix, place), place, files);
    if (node.kind === 'leaf') {
      for (const [key, value] of node.entries) values.set(utf8(keyPrefix + key), value);
      if (values.size > maxKeys) throw new FormatError(ocdbtFormat, `more than ${maxKeys} keys`);
    } else {
      for (const child of [...node.children].reverse()) {
        open.push({ place: child, keyPrefix: keyPrefix + child.prefix });
      }
      if (open.length > maxNodes) throw new FormatError(ocdbtFormat, `more than ${maxNodes} nodes`);
    }
  }
}

async function nodeBytes(
  files: CheckpointFiles,
  prefix: string,
  { file, offset, length }: NodePlace,
): Promise<Uint8Array> {
  if (length > maxNodeBytes) {
    throw new FormatError(ocdbtFormat, `a node of ${length} bytes, the limit is ${maxNodeBytes}`);
  }
  const source = await files.open(prefix + file);
  if (offset + length > source.size) {
    throw new FormatError(
      ocdbtFormat,
      `a node ends at byte ${offset + length} of ${file}, which has ${source.size}`,
      { byteOffset: offset },
    );
  }
  return source.read(offset, length);
}

/** Keys were read as one character a byte. */
function utf8(key: string): string {
  return new TextDecoder().decode(Uint8Array.from(key, (char) => char.charCodeAt(0)));
}
