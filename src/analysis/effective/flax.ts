import { elementCountOf, type Tensor } from '../../core/tensor';
import { computedDtype, type Kind } from './combination';
import { axisOf, eachPiece, scaledRange, sliceNorms, wholeTensor } from './elements';

/** What Flax adds under the root of a squared length before it divides. */
const epsilon = 1e-12;

/**
 * Weight normalization of Flax: W = scale · kernel/‖kernel‖ over all axes but the last, with the scale beside the wrapped layer:
 * `params/Dense_0/kernel` and `params/WeightNorm_0/Dense_0/kernel/scale`.
 *
 * @see https://flax.readthedocs.io/en/latest/api_reference/flax.linen/layers.html#flax.linen.WeightNorm
 */
export const flaxWeightNorm: Kind = (kernel, sources) => {
  const scale = sources.besideFlaxKernel(kernel.name, 'WeightNorm', 'scale');
  const last = kernel.shape.length - 1;
  if (!scale || last < 1 || elementCountOf(scale.shape) !== kernel.shape[last]) return undefined;
  const axis = axisOf(kernel.shape, last);
  const key = {};
  const factors = (): Promise<Float64Array> =>
    sources.kept.of(key, async () => {
      const norms = await sliceNorms(kernel, axis);
      const scales = await sources.kept.all(scale);
      return norms.map((norm, index) => scales[index]! / Math.sqrt(norm ** 2 + epsilon));
    });
  return {
    replaces: kernel,
    name: kernel.name,
    shape: kernel.shape,
    dtype: computedDtype(kernel, scale),
    parts: [kernel, scale],
    trained: [kernel, scale],
    how: 'weight norm: scale · kernel/‖kernel‖ (last axis)',
    compute: async (start, end) => scaledRange(kernel, axis, await factors(), [start, end]),
  };
};

/**
 * Spectral normalization of Flax: W = kernel/σ, the kernel reshaped to (rest, out). Every call, in evaluation too, makes a step of
 * the power iteration from the stored u: `batch_stats/SpectralNorm_0/Dense_0/kernel/u`. The number of steps is not in the file; 1 is
 * the default.
 */
export const flaxSpectralNorm: Kind = (kernel, sources) => {
  const start = sources.besideFlaxKernel(kernel.name, 'SpectralNorm', 'u');
  const outputs = kernel.shape.at(-1) ?? 0;
  if (!start || kernel.shape.length < 2 || elementCountOf(start.shape) !== outputs) {
    return undefined;
  }
  const key = {};
  const factor = (): Promise<Float64Array> =>
    sources.kept.of(key, async () => {
      const sigma = await sigmaAfterStep(kernel, await sources.kept.all(start));
      return Float64Array.of(sigma === 0 ? 1 : 1 / sigma);
    });
  return {
    replaces: kernel,
    name: kernel.name,
    shape: kernel.shape,
    dtype: computedDtype(kernel, start),
    parts: [kernel, start],
    trained: [kernel],
    how: 'spectral norm: kernel / uᵀWv, one step from the stored u',
    compute: async (first, end) => scaledRange(kernel, wholeTensor, await factor(), [first, end]),
  };
};

/** v = Wu/‖Wu‖, u' = Wᵀv/‖Wᵀv‖, σ = vᵀWu'. */
async function sigmaAfterStep(kernel: Tensor, u: Float64Array): Promise<number> {
  const columns = u.length;
  const left = new Float64Array(elementCountOf(kernel.shape) / columns);
  await eachPiece(kernel, (values, start) => {
    for (let i = 0; i < values.length; i++) {
      left[Math.floor((start + i) / columns)]! += values[i]! * u[(start + i) % columns]!;
    }
  });
  const length = Math.sqrt(squareSum(left) + epsilon);
  const right = new Float64Array(columns);
  await eachPiece(kernel, (values, start) => {
    for (let i = 0; i < values.length; i++) {
      const row = Math.floor((start + i) / columns);
      right[(start + i) % columns]! += values[i]! * (left[row]! / length);
    }
  });
  const square = squareSum(right);
  return square / Math.sqrt(square + epsilon);
}

function squareSum(values: Float64Array): number {
  return values.reduce((sum, value) => sum + value ** 2, 0);
}
