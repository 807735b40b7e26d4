/** Checkpoints of any size that take no room on the disk: a true header, and after it a hole, which reads as zeros. */
import fs from 'node:fs';
import path from 'node:path';

import { randomWeights, safetensorsLayout, writeAll } from './weights.mjs';

const largeSide = 4096;
const smallSide = 256;

/**
 * @param {string} folder
 * @param {string} name
 * @param {number} bytes about so many; up to 1e8 the values are random, and none are left out
 */
export function writeCheckpoint(folder, name, bytes) {
  const isSmall = bytes <= 1e8;
  const side = isSmall ? smallSide : largeSide;
  const dtype = isSmall ? 'F32' : 'BF16';
  const count = Math.max(1, Math.round(bytes / (side * side * (isSmall ? 4 : 2))));
  const tensors = Array.from({ length: count }, (_, i) => ({
    name: `model.layers.${i >> 2}.self_attn.${'qkvo'[i & 3]}_proj.weight`,
    shape: [side, side],
    dtype,
  }));
  const { head, tensors: places, byteLength } = safetensorsLayout(tensors);
  const descriptor = fs.openSync(path.join(folder, name), 'w');
  try {
    writeAll(descriptor, head, 0);
    if (isSmall) {
      places.forEach(({ start }, i) =>
        writeAll(descriptor, randomWeights(side * side, i + 1, 0.02), start),
      );
    }
    fs.ftruncateSync(descriptor, byteLength);
  } finally {
    fs.closeSync(descriptor);
  }
  return { name, byteLength, layerCount: count };
}
