import { describe, expect, it } from 'vitest';

import { measureBatchNorm } from './batchNormChannels';

const measured = (
  gamma: readonly number[],
  beta: readonly number[] | undefined,
  variance: readonly number[],
) =>
  measureBatchNorm({
    gamma: Float64Array.from(gamma),
    ...(beta && { beta: Float64Array.from(beta) }),
    variance: Float64Array.from(variance),
    epsilon: 0,
    isEpsilonAssumed: false,
  }).metrics;

describe('measureBatchNorm', () => {
  // Φ(−3.090232) = 1e-3.
  it.each([
    ['no shift', [1, 2], [0, 0], 0],
    ['just above the limit', [1, 2], [-3.0902, -6.1804], 0],
    ['just below it', [1, 2], [-3.0903, 0], 0.5],
    ['a negative scale', [-1, 1], [-4, 4], 0.5],
    ['a scale of zero and nothing added', [0, 1], [0, 0], 0.5],
    ['a scale of zero and a positive constant', [0, 1], [1, 0], 0],
    ['a scale of zero and a negative constant', [0, 1], [-1, 0], 0.5],
  ])('closes channels: %s', (_, gamma, beta, share) => {
    expect(measured(gamma, beta, [1, 1])['bn.inactive(1e-3)']).toBe(share);
  });

  it('has the factor of each channel', () => {
    expect(measured([2, -3, 1], undefined, [4, 1, 0.01])).toEqual({
      'bn.gain.median': 3,
      'bn.gain.max': 10,
      'bn.inactive(1e-3)': 0,
    });
  });

  it.each([
    ['nothing', [], undefined, []],
    ['another number of variances', [1, 1], undefined, [1]],
    ['another number of shifts', [1, 1], [1], [1, 1]],
    ['a variance that is negative', [1, 1], [0, 0], [1, -1]],
    ['a NaN', [1, NaN], [0, 0], [1, 1]],
    ['a shift that is NaN', [1, 1], [0, NaN], [1, 1]],
    ['an infinite scale', [1, Infinity], [0, 0], [1, 1]],
  ])('says nothing of %s', (_, gamma, beta, variance) => {
    expect(measured(gamma, beta, variance)).toEqual({});
  });
});
