import { describe, expect, it } from 'vitest';

import { dtypes, type Dtype } from '../../core/dtype';
import { plainView, type MatrixView } from '../../core/matrixView';
import { typescriptKernels, type ElementStatistics } from '..';
import { BinnedRefinement } from './binnedRefinement';
import { valueTable } from './decode';

function statisticsOf(
  bytes: Uint8Array,
  dtype: Dtype,
  view?: MatrixView,
  chunk = bytes.byteLength,
): ElementStatistics {
  const pass = typescriptKernels.startStatistics(
    dtype,
    bytes.byteLength / dtypes[dtype].byteSize,
    view,
  );
  for (let at = 0; at < bytes.byteLength; at += chunk) pass.update(bytes.subarray(at, at + chunk));
  return pass.finish();
}

const f64 = (...values: number[]) => new Uint8Array(Float64Array.from(values).buffer);
const f32 = (...values: number[]) => new Uint8Array(Float32Array.from(values).buffer);

/** Every byte pattern comes up, non-finite ones included. */
function noise(byteLength: number): Uint8Array {
  let state = 1;
  return Uint8Array.from({ length: byteLength }, () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state >>> 24;
  });
}

describe('decoding', () => {
  it.each([
    ['f16', 0x3c00, 1],
    ['f16', 0x7bff, 65504],
    ['f16', 0x0001, 2 ** -24],
    ['f16', 0xfc00, -Infinity],
    ['f16', 0x7e00, NaN],
    ['bf16', 0x3f80, 1],
    ['bf16', 0x0001, 2 ** -133],
    ['bf16', 0x7f80, Infinity],
    ['f8_e4m3fn', 0x7e, 448],
    ['f8_e4m3fn', 0x01, 2 ** -9],
    ['f8_e4m3fn', 0x7f, NaN],
    ['f8_e4m3fn', 0xff, NaN],
    ['f8_e4m3fn', 0x80, -0],
    ['f8_e5m2', 0x7b, 57344],
    ['f8_e5m2', 0x01, 2 ** -16],
    ['f8_e5m2', 0x7c, Infinity],
    ['f8_e5m2', 0x7d, NaN],
    ['i8', 0xff, -1],
    ['i16', 0x8000, -32768],
    ['u16', 0xffff, 65535],
    ['bool', 1, 1],
  ] as const)('%s 0x%s is %d', (dtype, code, value) => {
    expect(valueTable(dtype)?.[code]).toBe(value);
  });

  it.each([
    ['i32', new Int32Array([-(2 ** 31), 7]), -(2 ** 31), 7],
    ['u32', new Uint32Array([2 ** 32 - 1, 7]), 7, 2 ** 32 - 1],
    ['i64', new BigInt64Array([-(2n ** 62n), 5n]), -(2 ** 62), 5],
    ['u64', new BigUint64Array([2n ** 63n, 5n]), 5, 2 ** 63],
  ] as const)('%s', (dtype, values, min, max) => {
    const statistics = statisticsOf(new Uint8Array(values.buffer), dtype);
    expect([statistics.min, statistics.max]).toEqual([min, max]);
  });
});

