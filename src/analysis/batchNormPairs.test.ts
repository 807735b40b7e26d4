import { readFileSync } from 'node:fs';
import { join } from 'node:path';

import { describe, expect, it } from 'vitest';

import { measuredFixture } from '../../test/support/measuredFixture';
import { metricCatalogue } from '../metrics';

const folder = join(__dirname, '../../test/fixtures/effective');
type Golden = Readonly<Record<string, Readonly<Record<string, number>>>>;

const golden: Golden = JSON.parse(readFileSync(join(folder, 'folded.json'), 'utf8'));
const graphs: Readonly<Record<string, Golden>> = JSON.parse(
  readFileSync(join(folder, 'folded_graphs.json'), 'utf8'),
);

describe('batch normalization folded into the layer before it', () => {
  it('has the norms of the weight that PyTorch fuses from both, to 1e-6', async () => {
    const { layers } = await measuredFixture(join(folder, 'folded.pt'));
    const folded = layers.filter(({ metrics }) => metrics['bn_folded.l2'] !== undefined);
    expect(folded.map(({ name }) => name)).toEqual(Object.keys(golden));
    const described = new Set(metricCatalogue.map(({ id }) => id));
    for (const { name, metrics, bounds } of folded) {
      for (const [id, value] of Object.entries(golden[name] ?? {})) {
        expect(Number(metrics[id]) / value, `${id} of ${name}`).toBeCloseTo(1, 6);
        expect(described).toContain(id);
        // A state dict has no ε: the default of PyTorch is taken, and said so.
        expect(bounds[id]).toBe('approximate');
      }
    }
  });

  it.each(Object.entries(graphs))(
    'of %s: has the norms of the folded weight where the graph puts nothing between, to 1e-6',
    async (name, expected) => {
      const { layers } = await measuredFixture(join(folder, name));
      const folded = layers.filter(({ metrics }) => metrics['bn_folded.l2'] !== undefined);
      expect(folded.map(({ tensor }) => tensor).sort()).toEqual(Object.keys(expected).sort());
      for (const { tensor, metrics, bounds } of folded) {
        for (const [id, value] of Object.entries(expected[tensor] ?? {})) {
          expect(Number(metrics[id]) / value, `${id} of ${tensor}`).toBeCloseTo(1, 6);
          expect(bounds[id]).toBeUndefined();
        }
      }
    },
  );
});
