import { describe, expect, it } from 'vitest';

import { labelsOf } from './labels';

describe('labelsOf', () => {
  it.each([
    ['/x/a.pt', '/x/b.pt', 'a.pt', 'b.pt'],
    ['/x/run1/model.pt', '/x/run2/model.pt', 'run1/model.pt', 'run2/model.pt'],
    ['/x/run1/last/model.pt', '/x/run2/last/model.pt', 'run1/last/model.pt', 'run2/last/model.pt'],
    ['/model.pt', '/x/model.pt', 'model.pt', 'x/model.pt'],
    ['/x/a.pt', '/x/a.pt', 'a.pt', 'a.pt'],
    ['', '', '', ''],
  ])('%s and %s', (a, b, labelOfA, labelOfB) => {
    expect(labelsOf(a, b)).toEqual([labelOfA, labelOfB]);
  });
});
