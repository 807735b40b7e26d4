import { describe, expect, it } from 'vitest';

import { savedRunId } from './savedRun';

describe('savedRunId', () => {
  it.each<[string, unknown, string | undefined]>([
    ['the run of a page', { runId: '/runs\nepoch#.pt', layer: 'fc1' }, '/runs\nepoch#.pt'],
    ['nothing', undefined, undefined],
    ['null', null, undefined],
    ['a text', 'run', undefined],
    ['no run', {}, undefined],
    ['an empty run', { runId: '' }, undefined],
    ['a number', { runId: 7 }, undefined],
    ['more than a path can be', { runId: 'x'.repeat(70_000) }, undefined],
  ])('%s', (_, state, expected) => {
    expect(savedRunId(state)).toBe(expected);
  });
});
