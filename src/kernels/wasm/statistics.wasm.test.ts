import { isDeepStrictEqual } from 'node:util';

import { beforeAll, describe, expect, it } from 'vitest';

import { dtypes, type Dtype } from '../../core/dtype';
import { plainView, type MatrixView } from '../../core/matrixView';
import { typescriptKernels, type ElementStatistics, type Kernels, type Matrix } from '..';
import { refineSorted } from '../typescript/refineSorted';
import { buildNames, compiledBuilds, type Builds } from '../../../test/support/kernelBuilds';
import { randomNumbers } from './testMatrices';

let backends: Builds;

beforeAll(async () => {
  backends = await compiledBuilds();
}, 120_000);

function statisticsOf(
  kernels: Kernels,
  dtype: Dtype,
  bytes: Uint8Array,
  view?: MatrixView,
  chunk = bytes.byteLength,
): ElementStatistics {
  const pass = kernels.startStatistics(dtype, bytes.byteLength / dtypes[dtype].byteSize, view);
  for (let at = 0; at < bytes.byteLength; at += chunk) pass.update(bytes.subarray(at, at + chunk));
  return pass.finish();
}

/** Numbers to 1e-12 relative (counts then agree exactly), anything else the same. */
function expectSame(got: unknown, wanted: unknown, path: string, slack = 0): void {
  if (typeof wanted === 'number' && typeof got === 'number') {
    if (Object.is(got + 0, wanted + 0)) return;
    const allowed = 1e-12 * Math.abs(wanted) + slack;
    expect(Math.abs(got - wanted), `${path}: ${got}, ${wanted}`).toBeLessThanOrEqual(allowed);
  } else if (typeof wanted === 'object' && wanted !== null && typeof got === 'object' && got) {
    if (isDeepStrictEqual(got, wanted)) return;
    expect(Object.keys(got).sort(), path).toEqual(Object.keys(wanted).sort());
    for (const [key, value] of Object.entries(wanted)) {
      expectSame(Reflect.get(got, key), value, `${path}.${key}`);
    }
  } else expect(got, path).toBe(wanted);
}

/** What cancels is held to the size of what is summed, the Gini index to its bound; everything else is the same. */
function expectAlike(got: ElementStatistics, wanted: ElementStatistics): void {
  const { mean, m2, m3, m4, refinement, ...others } = wanted;
  const { refinement: gotRefinement, ...gotRest } = got;
  const { mean: gotMean, m2: gotM2, m3: gotM3, m4: gotM4, ...gotOthers } = gotRest;
  expectSame(gotOthers, others, 'statistics');
  // What a mean of 2048 equal elements may be off by.
  const rounding = (2 ** -46 * wanted.linf) / wanted.scale;
  expectSame(gotM2, m2, 'm2', wanted.finiteCount * rounding ** 2);
  expectSame(gotM4, m4, 'm4', wanted.finiteCount * rounding ** 4);
  expectSame(gotMean, mean, 'mean', (1e-14 * wanted.sumAbs) / Math.max(1, wanted.finiteCount));
  const cubes =
    1e-12 * Math.sqrt(m2 * m4) + rounding * (3 * m2 + wanted.finiteCount * rounding ** 2);
  expectSame(gotM3, m3, 'm3', cubes);
  const { gini, giniError, ...figures } = refinement!;
  const { gini: gotGini, giniError: error, ...gotFigures } = gotRefinement!;
  expectSame(gotFigures, figures, 'refinement');
  expectSame(gotGini, gini, 'gini', error + giniError + 1e-12);
  expect(error).toBeLessThan(1e-5);
}

/** More than are sorted: they are counted in bins. */
const count = 70_001;
const random = randomNumbers(count, 5);

const values: Record<string, (x: number, i: number) => number> = {
  random: (x) => x,
  'near Gaussian': (x, i) => x * random[(i * 7 + 1) % count]! * random[(i * 11 + 3) % count]!,
  'half zeros, some negative': (x) => (x < 0 ? x * 0 : x),
  zeros: (_, i) => (i % 2 ? 0 : -0),
  constant: () => -0.3,
  'three values': (x) => 0.02 * Math.round(1.2 * x),
  'about 1': (x) => 1 + 1e-3 * x,
  'zeros beside subnormals of f32': (x, i) => (i % 3 ? x : (i % 5) * 2 ** -149),
  'over the range of f32': (x, i) => x * 2 ** ((i % 275) - 148),
  'not finite here and there': (x, i) =>
    i % 997 === 5 ? [NaN, Infinity, -Infinity][i % 3]! : 3 + x,
  'nothing finite': () => NaN,
  'powers of two': (_, i) => 2 ** -(i % 30),
};

