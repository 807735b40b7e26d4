import v8 from 'node:v8';

import { beforeAll, describe, expect, it } from 'vitest';

import { typescriptKernels, type Kernels } from '..';
import { nonsymmetricMatrix } from '../iterative/nonsymmetricMatrices';
import goldens from '../iterative/nonsymmetricGoldens.json';
import { multisetDistance, wholeSpectrum } from '../iterative/multisets';
import { wasmKernels } from '.';
import { testMatrix } from './testMatrices';

const names = ['plain', 'relaxed'] as const;
let backends: Record<(typeof names)[number], Kernels>;

interface KernelScript {
  readonly compileKernels: () => Promise<
    Record<'kernels.wasm' | 'kernels-relaxed.wasm', Uint8Array>
  >;
}

beforeAll(async () => {
  // Node 20 has relaxed SIMD behind a flag, which later versions do not know.
  if (Number(process.versions.node.split('.')[0]) < 22) {
    v8.setFlagsFromString('--experimental-wasm-relaxed-simd');
  }
  const script = String(new URL('../../../scripts/kernels.mjs', import.meta.url));
  const { compileKernels }: KernelScript = await import(/* @vite-ignore */ script);
  const modules = await compileKernels();
  backends = {
    plain: wasmKernels(modules['kernels.wasm']),
    relaxed: wasmKernels(modules['kernels-relaxed.wasm']),
  };
}, 120_000);

describe.each(names)('the %s build', (name) => {
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
