import { describe, expect, it } from 'vitest';

import { plainView } from '../core/matrixView';
import type { Measured } from '../core/metric';
import { typescriptKernels, type Matrix } from '../kernels';
import { heldMatrices, measureCosines, measureElements, measureLayer } from '.';
import { similarityOrder } from './pooledCosines';
import { gaussian, matrixOf, measureMatrix, statisticsOf } from './testLayer';

const random = (rows: number, columns: number, seed: number): Matrix => ({
  rows,
  columns,
  data: gaussian(rows * columns, seed),
});

const transposed = ({ rows, columns, data }: Matrix): Matrix => ({
  rows: columns,
  columns: rows,
  data: Float64Array.from(data, (_, i) => data[(i % rows) * columns + Math.floor(i / rows)]!),
});

const scaled = (matrix: Matrix, factor: number): Matrix => ({
  ...matrix,
  data: Float64Array.from(matrix.data, (x) => x * factor),
});

/** Orthonormal rows by modified Gram–Schmidt, twice. */
function orthonormal(rows: number, columns: number, seed: number): Matrix {
  const data = gaussian(rows * columns, seed);
  for (let pass = 0; pass < 2; pass++) {
    for (let i = 0; i < rows; i++) {
      const row = data.subarray(i * columns, (i + 1) * columns);
      for (let j = 0; j < i; j++) {
        const other = data.subarray(j * columns, (j + 1) * columns);
        const dot = row.reduce((sum, x, c) => sum + x * other[c]!, 0);
        for (let c = 0; c < columns; c++) row[c]! -= dot * other[c]!;
      }
      const norm = Math.hypot(...row);
      for (let c = 0; c < columns; c++) row[c]! /= norm;
    }
  }
  return { rows, columns, data };
}

const number = ({ metrics }: Measured, id: string): number => {
  const value = metrics[id];
  if (typeof value !== 'number') throw new Error(`${id} is ${typeof value}`);
  return value;
};

const spectral = [
  'sigma1',
  'nuclear',
  'srank',
  'erank_sigma',
  'PR',
  'cond',
  'lnstd',
  'mp.num_spikes',
];

describe.each([
  [40, 56, 1],
  [64, 33, 2],
  [45, 45, 3],
])('a random %d × %d matrix', (rows, columns, seed) => {
  const matrix = random(rows, columns, seed);
  const [p, n] = [Math.min(rows, columns), Math.max(rows, columns)];

  it('has the same spectrum transposed', async () => {
    const [a, b] = [await measureMatrix(matrix), await measureMatrix(transposed(matrix))];
    // Of a square matrix either side is the smaller one.
    const sided = rows === columns ? [] : ['OI_small'];
    for (const id of [...spectral, ...sided, 'so', 'dso', 'scale_free_defect', 'alpha']) {
      expect(number(b, id) / (number(a, id) || 1), id).toBeCloseTo(number(a, id) === 0 ? 0 : 1, 9);
    }
  });

  it('has the same scale-free metrics scaled', async () => {
    const [a, b] = [await measureMatrix(matrix), await measureMatrix(scaled(matrix, 7e-4))];
    const ids = ['hoyer', 'gini', 'OI_row', 'PR', 'erank_sigma', 'cond', 'isometry.cv', 'alpha'];
    for (const id of [...ids, 'near.excess(1e-1)', 'linf_excess', 'exkurt', 'rel.srank']) {
      expect(number(b, id) / number(a, id), id).toBeCloseTo(1, 9);
    }
    expect(number(b, 'l2') / number(a, 'l2')).toBeCloseTo(7e-4, 12);
  });

  it('keeps its rows’ Gram matrix when columns are permuted', async () => {
    const order = Array.from({ length: columns }, (_, c) => (c * 13 + 3) % columns);
    const data = Float64Array.from(
      matrix.data,
      (_, i) => matrix.data[i - (i % columns) + order[i % columns]!]!,
    );
    const [a, b] = [await measureMatrix(matrix), await measureMatrix({ ...matrix, data })];
    for (const id of ['OI_row', 'cos.max', 'cos.mean_abs', 'brock', 'mc', 'sigma1']) {
      expect(number(b, id) / number(a, id), id).toBeCloseTo(1, 10);
    }
  });

  it('obeys the identities of soft orthogonality', async () => {
    const measured = await measureMatrix(matrix);
    expect(number(measured, 'dso') - 2 * number(measured, 'so')).toBeCloseTo(n - p, 6);
    // min over c of ‖c²G − I‖²/p, by its closed-form minimum Σλ/Σλ².
    const lambda = [measured.metrics['singular_values'] ?? []].flat().map((s) => s * s);
    const trace = lambda.reduce((a, b) => a + b);
    const best = trace / lambda.reduce((sum, l) => sum + l * l, 0);
    const defect = lambda.reduce((sum, l) => sum + (best * l - 1) ** 2, 0) / p;
    expect(number(measured, 'scale_free_defect')).toBeCloseTo(defect, 12);
    expect(number(measured, 'sigma1')).toBeLessThanOrEqual(number(measured, 'l2'));
  });

  it('is indistinguishable from noise', async () => {
    const measured = await measureMatrix(matrix);
    expect(number(measured, 'mp.num_spikes')).toBe(0);
    expect(number(measured, 'mp_rn.num_spikes')).toBe(0);
    expect(number(measured, 'alpha.gated')).toBe(0);
    expect(Math.abs(number(measured, 'oi.z'))).toBeLessThan(5);
    expect(number(measured, 'isometry.ratio')).toBeGreaterThan(0.9);
    expect(number(measured, 'isometry.ratio')).toBeLessThan(1.1);
    expect(number(measured, 'OI_row')).toBeGreaterThan(0.9);
    expect(number(measured, 'OI_row')).toBeLessThan(1.1);
  });
});

