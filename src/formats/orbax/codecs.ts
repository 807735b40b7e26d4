import type { CheckpointFiles } from '../../core/byteSource';
import { FormatError } from '../../core/errors';

/** What a chunk or a node may unpack to. */
export const maxUnpackedBytes = 2 ** 30;

/** Unpacks with one of the platform's decompressors; whatever they throw is the file's fault. */
export function unpack(
  files: CheckpointFiles,
  codec: string,
  packed: Uint8Array,
  { what, maxBytes = maxUnpackedBytes }: { readonly what: string; readonly maxBytes?: number },
): Uint8Array {
  const decompress = files.decompressors?.get(codec);
  if (!decompress) throw new FormatError('Orbax', lackOf(codec), { remedy: remedyOf(codec) });
  try {
    return decompress(packed, maxBytes);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new FormatError('Orbax', `${what} cannot be unpacked (${codec}): ${reason}`);
  }
}

/** Why a codec cannot be used; undefined where it can. */
export function lackOfCodec(files: CheckpointFiles, codec: string): string | undefined {
  return files.decompressors?.has(codec) === true ? undefined : lackOf(codec);
}

function lackOf(codec: string): string {
  return `is compressed with ${codec}, which this version of Node does not unpack`;
}

function remedyOf(codec: string): string {
  return codec === 'zstd'
    ? 'Node unpacks Zstandard since version 22.15: update VS Code, or Node for the command line'
    : 'Save the checkpoint with Zstandard, Orbax’s own choice';
}
