import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';

import { typescriptKernels, type Matrix } from '../kernels';
import { nonsymmetricMatrix } from '../kernels/iterative/nonsymmetricMatrices';
import { randomNumbers } from '../kernels/wasm/testMatrices';
import { measureForgetBias, measureRecurrent, metricCatalogue, projectedGates } from '.';

interface Golden {
  readonly kinds: readonly string[];
  readonly n: number;
  readonly metrics: Record<string, number | readonly number[] | null>;
}

const { recurrent: goldens }: { recurrent: Golden[] } = JSON.parse(
  readFileSync(join(__dirname, '../../test/fixtures/metrics/recurrent.json'), 'utf8'),
);

const scales: Record<string, number> = { random: 1, shrinking: 0.1, growing: 2 };

function gate(kind: string, n: number, seed: number): Matrix {
  const scale = scales[kind];
  const data =
    scale === undefined
      ? nonsymmetricMatrix(kind, n)
      : randomNumbers(n * n, seed).map((x) => (scale * x) / Math.sqrt(n));
  return { rows: n, columns: n, data };
}

describe('measureRecurrent', () => {
  it.each(goldens)('is that of NumPy: $kinds, $n', async ({ kinds, n, metrics }) => {
    const blocks = kinds.map((kind, index) => gate(kind, n, index + 1));
    const measured = await measureRecurrent(blocks, typescriptKernels);
    for (const [id, wanted] of Object.entries(metrics)) {
      // Whether |λ| = 1 lies outside is a matter of rounding.
      if (wanted === null) continue;
      const got = [measured.metrics[id]].flat();
      for (const [i, value] of [wanted].flat().entries()) {
        expect(Math.abs(got[i]! - value), id).toBeLessThan(1e-10 * Math.max(1, value));
      }
    }
    const described = new Map(metricCatalogue.map((one) => [one.id, one.array === true]));
    for (const [id, value] of Object.entries(measured.metrics)) {
      expect(described.get(id), id).toBe(Array.isArray(value));
    }
    expect(measured.metrics['recurrent.lambda_re']).toHaveLength(kinds.length * n);
  });

  it('has the circular law for its baseline', async () => {
    const { metrics, baselines } = await measureRecurrent(
      [gate('random', 200, 9)],
      typescriptKernels,
    );
    for (const id of ['recurrent.rho', 'recurrent.orthogonality', 'recurrent.normality']) {
      expect(Number(metrics[id]) / baselines[id]!, id).toBeGreaterThan(0.9);
      expect(Number(metrics[id]) / baselines[id]!, id).toBeLessThan(1.15);
    }
    const large = await measureRecurrent([gate('growing', 200, 9)], typescriptKernels);
    const outside = Number(large.metrics['recurrent.outside']);
    const expected = large.baselines['recurrent.outside']!;
    expect(Math.abs(outside / expected - 1)).toBeLessThan(0.2);
  });

  it('estimates the spectral radius of large matrices, below a bound', async () => {
    const block = gate('random', 300, 3);
    // One eigenvalue well outside of the disc.
    for (let i = 0; i < 300; i++) block.data[i * 300 + i]! += i === 7 ? 3 : 0;
    const exact = await measureRecurrent([block], typescriptKernels);
    const rough = await measureRecurrent([block], typescriptKernels, { maxExact: 100 });
    const rho = Number(exact.metrics['recurrent.rho']);
    expect(Number(rough.metrics['recurrent.rho']) / rho).toBeCloseTo(1, 3);
    expect(rough.bounds['recurrent.rho']).toBe('approximate');
    expect(Number(rough.metrics['recurrent.rho.upper'])).toBeGreaterThan(rho);
    expect(Number(rough.metrics['recurrent.rho.upper'])).toBeLessThan(2 * rho);
    expect(rough.metrics).not.toHaveProperty('recurrent.rho_min');
    expect(rough.missing[0]?.reason).toContain('300 units');
  });

  it.each<[string, Matrix[]]>([
    ['nothing', []],
    ['not square', [{ rows: 2, columns: 3, data: new Float64Array(6) }]],
    ['NaN', [{ rows: 2, columns: 2, data: new Float64Array([1, 0, NaN, 1]) }]],
    ['huge', [{ rows: 1, columns: 1, data: new Float64Array([1e200]) }]],
  ])('says why it cannot: %s', async (_, blocks) => {
    const { metrics, missing } = await measureRecurrent(blocks, typescriptKernels);
    expect(metrics).toEqual({});
    expect(missing).toHaveLength(1);
  });

  it('bears zeros', async () => {
    const { metrics } = await measureRecurrent(
      [{ rows: 3, columns: 3, data: new Float32Array(9) }],
      typescriptKernels,
    );
    expect(metrics).toMatchObject({ 'recurrent.rho': 0, 'recurrent.orthogonality': 1 });
  });

  it('multiplies gates by a projection', () => {
    const gates = [{ rows: 3, columns: 2, data: new Float32Array([1, 2, 3, 4, 5, 6]) }];
    const projection = { rows: 2, columns: 3, data: new Float32Array([1, 0, 1, 0, 2, 0]) };
    expect(projectedGates(gates, projection)).toEqual([
      { rows: 2, columns: 2, data: new Float64Array([6, 8, 6, 8]) },
    ]);
    expect(() => projectedGates([projection], projection)).toThrow(RangeError);
  });

  it('ends with what a step throws', async () => {
    const onStep = () => {
      throw new Error('stopped');
    };
    const blocks = [gate('random', 20, 1)];
    await expect(measureRecurrent(blocks, typescriptKernels, { onStep })).rejects.toThrow(
      'stopped',
    );
  });
});

describe('measureForgetBias', () => {
  it('gives gates and time constants', () => {
    const { metrics } = measureForgetBias([1, 1, 1, 0, 2]);
    const s = (x: number) => 1 / (1 + Math.exp(-x));
    expect(metrics['forget.mean']).toBeCloseTo((3 * s(1) + s(0) + s(2)) / 5, 14);
    expect(metrics['forget.time_constant']).toBeCloseTo(1 / (1 - s(1)), 12);
    expect(metrics['forget.time_constant.max']).toBeCloseTo(1 / (1 - s(2)), 12);
    expect(metrics['forget.quantiles']).toHaveLength(5);
  });

  it.each([[[]], [[NaN]]])('says why it cannot: %j', (values) => {
    expect(measureForgetBias(values).missing).toHaveLength(1);
  });
});