it('no spikes in 20 Gaussian and uniform matrices', async () => {
  for (let seed = 10; seed < 30; seed++) {
    const matrix = random(48, 40 + seed, seed);
    const uniform = { ...matrix, data: matrix.data.map((x) => Math.atan(x)) };
    for (const one of [matrix, uniform]) {
      expect(number(await measureMatrix(one), 'mp.num_spikes'), `seed ${seed}`).toBe(0);
    }
  }
});

it('finds planted spikes', async () => {
  const [rows, columns] = [100, 200];
  const matrix = random(rows, columns, 5);
  for (let spike = 0; spike < 5; spike++) {
    const [u, v] = [
      orthonormal(1, rows, 50 + spike).data,
      orthonormal(1, columns, 60 + spike).data,
    ];
    // Twice the threshold (Baik, Ben Arous & Péché) γ^¼ √N.
    const strength = 2 * (rows / columns) ** 0.25 * Math.sqrt(columns);
    for (let i = 0; i < matrix.data.length; i++) {
      matrix.data[i]! += strength * u[Math.floor(i / columns)]! * v[i % columns]!;
    }
  }
  expect(number(await measureMatrix(matrix), 'mp.num_spikes')).toBe(5);
});

describe('an orthogonal matrix', () => {
  it.each([
    [40, 40],
    [40, 64],
  ])('%d × %d', async (rows, columns) => {
    const measured = await measureMatrix(scaled(orthonormal(rows, columns, 4), 3));
    expect(number(measured, 'OI_row')).toBeLessThan(1e-12);
    expect(number(measured, 'isometry.ratio')).toBeLessThan(1e-7);
    expect(number(measured, 'scale_free_defect')).toBe(0);
    expect(number(measured, 'isometry.mean_sq')).toBeCloseTo(9, 10);
    expect(number(measured, 'oi.z')).toBeGreaterThan(5);
  });
});