const doubles: typeof values = {
  huge: (x) => x * 1e300,
  tiny: (x) => x * 1e-300,
  subnormal: (x) => x * 1e-310,
  'growing by 300 decades': (x, i) => x * (i < count / 2 ? 1e-150 : 1e150),
  'a few beyond the bins': (x, i) => (i % 9999 === 0 ? x * 1e30 : x),
  saturated: (x) => Number.MAX_VALUE * x,
};

const inputs: [string, Dtype, Uint8Array][] = [
  ...Object.entries(values).map(([name, value]): [string, Dtype, Uint8Array] => {
    const numbers = Float32Array.from(random, value);
    return [name, 'f32', new Uint8Array(numbers.buffer)];
  }),
  ...Object.entries({ ...values, ...doubles }).map(([name, value]): [string, Dtype, Uint8Array] => {
    const numbers = Float64Array.from(random.subarray(0, 9001), value);
    return [name, 'f64', new Uint8Array(numbers.buffer)];
  }),
];

describe.each(buildNames)('floats in bins, %s build', (name) => {
  it.each(inputs)('%s (%s)', (_, dtype, bytes) => {
    const elements = bytes.byteLength / dtypes[dtype].byteSize;
    const view = plainView(elements, 1);
    const got = statisticsOf(backends[name], dtype, bytes, view);
    expectAlike(got, statisticsOf(typescriptKernels, dtype, bytes, view));
    const cut = statisticsOf(backends[name], dtype, bytes, view, 5001 * dtypes[dtype].byteSize);
    expect(isDeepStrictEqual(cut, got)).toBe(true);
  });
});

const axes = (...list: [number, 'block' | 'row' | 'column', number][]) =>
  list.map(([size, target, step]) => ({ size, target, step }));

/** 12 groups of 5 × 330 and the like: 19 800 elements. */
const views: Record<string, MatrixView | undefined> = {
  'no view': undefined,
  'rows as stored': plainView(60, 330),
  'columns of several words': plainView(20, 990),
  transposed: { ...plainView(60, 330), axes: axes([330, 'column', 1], [60, 'row', 1]) },
  'a convolution, output channels last': {
    ...plainView(60, 330),
    axes: axes([3, 'column', 1], [110, 'column', 3], [60, 'row', 1]),
  },
  'a transposed convolution': {
    ...plainView(60, 330),
    axes: axes([66, 'column', 5], [60, 'row', 1], [5, 'column', 1]),
  },
  'groups and skipping columns': {
    ...{ blocks: 3, rows: 20, columns: 330 },
    axes: axes([30, 'column', 1], [20, 'row', 1], [3, 'block', 1], [11, 'column', 30]),
  },
};

/** Dense here, sparse there, whole rows and blocks of nothing, runs longer than a word. */
function isZero(i: number): boolean {
  const region = Math.floor(i / 1980) % 10;
  if (region === 0) return false;
  if (region < 3) return i % 997 < 500;
  return (i * 2654435761) % 4294967296 < region * 4e8;
}

function bytesOf(dtype: Dtype, hasZeros: boolean): Uint8Array {
  const { byteSize, kind } = dtypes[dtype];
  const elements = 19_800;
  const numbers = randomNumbers(elements, 77);
  if (byteSize === 8) {
    return new Uint8Array(numbers.map((x, i) => (hasZeros && isZero(i) ? 0 : x)).buffer);
  }
  if (byteSize === 4) {
    const floats = Float32Array.from(numbers, (x, i) => (hasZeros && isZero(i) ? -0 : x));
    return new Uint8Array(floats.buffer);
  }
  // All codes but 0, and of floats not −0, where there are to be no zeros.
  const negativeZero = kind === 'float' ? 2 ** (8 * byteSize - 1) : 0;
  const code = (x: number, i: number) => {
    if (hasZeros && isZero(i)) return i % 2 ? negativeZero : 0;
    const any = Math.floor((x + 1) * 2 ** (8 * byteSize - 1));
    return any === 0 || any === negativeZero ? 1 : any;
  };
  const codes = byteSize === 1 ? Uint8Array.from(numbers, code) : Uint16Array.from(numbers, code);
  return new Uint8Array(codes.buffer);
}

const allDtypes = Object.keys(dtypes) as Dtype[];