describe('edge cases', () => {
  it.each([
    ['nothing', [], { count: 0, finiteCount: 0, l2: 0, linf: 0, mean: 0 }],
    ['one', [3], { count: 1, l2: 3, linf: 3, mean: 3, m2: 0, min: 3, max: 3 }],
    ['zeros', [0, -0, 0], { zeroCount: 3, negativeZeroCount: 1, l2: 0, linf: 0 }],
    ['constant', [2, 2, 2, 2], { mean: 2, m2: 0, m3: 0, m4: 0, l2: 4 }],
    ['huge', [3e200, 4e200], { linf: 4e200, sumAbs: 7e200, mean: 3.5e200 }],
    ['tiny', [3e-200, -4e-200], { linf: 4e-200, sumAbs: 7e-200, mean: -0.5e-200 }],
    ['subnormal', [5e-324, 1], { subnormalCount: 1, linf: 1 }],
    [
      'not finite',
      [1, NaN, Infinity, -Infinity, -1],
      {
        finiteCount: 2,
        nanCount: 1,
        positiveInfinityCount: 1,
        negativeInfinityCount: 1,
        nonFiniteAt: [1, 2, 3],
        mean: 0,
        m2: 2,
      },
    ],
    ['only NaN', [NaN, NaN], { finiteCount: 0, min: 0, max: 0, l2: 0, nonFiniteAt: [0, 1] }],
  ] as const)('%s', (_, values, expected) => {
    const statistics = statisticsOf(f64(...values), 'f64');
    for (const [key, value] of Object.entries(expected)) {
      const got: unknown = Reflect.get(statistics, key);
      if (typeof value === 'number') expect(got, key).toBeCloseTo(value, 12);
      else expect(got, key).toEqual(value);
    }
  });

  it.each([1e200, 1e-200, 5e-324, 1e308])('the l2 norm of 3, 4 times %d', (scale) => {
    const { l2 } = statisticsOf(f64(3 * scale, 4 * scale), 'f64');
    const exact = 5 * scale;
    expect(l2 === exact || Math.abs(l2 / exact - 1) < 1e-15 || exact === Infinity).toBe(true);
  });

  it('keeps its scale right when magnitudes grow by 300 decades', () => {
    const values = [...Array<number>(3000).fill(1e-150), ...Array<number>(3000).fill(1e150)];
    const { l2, mean, linf } = statisticsOf(f64(...values), 'f64', plainView(2, 3000));
    expect(l2 / (1e150 * Math.sqrt(3000))).toBeCloseTo(1, 12);
    expect(mean / 0.5e150).toBeCloseTo(1, 12);
    expect(linf).toBe(1e150);
  });

  it.each([
    ['a chunk that splits an element', (p: Uint8Array) => statisticsOf(p.subarray(0, 7), 'f64')],
    ['too many elements', (p: Uint8Array) => typescriptKernels.startStatistics('f64', 1).update(p)],
    ['too few elements', () => typescriptKernels.startStatistics('f64', 1).finish()],
    ['too few codes', () => typescriptKernels.startStatistics('u8', 1).finish()],
    [
      'a view of another size',
      () => typescriptKernels.startStatistics('f64', 4, { ...plainView(2, 2), columns: 3 }),
    ],
  ])('refuses %s', (_, run) => {
    expect(() => run(f64(1, 2))).toThrow(RangeError);
  });
});

describe('chunks', () => {
  const view: MatrixView = {
    blocks: 2,
    rows: 25,
    columns: 60,
    axes: [
      { size: 60, target: 'column', step: 1 },
      { size: 2, target: 'block', step: 1 },
      { size: 25, target: 'row', step: 1 },
    ],
  };

  it.each(Object.keys(dtypes) as Dtype[])('do not matter: %s', (dtype) => {
    const { byteSize } = dtypes[dtype];
    const bytes = noise(3000 * byteSize);
    const whole = statisticsOf(bytes, dtype, view);
    for (const elements of [1, 7, 2048, 2999]) {
      expect(statisticsOf(bytes, dtype, view, elements * byteSize)).toEqual(whole);
    }
    // A view that begins in the middle of an element of its buffer.
    const shifted = new Uint8Array(bytes.length + 1).subarray(1);
    shifted.set(bytes);
    expect(statisticsOf(shifted, dtype, view)).toEqual(whole);
  });
});

it('moments of a shifted distribution keep their digits', () => {
  const values = Array.from({ length: 10_000 }, (_, i) => 1e6 + (i % 100) / 100);
  const { m2, mean } = statisticsOf(f64(...values), 'f64');
  expect(mean).toBeCloseTo(1e6 + 0.495, 9);
  // Variance of 0, 0.01, …, 0.99.
  expect(m2 / 10_000).toBeCloseTo((100 ** 2 - 1) / 12 / 1e4, 9);
});

it('counts binades and quarters of them', () => {
  const { exponents } = statisticsOf(f32(1, 1.25, 1.9, -2, 0, 3.99), 'f32');
  expect(exponents.minExponent).toBe(0);
  expect([...exponents.positive]).toEqual([1, 1, 0, 1, 0, 0, 0, 1]);
  expect([...exponents.negative]).toEqual([0, 0, 0, 0, 1, 0, 0, 0]);
});

it('places subnormal doubles into their binades', () => {
  const { exponents } = statisticsOf(f64(5e-324, 2 ** -1022), 'f64');
  expect(exponents.minExponent).toBe(-1074);
  expect(exponents.positive[0]).toBe(1);
  expect(exponents.positive[4 * (1074 - 1022)]).toBe(1);
});

