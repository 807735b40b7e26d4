import { describe, expect, it } from 'vitest';

import {
  marchenkoPasturDistribution,
  marchenkoPasturQuantile,
  spectrumBaseline,
} from './marchenkoPasturLaw';
import { fitMarchenkoPastur, tracyWidom999 } from './marchenkoPasturFit';
import { fitPowerLaw } from './powerLawFit';
import { matrixOf, measureMatrix } from './testLayer';

const w1 = matrixOf([
  [1, 2],
  [3, 4],
  [5, 6],
]);
const w2 = matrixOf([
  [2, 0, 0, 1],
  [0, -1, 0, 0],
  [0.5, 0, 3, 0],
]);

/** Computed by hand-checked NumPy code in double precision. */
const expected = [
  [
    'W1',
    w1,
    {
      l1: 21,
      l2: 9.539392014169456,
      rms: 3.894440481849308,
      hoyer: 0.1711578760059293,
      m1r: 0.898717034272917,
      skew: 0,
      exkurt: -1.2685714285714282,
      gini: 0.2777777777777779,
      sigma1: 9.525518091565107,
      so: 8053,
      dso: 16107,
      srip: 89.73549491273417,
      PR: 1.005830195554476,
      scale_free_defect: 0.497084902222762,
      srank: 1.0029151225495625,
      erank_sigma: 1.2239822297792071,
      erank_lambda: 1.0200783574436323,
      nuclear: 10.039818672223753,
      cond: 18.521305341258135,
      'isometry.cv': 0.8975478347867948,
      lnstd: 1.4594608547617773,
      l21: 15.046317653406444,
      OI_row: 1.3935369945542375,
      OI_small: 1.7214137521590935,
      'cos.max': 0.9986876634765887,
      singular_values: [9.525518091565107, 0.5143005806586443],
    },
  ],
  [
    'W2',
    w2,
    {
      'zero.frac': 7 / 12,
      hoyer: 0.6264142706866508,
      gini: 0.7166666666666667,
      so: 86.0625,
      dso: 173.125,
      srip: 8.473536778506991,
      PR: 2.047881122729774,
      scale_free_defect: 0.31737295909007524,
      erank_sigma: 2.7440782926891325,
      OI_row: 0.16979054399120355,
      OI_small: 0.16979054399120355,
      'cos.max': 0.14704292441876154,
      singular_values: [3.07791110633608, 2.185512118816322, 1],
    },
  ],
] as const;

describe.each(expected)('%s', (_, matrix, values) => {
  it.each(Object.entries(values))('%s', async (id, value) => {
    const measured = (await measureMatrix(matrix)).metrics[id];
    const [got, wanted] = [[measured ?? NaN].flat(), [value].flat()];
    expect(got.length).toBe(wanted.length);
    for (const [i, one] of wanted.entries()) {
      expect(Math.abs(got[i]! - one)).toBeLessThanOrEqual(1e-12 * Math.max(1, Math.abs(one)));
    }
  });
});

it('W2 transposed has the orthogonality index of its columns', async () => {
  const transposed = matrixOf([
    [2, 0, 0.5],
    [0, -1, 0],
    [0, 0, 3],
    [1, 0, 0],
  ]);
  const { metrics } = await measureMatrix(transposed);
  expect(metrics['OI_row']).toBeCloseTo(0.7071067811865476, 12);
});

describe('power law', () => {
  it.each([
    [
      'twelve values',
      [0.1, 0.2, 0.3, 0.5, 0.8, 1, 1.3, 2.1, 3.4, 5.5, 8.9, 14.4],
      [1.637929659813898, 0.5, 0.15523232548791266, 0.21264321993796598, 9],
    ],
    [
      'k^-1/2',
      Array.from({ length: 100 }, (_, k) => (100 - k) ** -0.5),
      [3.0665930034132884, 0.1, 0.012048363706638532, 0.20665930034132884, 100],
    ],
  ])('%s', (_, values, [alpha, xmin, distance, sigma, tail]) => {
    const fit = fitPowerLaw(Float64Array.from(values));
    expect(fit?.alpha).toBeCloseTo(alpha!, 12);
    expect(fit?.xmin).toBeCloseTo(xmin!, 12);
    expect(fit?.distance).toBeCloseTo(distance!, 12);
    expect(fit?.sigma).toBeCloseTo(sigma!, 12);
    expect(fit?.tail).toBe(tail);
  });

  it('finds none among equal values', () => {
    expect(fitPowerLaw(new Float64Array(60).fill(2))).toBeUndefined();
  });
});

describe('Marchenko–Pastur law', () => {
  it.each([
    [1, [0.006172, 0.156253, 0.652777, 1.611401, 3.085922]],
    [0.5, [0.15297, 0.398254, 0.830466, 1.485922, 2.384343]],
    [0.25, [0.336199, 0.576629, 0.916004, 1.365481, 1.930903]],
    [0.1, [0.545891, 0.73532, 0.966565, 1.241528, 1.56062]],
  ])('quantiles at γ = %d', (gamma, quantiles) => {
    for (const [i, probability] of [0.05, 0.25, 0.5, 0.75, 0.95].entries()) {
      const x = marchenkoPasturQuantile(probability, gamma);
      expect(Math.abs(x - quantiles[i]!)).toBeLessThan(1.5e-6);
      expect(marchenkoPasturDistribution(x, gamma)).toBeCloseTo(probability, 12);
    }
  });

  it.each([
    [1, 0.6228, 1.035, 0.805, 0.607],
    [0.9, 0.5713, 0.767, 0.838, 0.638],
    [0.5, 0.3864, 0.425, 0.926, 0.779],
    [0.1, 0.1607, 0.163, 0.987, 0.951],
    [0.01, 0.0501, 0.05, 0.999, 0.995],
  ])('baselines at γ = %d', (gamma, cv, lnStd, erankSigma, erankLambda) => {
    const law = spectrumBaseline(gamma);
    expect(Math.abs(law.cv - cv)).toBeLessThan(6e-5);
    expect(Math.abs(law.lnStd - lnStd)).toBeLessThan(6e-4);
    expect(Math.abs(law.erankSigma - erankSigma)).toBeLessThan(6e-4);
    expect(Math.abs(law.erankLambda - erankLambda)).toBeLessThan(6e-4);
  });

  it('fits its own quantiles', () => {
    const [p, n] = [100, 200];
    const eigenvalues = Float64Array.from(
      { length: p },
      (_, k) => 2.5 * n * marchenkoPasturQuantile(1 - (k + 0.5) / p, p / n),
    );
    const fit = fitMarchenkoPastur(eigenvalues, p, n, 0.9793);
    expect(fit?.variance).toBeCloseTo(2.5, 12);
    expect(fit?.edge).toBeCloseTo(7.28553, 5);
    expect(fit?.threshold).toBeCloseTo(7.42794, 5);
    expect(fit?.spikeCount).toBe(0);
    expect(fitMarchenkoPastur(eigenvalues, p, n, tracyWidom999)?.spikeCount).toBe(0);
  });
});
