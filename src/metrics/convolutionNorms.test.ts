import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';

import { typescriptKernels } from '../kernels';
import { randomNumbers } from '../kernels/wasm/testMatrices';
import { convolutionNorms } from './convolutionNorms';

interface Golden {
  readonly out: number;
  readonly in: number;
  readonly kernel: readonly number[];
  readonly n: number;
  readonly stride: number;
  readonly metrics: Record<string, number>;
}

const { convolution: goldens }: { convolution: Golden[] } = JSON.parse(
  readFileSync(join(__dirname, '../../test/fixtures/metrics/recurrent.json'), 'utf8'),
);

function kernelOf({ out, in: inputs, kernel }: Golden) {
  const count = kernel.reduce((product, size) => product * size, out * inputs);
  return { out, in: inputs, kernel, data: randomNumbers(count, out + inputs) };
}

describe('convolutionNorms', () => {
  it.each(goldens)(
    'is that of NumPy: $out × $in × $kernel, n = $n, stride $stride',
    async (golden) => {
      const { n, stride, kernel, metrics: wanted } = golden;
      const strides = kernel.map(() => stride);
      const measured = await convolutionNorms(kernelOf(golden), typescriptKernels, {
        n,
        stride: strides,
      });
      const isIterated = Math.min(golden.out, golden.in) > 64;
      for (const [id, value] of Object.entries(wanted)) {
        const tolerance = isIterated && id === 'conv.sigma1_fft' ? 1e-4 : 1e-10;
        const got = Number(measured.metrics[id]);
        expect(Math.abs(got / value - 1), id).toBeLessThan(tolerance);
      }
      expect(measured.bounds['conv.sigma1_upper']).toBe('upper');
      const bound = isIterated ? 'lower' : undefined;
      expect(measured.bounds['conv.sigma1_fft']).toBe(stride > 1 ? 'upper' : bound);
    },
  );

  it('of a single tap is that tap, for any image', async () => {
    const data = new Float32Array([0, 0, 0, 0, -3, 0, 0, 0, 0]);
    const { metrics } = await convolutionNorms(
      { out: 1, in: 1, kernel: [3, 3], data },
      typescriptKernels,
    );
    expect(metrics['conv.sigma1_fft']).toBeCloseTo(3, 12);
    expect(metrics['conv.sigma1_reshape']).toBeCloseTo(3, 12);
    expect(metrics['conv.sigma1_upper']).toBeCloseTo(9, 12);
  });

  it('says why it cannot', async () => {
    const nan = { out: 1, in: 1, kernel: [1, 1], data: new Float32Array([NaN]) };
    expect((await convolutionNorms(nan, typescriptKernels)).missing[0]?.reason).toContain('NaN');
    const none = { out: 0, in: 1, kernel: [1], data: new Float32Array(0) };
    expect((await convolutionNorms(none, typescriptKernels)).missing).toHaveLength(1);
    const short = { out: 2, in: 1, kernel: [1], data: new Float32Array(1) };
    await expect(convolutionNorms(short, typescriptKernels)).rejects.toThrow(RangeError);
  });

  it('ends with what a step throws', async () => {
    const onStep = () => {
      throw new Error('stopped');
    };
    const data = randomNumbers(8 * 8 * 9, 1);
    const kernel = { out: 8, in: 8, kernel: [3, 3], data };
    await expect(convolutionNorms(kernel, typescriptKernels, { onStep })).rejects.toThrow(
      'stopped',
    );
  });
});
