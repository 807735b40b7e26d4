import { describe, expect, it } from 'vitest';

import type { Dtype } from '../../core/dtype';
import { plainView, type MatrixView } from '../../core/matrixView';
import type { Tensor } from '../../core/tensor';
import { typescriptKernels } from '../../kernels';
import { transposedView, viewOf } from '../axes';
import { changeSpectrum } from './changeSpectrum';
import { readDifference, type DifferenceUse } from './layerChange';

const arrays: Partial<Record<Dtype, (values: readonly number[]) => ArrayBufferView>> = {
  f32: (values) => Float32Array.from(values),
  f64: (values) => Float64Array.from(values),
  // Upper half of an f32.
  bf16: (values) =>
    Uint16Array.from(new Uint32Array(Float32Array.from(values).buffer), (bits) => bits >>> 16),
};

function tensor(dtype: Dtype, shape: readonly number[], values: readonly number[]): Tensor {
  const { buffer, byteLength } = arrays[dtype]!(values);
  const size = byteLength / values.length;
  return {
    name: 'w',
    dtype,
    shape,
    data: {
      read: (start, end) =>
        Promise.resolve(new Uint8Array(buffer.slice(start * size, end * size) as ArrayBuffer)),
    },
  };
}

const f32 = (values: readonly number[]): Tensor => tensor('f32', [values.length], values);
const f64 = (values: readonly number[]): Tensor => tensor('f64', [values.length], values);

const isStopped = (): boolean => false;

async function change(a: Tensor, b: Tensor) {
  const view = plainView(1, a.shape[0]!);
  const views = { a: view, b: view, isSameOrder: true };
  const options = { kernels: typescriptKernels, isStopped };
  return (await readDifference({ a, b, views }, 'figures', options)).change;
}

describe('figures of a change', () => {
  it.each([
    ['zeros', f32([0, 0]), f32([0, 0]), { frobenius: 0, normA: 0, changedCount: 0 }],
    [
      'zeros come and go',
      f32([0, 1, 2, 0, -0]),
      f32([3, 0, 2, 0, 0]),
      { newZeros: 1, zerosGone: 1, changedCount: 2, largest: 3, changedFraction: 0.4 },
    ],
    ['one', f32([2]), f32([-2]), { frobenius: 4, relative: 2, cosine: -1, largest: 4 }],
    ['huge', f64([3e200, 4e200]), f64([0, 4e200]), { frobenius: 3e200, normA: 5e200, cosine: 0.8 }],
    ['tiny', f64([3e-200, 4e-200]), f64([0, 4e-200]), { frobenius: 3e-200, cosine: 0.8 }],
    [
      'NaN and infinities, the same and new',
      f32([NaN, Infinity, 1, 3]),
      f32([NaN, Infinity, NaN, 4]),
      { nonFinite: { a: 2, b: 3 }, changedCount: 2, frobenius: 1, normA: 3 },
    ],
    [
      'digits that f32 would lose',
      f32([1, 2]),
      f64([1 + 1e-12, 2]),
      { changedCount: 1, frobenius: 1e-12 },
    ],
    [
      'bfloat16 beside f32',
      tensor('bf16', [2], [1.5, -2]),
      f32([1.5, -2.25]),
      { changedCount: 1, frobenius: 0.25 },
    ],
  ])('%s', async (_, a, b, expected) => {
    const { frobenius, normA, cosine, ...counts } = await change(a, b);
    const {
      frobenius: f,
      normA: n,
      cosine: c,
      ...rest
    } = expected as Partial<typeof counts> & {
      readonly frobenius?: number;
      readonly normA?: number;
      readonly cosine?: number;
    };
    expect(counts).toMatchObject(rest);
    // 1e-12 is 1e-16 of the weights it is the difference of.
    if (f !== undefined) expect(Math.abs(frobenius - f)).toBeLessThanOrEqual(1e-4 * f);
    if (n !== undefined) expect(Math.abs(normA - n)).toBeLessThanOrEqual(1e-12 * n);
    if (c !== undefined) expect(cosine).toBeCloseTo(c, 12);
  });

  it('has no share of a weight that was zero', async () => {
    const { relative, cosine } = await change(f32([0, 0]), f32([1, 0]));
    expect({ relative, cosine }).toEqual({ relative: undefined, cosine: undefined });
  });
});

/** (kh, kw, in, out), as Keras stores a convolution. */
const kerasView = (shape: readonly number[]): MatrixView =>
  viewOf(
    shape.map((size, axis) => ({ size, target: axis === 3 ? 'row' : 'column' })),
    [2, 0, 1, 3],
  );

