import { beforeAll, describe, expect, it } from 'vitest';

import { typescriptKernels } from '..';
import { nonsymmetricMatrix } from '../iterative/nonsymmetricMatrices';
import goldens from '../iterative/nonsymmetricGoldens.json';
import { multisetDistance, wholeSpectrum } from '../iterative/multisets';
import { buildNames, compiledBuilds, type Builds } from '../../../test/support/kernelBuilds';
import { testMatrix } from './testMatrices';

let backends: Builds;

beforeAll(async () => {
  backends = await compiledBuilds();
}, 120_000);

describe.each(buildNames)('the %s build', (name) => {
  it.each(goldens)(
    'has the eigenvalues of NumPy: $kind $n',
    async ({ kind, n, real, imaginary }) => {
      const wanted = wholeSpectrum(real, imaginary);
      const largest = wanted.reduce((max, [re, im]) => Math.max(max, Math.hypot(re, im)), 0);
      const got = await backends[name].nonsymmetricEigenvalues(nonsymmetricMatrix(kind, n), n);
      expect(multisetDistance(got, wanted)).toBeLessThanOrEqual(1e-10 * largest);
    },
  );

  it('ends with what a step throws', async () => {
    const onStep = () => {
      throw new Error('stopped');
    };
    const matrix = nonsymmetricMatrix('random', 30);
    await expect(backends[name].nonsymmetricEigenvalues(matrix, 30, { onStep })).rejects.toThrow(
      'stopped',
    );
  });

  it.each([
    [1, 1, 1],
    [3, 5, 8],
    [65, 7, 3],
    [130, 513, 9],
    [31, 1026, 16],
    [200, 40, 2],
  ])('multiplies as plain TypeScript does: %d × %d, %d vectors', (rows, columns, width) => {
    const matrix = testMatrix('random', rows, columns);
    const x = testMatrix('random', columns, width).data;
    if (!(x instanceof Float64Array)) throw new TypeError('not doubles');
    for (const data of [matrix.data, Float32Array.from(matrix.data)]) {
      const passes = [backends[name], typescriptKernels].map((kernels) => {
        const pass = kernels.startBlockProduct(x, columns);
        // Two panels, the cut anywhere.
        const cut = Math.floor(rows / 3);
        pass.update({ rows: cut, columns, data: data.subarray(0, cut * columns) });
        pass.update({ rows: rows - cut, columns, data: data.subarray(cut * columns) });
        return pass.finish();
      });
      const [got, wanted] = [passes[0]!, passes[1]!];
      expect(got.length).toBe(wanted.length);
      const scale = wanted.reduce((max, z) => Math.max(max, Math.abs(z)), 0);
      const worst = got.reduce((max, z, i) => Math.max(max, Math.abs(z - wanted[i]!)), 0);
      expect(worst).toBeLessThan(1e-13 * scale);
    }
  });

  it('refuses panels of another width', () => {
    const pass = backends[name].startBlockProduct(new Float64Array(6), 3);
    expect(() => pass.update({ rows: 1, columns: 2, data: new Float64Array(2) })).toThrow(
      RangeError,
    );
    expect(() => backends[name].startBlockProduct(new Float64Array(7), 3)).toThrow(RangeError);
  });
});
