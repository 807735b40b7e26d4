import { describe, expect, it } from 'vitest';

import { chooseBackend, type BackendParts } from './chooseBackend';
import { withFastestSingle } from './fastestSingle';
import type { Kernels } from './kernels';
import { typescriptKernels } from './typescript';
import { testMatrix } from './wasm/testMatrices';

const without: BackendParts = {
  modules: undefined,
  loadTensorFlow: () => ({ reason: 'it is not here' }),
  now: () => 0,
};

describe('the choice of a backend', () => {
  it.each([
    ['typescript', undefined],
    ['wasm', 'WebAssembly with SIMD does not run here; plain TypeScript runs instead'],
    ['tensorflow', 'TensorFlow does not run here: it is not here; plain TypeScript runs instead'],
    ['auto', undefined],
  ] as const)('%s, where there is nothing but TypeScript', (setting, problem) => {
    const choice = chooseBackend(setting, without);
    expect(choice.problem).toBe(problem);
    expect(choice.kernels.backend).toBe('typescript');
    expect(choice.describe()).toBe('plain TypeScript');
  });

  it('takes what is no TensorFlow for the reason that it is', () => {
    const choice = chooseBackend('tensorflow', {
      ...without,
      loadTensorFlow: () => ({ exports: {} }),
    });
    expect(choice.problem).toContain('the module is not TensorFlow.js');
  });

  it.each(['typescript', 'wasm'] as const)('does not load TensorFlow for %s', (setting) => {
    const loadTensorFlow = () => {
      throw new Error('asked for');
    };
    expect(chooseBackend(setting, { ...without, loadTensorFlow }).describe()).not.toBe('');
  });
});

const single = { precision: 'f32' } as const;

describe('the race for single precision', () => {
  let clock = 0;
  const now = () => clock;
  /** The reference, as if each step took so many milliseconds; its results are empty, so that it takes none in truth. */
  const timed = (backend: Kernels['backend'], gramMs: number, eigenvaluesMs: number): Kernels => ({
    ...typescriptKernels,
    backend,
    gram: () => {
      clock += gramMs;
      return Promise.resolve({ size: 0, data: new Float64Array(0) });
    },
    symmetricEigenvalues: () => {
      clock += eigenvaluesMs;
      return Promise.resolve(new Float64Array(0));
    },
  });
  const base = timed('wasm', 5, 5);
  const large = testMatrix('zeros', 512, 1);

  it.each([
    [4, 4, 'tensorflow', 'tensorflow'],
    [4, 6, 'tensorflow', 'wasm'],
    [6, 4, 'wasm', 'tensorflow'],
    [5, 5, 'wasm', 'wasm'],
  ])(
    'of %d and %d ms against 5 and 5: %s, %s',
    async (gramMs, eigenvaluesMs, gram, eigenvalues) => {
      const verdict = new Int32Array(2);
      let loads = 0;
      const start = () =>
        withFastestSingle(base, {
          other: () => {
            loads++;
            return timed('tensorflow', gramMs, eigenvaluesMs);
          },
          now,
          verdict,
        });
      const first = start();
      const { kernels } = first;
      await kernels.gram(large, 'rows');
      await kernels.gram(large, 'columns', single);
      expect(loads).toBe(0);
      await Promise.all([kernels.gram(large, 'rows', single), kernels.gram(large, 'rows', single)]);
      expect(loads).toBe(1);
      expect(first.outcome()).toEqual({ gram, eigenvalues });
      // Another thread knows without a race, and loads only what has won something.
      const before = clock;
      const second = start();
      await second.kernels.gram(large, 'rows', single);
      expect(second.outcome()).toEqual({ gram, eigenvalues });
      expect(clock - before).toBe(Math.min(5, gramMs));
      expect(loads).toBe(gram === 'wasm' && eigenvalues === 'wasm' ? 1 : 2);
    },
  );

  it('is lost by what fails', async () => {
    const broken = timed('tensorflow', 1, 1);
    const fastest = withFastestSingle(base, {
      other: () => ({ ...broken, gram: () => Promise.reject(new Error('no')) }),
      now,
    });
    await fastest.kernels.gram(large, 'rows', single);
    expect(fastest.outcome()).toEqual({ gram: 'wasm', eigenvalues: 'wasm' });
  });
});
