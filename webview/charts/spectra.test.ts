import { expect, it } from 'vitest';

import type { LayerRow } from '../../src/protocol/layers';
import { layer } from '../testing';
import { spectrumOf, spectrumSummary, spectrumTable } from './spectra';

/** Entries of variance 1/k in an 8 × 32 matrix: γ = ¼, N = 32, edge (1 + ½)² / k. */
const row: LayerRow = {
  ...layer(0, 'fc', { 'mp.edge': 1.5 ** 2 / 32, 'mp.num_spikes': 1 }),
  view: [8, 32],
};

it('turns the edge of λ/N into singular values', () => {
  const { bulk } = spectrumOf(row, [3, 1, 0.6]);
  expect(bulk?.high).toBeCloseTo(1.5, 12);
  expect(bulk?.low).toBeCloseTo(0.5, 12);
});

it('takes the rows of one block for a grouped layer', () => {
  const grouped: LayerRow = { ...row, view: [32, 32], blocks: 4 };
  expect(spectrumOf(grouped, [1]).bulk?.high).toBeCloseTo(1.5, 12);
  expect(spectrumOf(grouped, [1]).bulk?.low).toBeCloseTo(0.5, 12);
});

it('marks spikes and leaves zeros to the summary', () => {
  const spectrum = spectrumOf(row, [3, 1, 0.6, 0]);
  expect(spectrum.values.map(({ spike }) => spike)).toEqual([true, false, false]);
  expect(spectrumSummary(spectrum)).toBe(
    '4 singular values, from 3 down to 0.6; 1 exact zero not drawn; random bulk up to 1.5, 1 spike above it',
  );
  expect(spectrumTable(spectrum).rows).toEqual([
    [1, 3, 'yes'],
    [2, 1, ''],
    [3, 0.6, ''],
  ]);
});

it('has no bulk without a fit or without a matrix', () => {
  expect(spectrumOf(layer(0, 'a'), [1]).bulk).toBeUndefined();
  const { view: _view, ...vector } = row;
  expect(spectrumOf(vector, []).bulk).toBeUndefined();
  expect(_view).toBeDefined();
});