describe('what cannot be measured', () => {
  const nan = random(8, 6, 1);
  nan.data[3 * 6 + 2] = NaN;
  const zeroRow = matrixOf([
    [1, 2, 3],
    [0, 0, 0],
    [3, -1, 2],
  ]);

  it.each<[string, Matrix, string, RegExp, readonly string[]]>([
    ['NaN', nan, 'spectrum', /\[3, 2\] is not finite/, ['sigma1', 'so', 'OI_row']],
    ['infinity', matrixOf([[1, Infinity]]), 'spectrum', /not finite/, ['sigma1']],
    [
      'zeros',
      matrixOf([
        [0, 0],
        [0, 0],
      ]),
      'spectrum',
      /all elements are zero/,
      ['sigma1', 'hoyer', 'gini'],
    ],
    [
      'a single row',
      matrixOf([[1, 2, 3]]),
      'orthogonality',
      /single filter/,
      ['OI_row', 'oi.z', 'cond'],
    ],
    [
      'a single column',
      matrixOf([[1], [2], [3]]),
      'spectrum',
      /single singular value/,
      ['lnstd', 'OI_small'],
    ],
    [
      'a single weight',
      matrixOf([[2]]),
      'orthogonality',
      /single filter/,
      ['hoyer', 'skew', 'OI_row'],
    ],
    [
      'a small matrix',
      random(8, 6, 2),
      'marchenko-pastur',
      /6 singular values, 32/,
      ['mp.edge', 'alpha'],
    ],
    ['extreme magnitudes', scaled(random(4, 4, 3), 1e80), 'spectrum', /outside/, ['sigma1']],
    [
      'one live row',
      matrixOf([
        [0, 0],
        [1, 2],
      ]),
      'orthogonality',
      /fewer than two/,
      ['OI_row', 'cos.max'],
    ],
    ['chance duplicates', random(30, 3, 4), 'orthogonality', /by chance in 3/, ['dup(0.95)']],
  ])('%s', async (_, matrix, family, reason, absent) => {
    const measured = await measureMatrix(matrix);
    expect(
      measured.missing.filter((one) => one.family === family).map((one) => one.reason),
    ).toContainEqual(expect.stringMatching(reason));
    for (const id of absent) expect(measured.metrics, id).not.toHaveProperty([id]);
    const all = [...Object.values(measured.metrics).flat(), ...Object.values(measured.baselines)];
    expect(all.filter((value) => !Number.isFinite(value))).toEqual([]);
  });

  it('counts a dead filter and leaves it out of cosines', async () => {
    const measured = await measureMatrix(zeroRow);
    expect(number(measured, 'dead')).toBe(1);
    expect(number(measured, 'cos.max')).toBeCloseTo(7 / 14, 12);
  });

  it.each([
    ['depthwise', ['sigma1', 'OI_row'], ['row.l2.cv']],
    ['embedding', ['cos.max', 'dup(0.95)'], ['sigma1', 'OI_small']],
    ['aux', ['l2', 'hoyer'], ['zero.frac']],
    ['optimizer', ['hoyer', 'gini'], ['zero.frac', 'rms']],
  ] as const)('of a tensor that is %s', async (role, absent, present) => {
    const { metrics } = await measureMatrix(random(20, 9, 3), { role });
    for (const id of absent) expect(metrics).not.toHaveProperty([id]);
    for (const id of present) expect(metrics).toHaveProperty([id]);
  });

  it('names non-finite elements by row and column of the canonical matrix', () => {
    const view = {
      ...plainView(2, 3),
      axes: [...plainView(3, 2).axes].map((axis) => ({ ...axis })),
    };
    view.axes[0] = { size: 3, target: 'column', step: 1 };
    view.axes[1] = { size: 2, target: 'row', step: 1 };
    const bytes = new Uint8Array(Float32Array.of(1, 2, 3, NaN, -Infinity, 6).buffer);
    const statistics = statisticsOf(bytes, 'f32', 6, view);
    const { missing } = measureElements({ statistics, role: 'matrix', dtype: 'f32', view });
    expect(missing[0]?.reason).toBe('1 NaN, 1 −Inf at [1, 1], [0, 2]');
  });

  it('rejects with what a step throws', async () => {
    await expect(
      measureLayer(
        heldMatrices([random(4, 4, 1)]),
        { role: 'matrix', dtype: 'f64' },
        typescriptKernels,
        {
          onStep: () => {
            throw new Error('stopped');
          },
        },
      ),
    ).rejects.toThrow('stopped');
  });
});