/** The index in (kh, kw, in, out) of each element of (out, in, kh, kw). */
function permutation([kh, kw, inputs, out]: readonly [number, number, number, number]): number[] {
  const order: number[] = [];
  for (let o = 0; o < out; o++)
    for (let i = 0; i < inputs; i++)
      for (let y = 0; y < kh; y++)
        for (let x = 0; x < kw; x++) order.push(((y * kw + x) * inputs + i) * out + o);
  return order;
}

describe('weights stored in different orders', () => {
  it('give the same figures and the same ΔW', async () => {
    const shape = [3, 2, 4, 5] as const;
    const count = 120;
    const keras = Array.from({ length: count }, (_, i) => Math.sin(i));
    const order = permutation(shape);
    const torch = order.map((index) => keras[index]! + 0.01 * Math.cos(index));
    const a = tensor('f32', [5, 4, 3, 2], torch);
    const sorted = tensor(
      'f32',
      [5, 4, 3, 2],
      order.map((index) => keras[index]!),
    );
    const stored = tensor('f32', shape, keras);
    const view = plainView(5, 24);
    const options = { kernels: typescriptKernels, isStopped };
    const straight = await readDifference(
      { a, b: sorted, views: { a: view, b: view, isSameOrder: true } },
      'matrices',
      options,
    );
    const views = { a: view, b: kerasView(shape), isSameOrder: false };
    const turned = await readDifference({ a, b: stored, views }, 'matrices', options);
    expect(turned.change).toEqual({
      ...straight.change,
      frobenius: expect.closeTo(straight.change.frobenius, 12),
      normA: expect.closeTo(straight.change.normA, 12),
      normB: expect.closeTo(straight.change.normB, 12),
      relative: expect.closeTo(straight.change.relative!, 12),
      cosine: expect.closeTo(straight.change.cosine!, 12),
    });
    expect(turned.matrices).toEqual(straight.matrices);
    // And the other way round.
    const back = await readDifference(
      { a: stored, b: a, views: { a: views.b, b: view, isSameOrder: false } },
      'matrices',
      options,
    );
    expect(Array.from(back.matrices![0]!.data)).toEqual(
      Array.from(straight.matrices![0]!.data, (value) => -value),
    );
  });
});

describe('the spectrum of a change', () => {
  it.each<readonly [string, DifferenceUse]>([
    ['held', 'matrices'],
    ['streamed in panels of rows', 'gram'],
  ])('%s: one direction is one direction', async (_, use) => {
    const [rows, columns] = [3000, 8];
    const a = Array.from({ length: rows * columns }, (_unused, i) => Math.sin(7 * i));
    const u = Array.from({ length: rows }, (_unused, i) => Math.cos(i));
    const b = a.map((value, i) => value + u[Math.floor(i / columns)]! * ((i % columns) + 1));
    const view = plainView(rows, columns);
    const pair = {
      a: tensor('f64', [rows, columns], a),
      b: tensor('f64', [rows, columns], b),
      views: { a: view, b: view, isSameOrder: true },
    };
    const options = { kernels: typescriptKernels, isStopped };
    const difference = await readDifference(pair, use, options);
    const spectrum = await changeSpectrum(pair, difference, options);
    // σ₁ = ‖u‖ ‖(1…8)‖, the others rounding.
    const sigma = Math.hypot(...u) * Math.sqrt(204);
    expect(spectrum.singularValues[0]! / sigma).toBeCloseTo(1, 10);
    expect(spectrum.energy.top1).toBeCloseTo(1, 10);
    expect(spectrum.effectiveRank).toBeCloseTo(1, 5);
    expect(spectrum.singularValues[1]).toBeLessThan(spectrum.floor);
  });

  it('bounds what it lists', async () => {
    const side = 300;
    const identity = Array.from({ length: side * side }, (_, i) => (i % (side + 1) === 0 ? 1 : 0));
    const zero = identity.map(() => 0);
    const view = plainView(side, side);
    const pair = {
      a: tensor('f32', [side, side], zero),
      b: tensor('f32', [side, side], identity),
      views: { a: view, b: transposedView(view), isSameOrder: false },
    };
    const options = { kernels: typescriptKernels, isStopped };
    const difference = await readDifference(pair, 'matrices', options);
    const spectrum = await changeSpectrum(pair, difference, options);
    expect(spectrum.count).toBe(300);
    expect(spectrum.singularValues).toHaveLength(256);
    expect(spectrum.effectiveRank).toBeCloseTo(300, 6);
    expect(spectrum.energy.top16).toBeCloseTo(16 / 300, 10);
  });

  it('stops between chunks', async () => {
    const a = f32([1, 2]);
    const view = plainView(1, 2);
    const pair = { a, b: a, views: { a: view, b: view, isSameOrder: true } };
    const options = { kernels: typescriptKernels, isStopped: () => true };
    await expect(readDifference(pair, 'figures', options)).rejects.toThrow('Stopped');
  });
});
