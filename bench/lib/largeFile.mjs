/** A file of a size that does not fit into the memory that is allowed. */
import path from 'node:path';

import {
  cacheFolder,
  elementCount,
  provideFile,
  randomWeights,
  safetensorsLayout,
  toBfloat16,
  writeAll,
} from './weights.mjs';

/** A wide layer, a large embedding, and squares of both types until the file is large enough. */
export function provideLargeFile(bytes) {
  const scale = bytes < 1e9 ? 4 : 1;
  const side = 4096 / scale;
  const tensors = [
    { name: 'model.embed_tokens.weight', shape: [128256 / scale, side], dtype: 'BF16' },
    { name: 'model.layers.0.mlp.down_proj.weight', shape: [side, 11008 / scale], dtype: 'F32' },
  ];
  for (let i = 0; safetensorsLayout(tensors).byteLength < bytes; i++) {
    const dtype = i % 2 ? 'F32' : 'BF16';
    const name = `model.layers.${i >> 2}.self_attn.${'qkvo'[i & 3]}_proj.weight`;
    tensors.push({ name, shape: [side, side], dtype });
  }
  const { head, tensors: places, byteLength } = safetensorsLayout(tensors);
  const file = path.join(cacheFolder('bench'), `large-${byteLength}.safetensors`);
  provideFile(file, (descriptor) => {
    writeAll(descriptor, head, 0);
    // One block of random values, cut at other places each time: values for the whole file would take minutes.
    const block = randomWeights(2 ** 24, 1, 0.02);
    const blocks = { F32: block, BF16: toBfloat16(block) };
    let cut = 0;
    for (const place of places) {
      const source = blocks[place.dtype];
      for (let at = 0, count = elementCount(place); at < count;) {
        cut = (cut + 5_000_011) % (source.length / 2);
        const part = source.subarray(cut, cut + Math.min(count - at, source.length - cut));
        writeAll(descriptor, part, place.start + at * source.BYTES_PER_ELEMENT);
        at += part.length;
      }
    }
  });
  return { file, byteLength, count: places.length };
}
