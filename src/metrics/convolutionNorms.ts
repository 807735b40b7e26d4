import type { Measured } from '../core/metric';
import {
  matrixPanels,
  lanczosLargest,
  type Kernels,
  type Matrix,
  type StepOptions,
} from '../kernels';
import { frequencyNorm } from './frequencyNorm';
import { MeasuredBuilder } from './measured';

/** A kernel as stored by PyTorch: (out, in, …kernel), row-major; of one group. */
export interface ConvolutionKernel {
  readonly data: Float32Array | Float64Array;
  readonly out: number;
  readonly in: number;
  /** Sizes of one to three spatial axes. */
  readonly kernel: readonly number[];
}

export interface ConvolutionOptions extends StepOptions {
  /** Side of the image in each axis; at least the kernel's. Default 32, at most that. */
  readonly n?: number;
  /** Of each axis. Default 1. */
  readonly stride?: readonly number[];
}

const maxSide = 32;
/** Side up to which a Gram matrix is solved; beyond, the norm is bracketed by Lanczos. */
const maxExact = 1024;

/** Frequencies times elements of the kernel: beyond it, the image is made smaller. */
const maxWork = 2 ** 31;

/**
 * Norms of a convolution as an operator on images: exactly for circular padding and stride 1, and bounded for all others.
 *
 * @see Sedghi, Gupta & Long 2019; Singla & Feizi 2021
 */
export async function convolutionNorms(
  convolution: ConvolutionKernel,
  kernels: Kernels,
  options: ConvolutionOptions = {},
): Promise<Measured> {
  const out = new MeasuredBuilder();
  const refusal = reasonAgainst(convolution);
  if (refusal !== undefined) return out.absent('spectrum', `conv: ${refusal}`).build();
  const { kernel } = convolution;
  const strides = kernel.map((_, axis) => options.stride?.[axis] ?? 1);
  const isDense = strides.every((stride) => stride === 1);
  const reshaped = await largest(unfolded(convolution, 0), kernels, options);
  out.set('conv.sigma1_reshape', reshaped.lower);
  if (!reshaped.isExact) out.bound('conv.sigma1_reshape', 'lower');
  let least = reshaped.upper;
  const ways = isDense ? 2 ** kernel.length : 1;
  for (let way = 1; way < ways; way++) {
    const { upper } = await largest(unfolded(convolution, way), kernels, options);
    least = Math.min(least, upper);
  }
  // Each sample of the input occurs in so many patches at most.
  const patches = kernel.reduce((count, size, axis) => count * Math.ceil(size / strides[axis]!), 1);
  out.set('conv.sigma1_upper', Math.sqrt(patches) * least).bound('conv.sigma1_upper', 'upper');
  const n = imageSide(convolution, options.n ?? maxSide);
  if (n === undefined) {
    out.absent('spectrum', `conv.sigma1_fft: ${convolution.data.length} elements are too many`);
    return out.build();
  }
  const fft = await frequencyNorm(convolution, n, kernels, options);
  out.set('conv.sigma1_fft', fft.value);
  // The operator of a stride is a part of that of stride 1, whose norm is then only a bound.
  if (!isDense) out.bound('conv.sigma1_fft', fft.isExact ? 'upper' : 'approximate');
  else if (!fft.isExact) out.bound('conv.sigma1_fft', 'lower');
  return out.build();
}

function reasonAgainst({ data, out, in: inputs, kernel }: ConvolutionKernel): string | undefined {
  if (kernel.length < 1 || kernel.length > 3) return `${kernel.length} spatial axes`;
  const count = kernel.reduce((product, size) => product * size, out * inputs);
  if (count !== data.length) {
    throw new RangeError(`${data.length} elements for a kernel of ${count}`);
  }
  if (count === 0) return 'the kernel is empty';
  for (let i = 0; i < data.length; i++) {
    if (!(Math.abs(data[i]!) < 1e60)) return `element ${i} is ${data[i]!}`;
  }
  return undefined;
}

/** Side of the image: as asked for, less where the work would be too much; undefined where no side is small enough. */
function imageSide({ data, kernel }: ConvolutionKernel, wanted: number): number | undefined {
  const least = Math.max(...kernel);
  for (let n = Math.max(least, Math.min(maxSide, Math.floor(wanted))); n >= least; n--) {
    if (data.length * n ** kernel.length <= maxWork) return n;
  }
  return undefined;
}

/** The kernel as a matrix: (out, axes of the bits of `way`) × (in, the other axes). */
function unfolded({ data, out, in: inputs, kernel }: ConvolutionKernel, way: number): Matrix {
  const isRow = kernel.map((_, axis) => ((way >> axis) & 1) === 1);
  const sideOf = (start: number, wanted: boolean) =>
    kernel.reduce((count, size, axis) => (isRow[axis] === wanted ? count * size : count), start);
  const rows = sideOf(out, true);
  const columns = sideOf(inputs, false);
  const target =
    data instanceof Float64Array ? new Float64Array(data.length) : new Float32Array(data.length);
  const taps = kernel.reduce((count, size) => count * size, 1);
  for (let tap = 0; tap < taps; tap++) {
    let [up, across] = [0, 0];
    let rest = taps;
    let left = tap;
    for (const [axis, size] of kernel.entries()) {
      rest /= size;
      const index = Math.floor(left / rest);
      left -= index * rest;
      if (isRow[axis]) up = up * size + index;
      else across = across * size + index;
    }
    const [rowStep, columnStep] = [rows / out, columns / inputs];
    for (let o = 0; o < out; o++) {
      for (let c = 0; c < inputs; c++) {
        const at = (o * rowStep + up) * columns + c * columnStep + across;
        target[at] = data[(o * inputs + c) * taps + tap]!;
      }
    }
  }
  return { rows, columns, data: target };
}

async function largest(
  matrix: Matrix,
  kernels: Kernels,
  options: StepOptions,
): Promise<{ lower: number; upper: number; isExact: boolean }> {
  const steps = options.onStep ? { onStep: options.onStep } : {};
  const { rows, columns } = matrix;
  if (Math.min(rows, columns) <= maxExact) {
    const gram = await kernels.gram(matrix, rows <= columns ? 'rows' : 'columns', steps);
    const lambda = await kernels.symmetricEigenvalues(gram, steps);
    const sigma = Math.sqrt(Math.max(0, lambda[0]!));
    return { lower: sigma, upper: sigma, isExact: true };
  }
  return { ...(await lanczosLargest(matrixPanels(matrix), kernels, steps)), isExact: false };
}