describe('the second pass', () => {
  const count = 60_000;
  const values = Float32Array.from({ length: count }, (_, i) => {
    const angle = i * 0.7548776662466927;
    return i % 10 === 0 ? 0 : Math.tan((angle - Math.floor(angle) - 0.5) * 2.9) * 0.01;
  });
  const bytes = new Uint8Array(values.buffer);

  it.each(['f32', 'f64'] as const)('agrees with sorting: %s', (dtype) => {
    const input = dtype === 'f32' ? bytes : new Uint8Array(Float64Array.from(values).buffer);
    const statistics = statisticsOf(input, dtype);
    const exact = statistics.refinement!;
    const pass = new BinnedRefinement(statistics);
    const half = (count / 2 + 1) * dtypes[dtype].byteSize;
    pass.update(input.subarray(0, half));
    pass.update(input.subarray(half));
    const binned = pass.finish();
    expect(binned.nearCounts).toEqual(exact.nearCounts);
    expect(binned.clipCount).toBe(exact.clipCount);
    expect(binned.histogram).toEqual(exact.histogram);
    const error = Math.abs(binned.gini! - exact.gini!);
    expect(error).toBeLessThanOrEqual(binned.giniError + 1e-14);
    expect(error).toBeLessThan(1e-9);
    for (const [i, quantile] of exact.quantiles.entries()) {
      expect(Math.abs(binned.quantiles[i]! - quantile)).toBeLessThan(
        1e-3 * Math.abs(quantile) + 1e-6,
      );
    }
  });

  it('is not needed for small tensors and narrow types', () => {
    expect(statisticsOf(noise(6000), 'bf16').refinement).toBeDefined();
    expect(statisticsOf(bytes, 'f32').refinement).toBeDefined();
  });

  it.each([
    ['zeros', f32(0, 0, 0)],
    ['nothing', f32()],
    ['NaN', f32(NaN)],
  ])('bears %s', (_, input) => {
    const statistics = statisticsOf(input, 'f32');
    const pass = typescriptKernels.startRefinement(statistics);
    pass.update(input);
    const refinement = pass.finish();
    expect(refinement.gini).toBeUndefined();
    expect(refinement.nearCounts).toEqual([0, 0, 0, 0]);
    expect(refinement.quantiles).toEqual(statistics.refinement?.quantiles);
  });
});

describe('placing elements', () => {
  it.each([
    [
      'transposed (in, out)',
      {
        blocks: 1,
        rows: 2,
        columns: 3,
        axes: [
          { size: 3, target: 'column', step: 1 },
          { size: 2, target: 'row', step: 1 },
        ],
      },
      [[0, 2, 4, 1, 3, 5]],
    ],
    [
      'two groups',
      {
        blocks: 2,
        rows: 1,
        columns: 3,
        axes: [
          { size: 2, target: 'block', step: 1 },
          { size: 3, target: 'column', step: 1 },
        ],
      },
      [
        [0, 1, 2],
        [3, 4, 5],
      ],
    ],
    [
      'gates side by side, transposed',
      {
        blocks: 3,
        rows: 1,
        columns: 2,
        axes: [
          { size: 2, target: 'column', step: 1 },
          { size: 3, target: 'block', step: 1 },
        ],
      },
      [
        [0, 3],
        [1, 4],
        [2, 5],
      ],
    ],
  ] as const)('%s', (_, view, expected) => {
    for (const chunk of [4, 8, 24]) {
      const pass = typescriptKernels.startMatrices('f32', view);
      const bytes = f32(0, 1, 2, 3, 4, 5);
      for (let at = 0; at < 24; at += chunk) pass.update(bytes.subarray(at, at + chunk));
      expect(pass.finish().map(({ data }) => [...data])).toEqual(expected);
    }
  });

  it.each([
    ['f64', Float64Array],
    ['i32', Float64Array],
    ['f32', Float32Array],
    ['bf16', Float32Array],
    ['u16', Float32Array],
  ] as const)('%s without loss', (dtype, type) => {
    const pass = typescriptKernels.startMatrices(dtype, plainView(1, 1));
    pass.update(new Uint8Array(dtypes[dtype].byteSize));
    expect(pass.finish()[0]?.data).toBeInstanceOf(type);
  });
});
