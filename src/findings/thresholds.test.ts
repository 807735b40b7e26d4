import { describe, expect, it } from 'vitest';

import { defaultThresholds, thresholdNames, thresholdsFrom } from './thresholds';
import { thresholdTable } from './thresholdTable';

describe('thresholds', () => {
  it('have defaults within their range and say what they are', () => {
    for (const name of thresholdNames) {
      const { default: value, min, max, doc } = thresholdTable[name];
      expect(value).toBeGreaterThanOrEqual(min);
      expect(value).toBeLessThanOrEqual(max);
      expect(doc).toMatch(/^.+\.$/);
      expect(defaultThresholds[name]).toBe(value);
    }
  });

  it('takes what is right of a record, and tells what is not', () => {
    const { thresholds, problems } = thresholdsFrom({
      'exact-sparsity.note': 0.2,
      'exact-sparsity.pruned': 3,
      'max-norm.share': '0.5',
      'orthogonality.z': NaN,
      nonsense: 1,
      constructor: 1,
    });
    expect(thresholds).toEqual({ ...defaultThresholds, 'exact-sparsity.note': 0.2 });
    expect(problems).toEqual([
      'threshold "exact-sparsity.pruned" takes a number from 0 to 1, not 3',
      'threshold "max-norm.share" takes a number from 0 to 1, not "0.5"',
      expect.stringMatching(/^threshold "orthogonality\.z" takes a number from 0 to .*, not NaN$/),
      'unknown threshold "nonsense"',
      'unknown threshold "constructor"',
    ]);
  });

  it.each([
    [undefined, 0],
    [null, 0],
    [{}, 0],
    ['text', 1],
    [[1], 1],
    [7, 1],
  ])('%j', (record, problems) => {
    const found = thresholdsFrom(record);
    expect(found.thresholds).toEqual(defaultThresholds);
    expect(found.problems).toHaveLength(problems);
  });
});
