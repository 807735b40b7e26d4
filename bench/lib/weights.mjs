/** Files of random weights, made once and kept: writing gigabytes takes longer than most of what is measured on them. */
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';

/** The user's cache (XDG base directory specification: empty counts as unset). */
export function cacheFolder(name) {
  const cache = process.env['XDG_CACHE_HOME'] || path.join(os.homedir(), '.cache');
  const folder = path.join(cache, 'reglens', name);
  fs.mkdirSync(folder, { recursive: true });
  return folder;
}

/**
 * Independent values near a normal distribution. From a xorshift generator: the low bits of a linear congruential one repeat with
 * short periods, and rows whose length is a power of two would resemble one another.
 *
 * @param {number} count
 * @param {number} seed
 * @param {number} deviation
 */
export function randomWeights(count, seed, deviation) {
  let state = (Math.imul(seed, 2654435761) ^ 0x9e3779b9) | 0 || 1;
  const next = () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return state;
  };
  // Three uniform variables of variance 1/3 of 2^62 each.
  const scale = deviation / 2 ** 31;
  const weights = new Float32Array(count);
  for (let i = 0; i < count; i++) weights[i] = (next() + next() + next()) * scale;
  return weights;
}

/** @param {Float32Array} weights */
export function toBfloat16(weights) {
  return Uint16Array.from(new Uint32Array(weights.buffer), (bits) => bits >>> 16);
}

/**
 * A file made by `write` unless it is there; broken-off work is never taken for a whole file.
 *
 * @param {string} file
 * @param {(descriptor: number) => void} write
 */
export function provideFile(file, write) {
  if (fs.existsSync(file)) return file;
  const building = `${file}.${process.pid}`;
  const descriptor = fs.openSync(building, 'w');
  try {
    write(descriptor);
  } finally {
    fs.closeSync(descriptor);
  }
  fs.renameSync(building, file);
  return file;
}

/** @typedef {{ name: string, shape: readonly number[], dtype?: 'F32' | 'BF16' }} Tensor */
const byteSizes = { F32: 4, BF16: 2 };

/** @param {Tensor} tensor */
export const elementCount = ({ shape }) => shape.reduce((product, size) => product * size, 1);

/**
 * Header of a safetensors file, and where each tensor's bytes begin in the file.
 *
 * @param {readonly Tensor[]} tensors
 */
export function safetensorsLayout(tensors) {
  const header = { __metadata__: { format: 'pt' } };
  const places = [];
  let end = 0;
  for (const tensor of tensors) {
    const { name, shape, dtype = 'F32' } = tensor;
    const byteLength = elementCount(tensor) * byteSizes[dtype];
    header[name] = { dtype, shape, data_offsets: [end, end + byteLength] };
    places.push({ ...tensor, dtype, start: end, byteLength });
    end += byteLength;
  }
  const text = Buffer.from(JSON.stringify(header));
  const padded = Buffer.alloc(Math.ceil(text.length / 8) * 8, ' ');
  text.copy(padded);
  const prefix = Buffer.alloc(8);
  prefix.writeBigUInt64LE(BigInt(padded.length));
  const head = Buffer.concat([prefix, padded]);
  return {
    head,
    tensors: places.map((place) => ({ ...place, start: place.start + head.length })),
    byteLength: head.length + end,
  };
}

/** @param {number} descriptor @param {ArrayBufferView} data @param {number} position */
export function writeAll(descriptor, data, position) {
  const bytes = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
  for (let at = 0; at < bytes.length;) {
    at += fs.writeSync(descriptor, bytes, at, Math.min(2 ** 28, bytes.length - at), position + at);
  }
}
