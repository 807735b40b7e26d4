import { describe, expect, it } from 'vitest';

import type { Measured } from '../core/metric';
import { estimateSpectrum, matrixPanels, typescriptKernels, type Matrix } from '../kernels';
import { exactEigenvalues, spectrumKinds, spectrumMatrix } from '../kernels/iterative/testSpectra';
import { metricCatalogue } from '.';
import { measureEstimate } from './measureEstimate';
import { measureSpectrum } from './measureSpectrum';

const input = { dtype: 'f32' } as const;

async function both(blocks: readonly Matrix[]): Promise<[estimated: Measured, exact: Measured]> {
  const estimates = [];
  const sigma = [];
  for (const block of blocks) {
    estimates.push(await estimateSpectrum(matrixPanels(block), typescriptKernels));
    sigma.push(...(await exactEigenvalues(block)).map(Math.sqrt));
  }
  const { rows: m, columns: k } = blocks[0]!;
  const singularValues = Float64Array.from(sigma).sort().reverse();
  return [
    measureEstimate(estimates, input),
    measureSpectrum({
      ...input,
      ...{ blocks: blocks.length, m, k, singularValues, gramPrecision: 'f64' as const },
    }),
  ];
}

const number = ({ metrics }: Measured, id: string): number => {
  const value = metrics[id];
  return typeof value === 'number' ? value : NaN;
};

/** Relative. */
const tolerances: Record<string, number> = {
  sigma1: 1e-6,
  nuclear: 0.006,
  schatten4: 0.004,
  srank: 1e-5,
  erank_sigma: 0.015,
  erank_lambda: 0.015,
  PR: 0.015,
  'isometry.cv': 0.03,
  'isometry.mean_sq': 1e-9,
  'energy(0.5)': 0.04,
  'energy(0.9)': 0.02,
  'rel.erank_sigma': 0.015,
  log_norm: 1e-9,
};

describe('measureEstimate', () => {
  it.each(spectrumKinds)('is near measureSpectrum: %s', async (kind) => {
    const [got, wanted] = await both([spectrumMatrix(kind, 500, 350)]);
    for (const [id, tolerance] of Object.entries(tolerances)) {
      const difference = Math.abs(number(got, id) - number(wanted, id));
      expect(difference, id).toBeLessThanOrEqual(tolerance * Math.abs(number(wanted, id)));
    }
    for (const id of ['nuclear', 'erank_sigma', 'PR']) {
      const error = number(got, `${id}.error`);
      expect(Math.abs(number(got, id) - number(wanted, id)), id).toBeLessThan(
        5 * error + 1e-5 * number(wanted, id),
      );
      expect(error).toBeLessThan(0.05 * number(wanted, id));
    }
    expect(number(got, 'cond')).toBeLessThanOrEqual(number(wanted, 'cond') * (1 + 1e-6));
    expect(number(got, 'sigma1.upper')).toBeGreaterThanOrEqual(number(wanted, 'sigma1'));
    expect(Object.keys(got.metrics)).not.toContain('lnstd');
  });

  it('finds the spikes and the noise', async () => {
    const [got, wanted] = await both([spectrumMatrix('spiked', 600, 450)]);
    expect(number(got, 'mp.num_spikes')).toBe(number(wanted, 'mp.num_spikes'));
    expect(number(got, 'mp.s2') / number(wanted, 'mp.s2')).toBeCloseTo(1, 1);
    expect(number(got, 'mp.D_bulk')).toBeLessThan(0.03);
  });

  it('draws the spectrum', async () => {
    const [got, wanted] = await both([spectrumMatrix('pareto', 700, 600)]);
    const drawn = got.metrics.singular_values;
    const exact = wanted.metrics.singular_values;
    if (!Array.isArray(drawn) || !Array.isArray(exact)) throw new TypeError('no arrays');
    expect(drawn.length).toBe(512);
    for (const [i, value] of drawn.entries()) {
      if (i > 0) expect(value).toBeLessThanOrEqual(drawn[i - 1]);
      const there: number = exact[Math.floor(((i + 0.5) * exact.length) / 512)];
      expect(Math.abs(value - there)).toBeLessThan(0.05 * there + 0.01 * exact[0]!);
    }
  });

  it('pools blocks', async () => {
    const blocks = [spectrumMatrix('pareto', 300, 260), spectrumMatrix('gaussian', 300, 260)];
    const [got, wanted] = await both(blocks);
    for (const id of ['nuclear', 'erank_sigma', 'PR']) {
      expect(number(got, id) / number(wanted, id)).toBeCloseTo(1, 1);
    }
    expect(got.metrics.singular_values).toHaveLength(512);
  });

  it('marks everything, and names only what the catalogue describes', async () => {
    const [got] = await both([spectrumMatrix('gaussian', 90, 60)]);
    const described = new Map(metricCatalogue.map((one) => [one.id, one.array === true]));
    for (const [id, value] of Object.entries(got.metrics)) {
      expect(described.get(id), id).toBe(Array.isArray(value));
      if (!id.endsWith('.error')) expect(got.bounds[id], id).toBeDefined();
    }
    expect(got.missing.map(({ family }) => family)).toContain('spectrum');
  });

  it.each([
    [1, 1],
    [1, 4],
    [3, 2],
  ])('bears small matrices: %d × %d', async (rows, columns) => {
    const data = new Float64Array(rows * columns).fill(2);
    const [got] = await both([{ rows, columns, data }]);
    expect(number(got, 'nuclear')).toBeCloseTo(2 * Math.sqrt(rows * columns), 6);
  });

  it('is exact for an orthogonal matrix', async () => {
    const data = new Float64Array(200 * 200);
    for (let i = 0; i < 200; i++) data[i * 200 + ((i * 7) % 200)] = 1;
    const [got] = await both([{ rows: 200, columns: 200, data }]);
    expect(number(got, 'erank_sigma')).toBeCloseTo(200, 6);
    expect(number(got, 'so')).toBeCloseTo(0, 6);
    expect(number(got, 'sigma1')).toBeCloseTo(1, 9);
  });
});