describe.each(buildNames)('views, %s build', (name) => {
  describe.each(allDtypes)('%s', (dtype) => {
    it.each(Object.entries(views))('%s', (_, view) => {
      for (const hasZeros of [false, true]) {
        const bytes = bytesOf(dtype, hasZeros);
        const got = statisticsOf(backends[name], dtype, bytes, view);
        expectAlike(got, statisticsOf(typescriptKernels, dtype, bytes, view));
        const shifted = new Uint8Array(bytes.length + 1).subarray(1);
        shifted.set(bytes);
        const cut = statisticsOf(
          backends[name],
          dtype,
          shifted,
          view,
          777 * dtypes[dtype].byteSize,
        );
        expect(isDeepStrictEqual(cut, got)).toBe(true);
      }
    });
  });

  it('clears what an earlier pass left', () => {
    const view = plainView(60, 330);
    for (const dtype of ['f32', 'bf16', 'f64'] as const) {
      for (const hasZeros of [true, false]) {
        const bytes = bytesOf(dtype, hasZeros);
        const { rows } = statisticsOf(backends[name], dtype, bytes, view);
        expect(rows?.zeros).toEqual(
          statisticsOf(typescriptKernels, dtype, bytes, view).rows?.zeros,
        );
      }
    }
  });

  it('leaves the bins empty', () => {
    const bytes = new Uint8Array(Float32Array.from(random).buffer);
    const first = statisticsOf(backends[name], 'f32', bytes);
    expect(statisticsOf(backends[name], 'f32', bytes)).toEqual(first);
  });
});

/** NaN is NaN, whatever its bits. */
function expectEqual(got: readonly Matrix[], wanted: readonly Matrix[]): void {
  expect(got.length).toBe(wanted.length);
  for (const [b, { data, ...shape }] of wanted.entries()) {
    expect(got[b]).toMatchObject(shape);
    expect(got[b]!.data.constructor).toBe(data.constructor);
    expect(data.every((value, i) => Object.is(value, got[b]!.data[i]))).toBe(true);
  }
}

describe.each(buildNames)('placing elements, %s build', (name) => {
  it.each(allDtypes)('%s', (dtype) => {
    const bytes = bytesOf(dtype, true);
    const { byteSize } = dtypes[dtype];
    for (const view of Object.values(views)) {
      if (!view) continue;
      const matrices = (kernels: Kernels, chunk: number, from = bytes) => {
        const pass = kernels.startMatrices(dtype, view);
        for (let at = 0; at < from.length; at += chunk) pass.update(from.subarray(at, at + chunk));
        return pass.finish();
      };
      const wanted = matrices(typescriptKernels, bytes.length);
      const shifted = new Uint8Array(bytes.length + 1).subarray(1);
      shifted.set(bytes);
      expectEqual(matrices(backends[name], bytes.length), wanted);
      for (const elements of [777, 2048, 5000]) {
        expectEqual(matrices(backends[name], elements * byteSize, shifted), wanted);
      }
    }
  });

  it.each([
    ['a chunk that splits an element', 7],
    ['too many elements', 12],
  ])('refuses %s', (_, length) => {
    const pass = backends[name].startMatrices('f32', plainView(1, 2));
    expect(() => pass.update(new Uint8Array(length))).toThrow(RangeError);
  });

  it('refuses missing elements', () => {
    expect(() => backends[name].startMatrices('bf16', plainView(1, 2)).finish()).toThrow(
      RangeError,
    );
  });
});

describe('a tensor too large to be kept', () => {
  const large = 2 ** 22 + 3;
  const numbers = randomNumbers(large, 3);

  it.each(['f32', 'f64'] as const)(
    'is looked at twice: %s',
    (dtype) => {
      const floats = dtype === 'f32' ? Float32Array.from(numbers) : numbers;
      const bytes = new Uint8Array(floats.buffer);
      const statistics = statisticsOf(backends.relaxed, dtype, bytes);
      expect(statistics.refinement).toBeUndefined();
      const pass = backends.relaxed.startRefinement(statistics);
      for (let at = 0; at < bytes.length; at += 1 << 20)
        pass.update(bytes.subarray(at, at + (1 << 20)));
      const { gini, giniError, ...got } = pass.finish();
      const exact = refineSorted(floats.slice().sort(), undefined, statistics);
      const exactGini = exact.gini;
      expect({ ...got, gini: exactGini, giniError: exact.giniError }).toEqual(exact);
      expect(giniError).toBeLessThan(1e-6);
      expect(Math.abs(gini! - exactGini!)).toBeLessThanOrEqual(giniError);
    },
    60_000,
  );
});

describe('a matrix whose rows take more memory than an idle instance keeps', () => {
  it('is walked to its end', () => {
    // 16 bytes of the map of zeros and 20 of sums for each row.
    const [rows, columns] = [2 ** 21 - 128, 65];
    const byteLength = rows * columns;
    const ones = new Uint8Array(1000 * columns).fill(1);
    const pass = backends.relaxed.startStatistics('i8', byteLength, plainView(rows, columns));
    for (let at = 0; at < byteLength; at += ones.length) {
      pass.update(ones.subarray(0, Math.min(ones.length, byteLength - at)));
    }
    const sums = pass.finish().rows;
    expect(sums?.squareSums.every((sum) => sum === columns)).toBe(true);
    expect(sums?.columnSquareSums.every((sum) => sum === rows)).toBe(true);
  }, 60_000);
});
