/**
 * Pickles inside the bytes of a pickle: what `pickle.loads` or `torch.storage._load_from_bytes` would be given hides its
 * names from who looks at the outer one only.
 */
import type { GlobalUse } from './globals';

/** More than this in one file is no way to keep weights; what follows is not looked into. */
const maxNested = 64;
/** Looked into in all, at each level. */
const maxNestedBytes = 64 * 2 ** 20;
/** torch.save wrote five pickles one after the other. */
const maxInRow = 8;
/** Bytes in bytes in bytes. */
const maxDepth = 4;

/** What one of them names; its length is unknown where it has a fault. */
export interface NestedLook {
  readonly globals: ReadonlyMap<string, GlobalUse>;
  readonly byteLength: number | undefined;
}

/** Bytes of one pickle that look like pickles. */
export class NestedPickles {
  private readonly found: { readonly bytes: Uint8Array; readonly at: number }[] = [];
  private left = maxNestedBytes;

  constructor(private readonly depth: number) {}

  /** @param at where the bytes stand in the pickle around them */
  note(bytes: Uint8Array, at: number): void {
    if (this.depth >= maxDepth || this.found.length >= maxNested) return;
    if (bytes.byteLength > this.left || !isLikePickle(bytes)) return;
    this.left -= bytes.byteLength;
    this.found.push({ bytes, at });
  }

  /** Adds what they name, with offsets in the pickle around them. */
  addTo(
    globals: Map<string, GlobalUse>,
    look: (bytes: Uint8Array, depth: number) => NestedLook,
  ): void {
    for (const { bytes, at } of this.found.splice(0)) {
      let position = 0;
      for (let count = 0; count < maxInRow; count++) {
        const rest = bytes.subarray(position);
        if (!isLikePickle(rest)) break;
        const inner = look(rest, this.depth + 1);
        for (const [path, use] of inner.globals) {
          // Bytes that only begin like a pickle give names by chance; those that alarm are no chance.
          const isMeant = inner.byteLength !== undefined || use.severity === 'alarm';
          if (!isMeant || globals.has(path)) continue;
          globals.set(path, {
            ...use,
            opcode: this.depth === 0 ? `${use.opcode} of a pickle in its bytes` : use.opcode,
            byteOffset: at + position + use.byteOffset,
          });
        }
        if (inner.byteLength === undefined) break;
        position += inner.byteLength;
      }
    }
  }
}

/** PROTO of 2 to 5, or a name in text. */
function isLikePickle(bytes: Uint8Array): boolean {
  if (bytes.byteLength < 4) return false;
  const [first, second = 0] = bytes;
  if (first === 0x80) return second >= 2 && second <= 5;
  if (first !== 0x63 && first !== 0x28) return false;
  const begin = String.fromCharCode(...bytes.subarray(0, 80));
  return /^\(?[ci][\w.]+\n[\w.]+\n/.test(begin);
}
