import { readFileSync } from 'node:fs';
import { join } from 'node:path';

import { describe, expect, it } from 'vitest';

import { measuredFixture } from '../../../test/support/measuredFixture';
import { openCheckpoint } from '..';
import { openLocalFiles } from '../../io/checkpointFiles';
import { tensorOf, valuesOf } from '../testSupport';

const folder = join(__dirname, '../../../test/fixtures/keras');

interface Variable {
  readonly shape: readonly number[];
  readonly values: readonly number[];
}
interface Golden {
  readonly wrapper: string;
  readonly kernel: Variable;
  readonly bias: Variable;
  readonly vector_u: Variable;
  readonly sigma: number;
}
const golden: Readonly<Record<string, Golden>> = JSON.parse(
  readFileSync(join(folder, 'spectral.json'), 'utf8'),
);
const files = ['spectral.keras', 'spectral.h5', 'spectral.weights.h5'] as const;

describe('layers in the SpectralNormalization wrapper', () => {
  it.each(files)('of %s: kernel, bias and vector, each once and by its name', async (file) => {
    const checkpoint = await openCheckpoint(await openLocalFiles(join(folder, file)));
    for (const [layer, { wrapper, kernel, bias, vector_u: vector }] of Object.entries(golden)) {
      for (const [name, { shape, values }] of [
        [`${wrapper}/${layer}/kernel`, kernel],
        [`${wrapper}/${layer}/bias`, bias],
        [`${wrapper}/vector_u`, vector],
      ] as const) {
        const tensor = tensorOf(checkpoint, name);
        expect(tensor.shape).toEqual(shape);
        expect((await valuesOf(tensor)).map(Number)).toEqual(values);
      }
    }
  });

  it.each(files)(
    'of %s: the kernel is measured as it is stored, the rest is none',
    async (file) => {
      const { layers, skipped } = await measuredFixture(join(folder, file));
      const names = ['first/conv', 'norm', 'second/dense', 'head'];
      expect(layers.map(({ name }) => name).sort()).toEqual(names.sort());
      for (const [layer, { wrapper, sigma }] of Object.entries(golden)) {
        const found = layers.find(({ name }) => name === `${wrapper}/${layer}`);
        expect(Number(found?.metrics['sigma1'])).toBeCloseTo(sigma, 6);
        const left = skipped.filter(({ name }) => name.startsWith(wrapper));
        expect(left.map(({ name }) => name)).toContain(`${wrapper}/vector_u`);
        // HDF5 of whole models has no second copy.
        expect(left).toHaveLength(file === 'spectral.h5' ? 1 : 2);
      }
    },
  );
});
