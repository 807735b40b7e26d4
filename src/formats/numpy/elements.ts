import { dtypes, type Dtype } from '../../core/dtype';

/** Elements as the tensor contract wants them: little-endian, booleans 0 or 1. Copies only where something changes. */
export function normaliseElements(
  bytes: Uint8Array,
  dtype: Dtype,
  options: { readonly bigEndian: boolean },
): Uint8Array {
  if (dtype === 'bool') return Uint8Array.from(bytes, (byte) => (byte === 0 ? 0 : 1));
  const { byteSize } = dtypes[dtype];
  if (!options.bigEndian || byteSize === 1) return bytes;
  const swapped = new Uint8Array(bytes.byteLength);
  for (let at = 0; at < bytes.byteLength; at += byteSize) {
    for (let i = 0; i < byteSize; i++) swapped[at + i] = bytes[at + byteSize - 1 - i]!;
  }
  return swapped;
}
