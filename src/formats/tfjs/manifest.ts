/**
 * The weights manifest of a `model.json`: groups of shard files, and the weights that lie in them one after another.
 *
 * @see https://github.com/tensorflow/tfjs/blob/master/tfjs-core/src/io/types.ts (WeightsManifestConfig)
 */
import { FormatError } from '../../core/errors';
import { isJsonObject, property, type Json } from '../../core/json';

export const tfjsFormat = 'TF.js';

/** Limits far above any published model; each weight costs a few hundred bytes of ours. */
const maxWeights = 1_000_000;
const maxShards = 100_000;
const maxDimensions = 32;

export interface Quantization {
  readonly dtype: string;
  readonly min?: number;
  readonly scale?: number;
}

export interface WeightEntry {
  readonly name: string;
  readonly shape: readonly number[];
  readonly dtype: string;
  readonly quantization?: Quantization;
  /** `optimizer` for the state of an optimizer that was saved along. */
  readonly group?: string;
  readonly elementCount: number;
}

export interface WeightGroup {
  readonly paths: readonly string[];
  readonly weights: readonly WeightEntry[];
}

/** Checks and reads the manifest. A weight with an impossible shape makes all after it unreadable, so it is an error. */
export function readManifest(model: Json): readonly WeightGroup[] {
  const manifest = property(model, 'weightsManifest');
  if (!Array.isArray(manifest)) throw new FormatError(tfjsFormat, 'lacks "weightsManifest"');
  const groups = manifest.map(readGroup);
  const weightCount = groups.reduce((sum, group) => sum + group.weights.length, 0);
  if (weightCount > maxWeights) {
    throw new FormatError(tfjsFormat, `names ${weightCount} weights, the limit is ${maxWeights}`);
  }
  return groups;
}

function readGroup(group: unknown, index: number): WeightGroup {
  const paths = property(group, 'paths');
  const weights = property(group, 'weights');
  if (!Array.isArray(paths) || !paths.every((path) => typeof path === 'string')) {
    throw new FormatError(tfjsFormat, `weightsManifest[${index}] lacks "paths"`);
  }
  if (!Array.isArray(weights)) {
    throw new FormatError(tfjsFormat, `weightsManifest[${index}] lacks "weights"`);
  }
  if (paths.length > maxShards) {
    throw new FormatError(tfjsFormat, `names ${paths.length} shards, the limit is ${maxShards}`);
  }
  return { paths, weights: weights.map(readWeight) };
}

function readWeight(weight: unknown): WeightEntry {
  const name = property(weight, 'name');
  const dtype = property(weight, 'dtype');
  const group = property(weight, 'group');
  if (typeof name !== 'string') throw new FormatError(tfjsFormat, 'a weight lacks "name"');
  if (typeof dtype !== 'string') throw new FormatError(tfjsFormat, `"${name}" lacks "dtype"`);
  const shape = readShape(name, property(weight, 'shape'));
  const elementCount = shape.includes(0) ? 0 : shape.reduce((product, size) => product * size, 1);
  if (!Number.isSafeInteger(elementCount * 8)) {
    throw new FormatError(tfjsFormat, `"${name}" has too many elements: [${shape.join(', ')}]`);
  }
  const quantization = readQuantization(name, property(weight, 'quantization'));
  return {
    name,
    shape,
    dtype,
    elementCount,
    ...(quantization && { quantization }),
    ...(typeof group === 'string' && { group }),
  };
}

function readShape(name: string, value: unknown): readonly number[] {
  if (!Array.isArray(value) || value.length > maxDimensions) {
    throw new FormatError(tfjsFormat, `"${name}" lacks a "shape" of up to ${maxDimensions} axes`);
  }
  return value.map((size: unknown) => {
    if (typeof size !== 'number' || !Number.isSafeInteger(size) || size < 0) {
      throw new FormatError(tfjsFormat, `"${name}" has the size ${JSON.stringify(size)}`);
    }
    return size;
  });
}

function readQuantization(name: string, value: unknown): Quantization | undefined {
  if (value === undefined || value === null) return undefined;
  const dtype = property(value, 'dtype');
  if (!isJsonObject(value) || typeof dtype !== 'string') {
    throw new FormatError(tfjsFormat, `"${name}" has a "quantization" without "dtype"`);
  }
  const min = property(value, 'min');
  const scale = property(value, 'scale');
  return {
    dtype,
    ...(typeof min === 'number' && { min }),
    ...(typeof scale === 'number' && { scale }),
  };
}
