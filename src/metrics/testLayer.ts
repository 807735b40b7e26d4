import type { Dtype } from '../core/dtype';
import { plainView, type MatrixView } from '../core/matrixView';
import type { Measured } from '../core/metric';
import type { Role } from '../core/tensor';
import { typescriptKernels, type ElementStatistics, type Matrix } from '../kernels';
import { heldMatrices, measureElements, measureLayer, mergeMeasured, type LayerOptions } from '.';

/** A seeded generator of doubles in (0, 1): xorshift32. */
function randomSource(seed: number): () => number {
  let state = (Math.imul(seed, 0x9e3779b9) ^ 0x6d2b79f5) | 1;
  return () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return ((state >>> 0) + 0.5) / 2 ** 32;
  };
}

export function gaussian(count: number, seed: number): Float64Array {
  const random = randomSource(seed);
  return Float64Array.from(
    { length: count },
    () => Math.sqrt(-2 * Math.log(random())) * Math.cos(2 * Math.PI * random()),
  );
}

export function matrixOf(values: readonly (readonly number[])[]): Matrix {
  const columns = values[0]?.length ?? 0;
  return { rows: values.length, columns, data: Float64Array.from(values.flat()) };
}

export function bytesOf(data: Float64Array | Float32Array): Uint8Array {
  return new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
}

export function statisticsOf(
  bytes: Uint8Array,
  dtype: Dtype,
  count: number,
  view?: MatrixView,
): ElementStatistics {
  const pass = typescriptKernels.startStatistics(dtype, count, view);
  pass.update(bytes);
  return pass.finish();
}

/** Everything about one f64 matrix. */
export async function measureMatrix(
  matrix: Matrix,
  options: LayerOptions & { readonly role?: Role } = {},
): Promise<Measured> {
  const { rows, columns, data } = matrix;
  const view = plainView(rows, columns);
  const context = { role: options.role ?? 'matrix', dtype: 'f64', view } as const;
  const statistics = statisticsOf(bytesOf(data), 'f64', rows * columns, view);
  const layer = await measureLayer(heldMatrices([matrix]), context, typescriptKernels, options);
  return mergeMeasured(measureElements({ ...context, statistics }), layer.measured);
}
