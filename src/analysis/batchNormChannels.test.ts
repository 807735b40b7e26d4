import { join } from 'node:path';

import { describe, expect, it } from 'vitest';

import { measuredFixture } from '../../test/support/measuredFixture';
import { metricCatalogue } from '../metrics';

const folder = join(__dirname, '../../test/fixtures/findings');
const ids = ['bn.gain.median', 'bn.gain.max', 'bn.inactive(1e-3)'] as const;

describe('channels of a batch normalization', () => {
  it('are described', () => {
    expect(metricCatalogue.map(({ id }) => id)).toEqual(expect.arrayContaining([...ids]));
  });

  // γ from 0.5 to 1.5 and v from 0.4 to 0.8 in 16 steps; channel 5 has γ = 5/6.
  it.each([
    ['closed.1', 2 / 16, undefined],
    ['nearly_closed.1', 0, undefined],
    ['amplified.1', 0, 5 / 6 / Math.sqrt(1e-9 + 1e-5)],
    ['less_amplified.1', 0, 5 / 6 / Math.sqrt(8e-5 + 1e-5)],
  ])('%s, with the ε of the module', async (name, inactive, gain) => {
    const { layers } = await measuredFixture(join(folder, 'channels.pt'));
    const { metrics, bounds } = layers.find((layer) => layer.name === name) ?? {};
    expect(metrics?.['bn.inactive(1e-3)']).toBe(inactive);
    if (gain !== undefined) expect(Number(metrics?.['bn.gain.max']) / gain).toBeCloseTo(1, 5);
    expect(bounds).not.toHaveProperty('bn.gain.max');
  });

  it('take the default ε of PyTorch for a state dict, and say so', async () => {
    const { layers } = await measuredFixture(join(folder, 'trained_norm.safetensors'));
    const measured = layers.filter(({ metrics }) => metrics['bn.gain.max'] !== undefined);
    expect(measured.map(({ name }) => name)).toEqual(['bn1', 'bn2']);
    for (const { bounds } of measured) expect(bounds['bn.gain.max']).toBe('approximate');
  });

  it('take the ε of the graph for a Keras model', async () => {
    const { layers } = await measuredFixture(join(folder, 'channels.keras'));
    const direct = layers.find(({ name }) => name === 'direct');
    // γ = 1, v = 1 and the ε of Keras.
    expect(direct?.metrics['bn.gain.max']).toBeCloseTo(1 / Math.sqrt(1 + 1e-3), 6);
    expect(direct?.bounds).not.toHaveProperty('bn.gain.max');
    expect(direct?.metrics['bn.inactive(1e-3)']).toBe(2 / 16);
  });
});