describe('pairs of filters', () => {
  const context = { role: 'matrix', dtype: 'f64' } as const;
  const matrix = random(60, 12, 9);
  for (let c = 0; c < 12; c++) {
    matrix.data[17 * 12 + c] = -2 * matrix.data[3 * 12 + c]!;
    matrix.data[40 * 12 + c] = 5 * matrix.data[3 * 12 + c]!;
  }

  it('are listed by similarity, each filter with its nearest', async () => {
    const { pairs, neighbours, measured } = await measureLayer(
      heldMatrices([matrix]),
      context,
      typescriptKernels,
    );
    expect(pairs).toHaveLength(50);
    expect(pairs.slice(0, 3).map(({ i, j }) => [i, j].join())).toEqual(
      expect.arrayContaining(['3,17', '3,40', '17,40']),
    );
    const strengths = pairs.map(({ cosine }) => Math.abs(cosine));
    expect(strengths).toEqual([...strengths].sort((a, b) => b - a));
    expect(neighbours?.indices[17]).toSatisfy((index: number) => index === 3 || index === 40);
    expect(number(measured, 'dup(0.99)')).toBe(1);
    expect(number(measured, 'dup_opp(0.99)')).toBe(2);
    expect(number(measured, 'redundant(0.99)')).toBe(2);
  });

  it('of different blocks are not compared', async () => {
    const half = (start: number): Matrix => ({
      rows: 30,
      columns: 12,
      data: matrix.data.subarray(start * 360, (start + 1) * 360),
    });
    const halves = [half(0), half(1)];
    const { measured, pairs } = await measureLayer(
      heldMatrices(halves),
      context,
      typescriptKernels,
    );
    const cosines = await measureCosines(heldMatrices(halves), context, typescriptKernels);
    expect(number(measured, 'dup(0.99)')).toBe(0);
    expect(number(measured, 'dup_opp(0.99)')).toBe(1);
    expect(pairs.every(({ i, j }) => i < 30 === j < 30)).toBe(true);
    expect(cosines?.values[3 * 60 + 40]).toBe(0);
    expect([measured.metrics['singular_values']].flat()).toHaveLength(24);
  });

  it('make a map, pooled beyond 512', async () => {
    const wide = random(700, 8, 2);
    const cosines = await measureCosines(heldMatrices([wide]), context, typescriptKernels);
    expect(cosines?.size).toBe(512);
    expect(cosines?.filterCount).toBe(700);
    const order = cosines?.order ?? [];
    expect([...order].sort((a, b) => a - b)).toEqual(Array.from({ length: 512 }, (_, i) => i));
    expect(cosines?.values.every((value) => Math.abs(value) <= 1)).toBe(true);
  });

  it('are walked in panels above 4096 rows as below', async () => {
    const tall = random(4500, 3, 6);
    const { measured } = await measureLayer(heldMatrices([tall]), context, typescriptKernels);
    const histogram = [measured.metrics['cos.hist'] ?? []].flat();
    expect(histogram.reduce((a, b) => a + b)).toBe((4500 * 4499) / 2);
    // From the walk, and from ‖ŴᵀŴ‖ without it.
    expect(number(measured, 'cos.mean_abs')).toBeCloseTo(0.5, 2);
    expect(number(measured, 'cos.rms')).toBeCloseTo(1 / Math.sqrt(3), 2);
  }, 60_000);

  it('are left out above a limit, which is said', async () => {
    const { measured, pairs } = await measureLayer(
      heldMatrices([matrix]),
      context,
      typescriptKernels,
      {
        maxCosineRows: 59,
      },
    );
    expect(pairs).toEqual([]);
    expect(measured.missing.map((one) => one.reason)).toContain(
      '60 rows to compare with each other, the limit is 59',
    );
    expect(measured.metrics).toHaveProperty('OI_row');
  });
});

it('similar filters stand together', () => {
  const like = (a: number, b: number) => (a % 2 === b % 2 ? 0.9 : 0.1);
  const values = Float32Array.from({ length: 36 }, (_, i) => like(Math.floor(i / 6), i % 6));
  expect(similarityOrder(values, 6)).toEqual([0, 2, 4, 1, 3, 5]);
});
