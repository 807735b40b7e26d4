import { symmetricMatrix, rowStart, type Kernels, type StepOptions } from '../kernels';
import type { ConvolutionKernel } from './convolutionNorms';

/** Smaller side up to which the Gram matrix of each frequency is solved. */
const maxExact = 64;
/** Power steps at each frequency from where its neighbour ended, and at the best one in the end. */
const stepsPerFrequency = 6;
const finalSteps = 300;

/** Multiplications between two steps. */
const workPerStep = 2 ** 22;
const elementsPerStep = 2 ** 18;

/** The kernel's discrete Fourier transform at one frequency: a complex out × in matrix, each part row-major. */
interface Response {
  readonly out: number;
  readonly in: number;
  readonly re: Float64Array;
  readonly im: Float64Array;
}

/**
 * Largest singular value over all frequencies of an n × … × n image. Conjugate frequencies have the same and are left out. Exact
 * by eigenvalues where one side is small; else the largest that a power iteration finds, going from frequency to frequency
 * with the vector of the last one: never too large.
 */
export async function frequencyNorm(
  convolution: ConvolutionKernel,
  n: number,
  kernels: Kernels,
  options: StepOptions,
): Promise<{ value: number; isExact: boolean }> {
  const { out, in: inputs, kernel, data } = convolution;
  const response: Response = {
    ...{ out, in: inputs },
    re: new Float64Array(out * inputs),
    im: new Float64Array(out * inputs),
  };
  const isExact = Math.min(out, inputs) <= maxExact;
  const vector = startVector(inputs);
  const count = n ** kernel.length;
  let best = { value: 0, frequency: 0, vector };
  let pending = 0;
  for (let frequency = 0; frequency < count; frequency++) {
    if (conjugate(frequency, n, kernel.length) < frequency) continue;
    transform(convolution, n, frequency, response, options);
    pending += 2 * data.length + (isExact ? 0 : 8 * stepsPerFrequency * out * inputs);
    if (pending > workPerStep) {
      pending = 0;
      options.onStep?.();
    }
    const value = isExact
      ? await exactNorm(response, kernels, options)
      : powerNorm(response, vector, stepsPerFrequency, options);
    if (value > best.value) best = { value, frequency, vector: vector.slice() };
  }
  if (isExact) return { value: best.value, isExact };
  transform(convolution, n, best.frequency, response, options);
  return { value: powerNorm(response, best.vector, finalSteps, options), isExact };
}

/** Index of the frequency with all signs turned. */
function conjugate(frequency: number, n: number, axes: number): number {
  let [result, factor, left] = [0, 1, frequency];
  for (let axis = 0; axis < axes; axis++) {
    result += ((n - (left % n)) % n) * factor;
    left = Math.floor(left / n);
    factor *= n;
  }
  return result;
}

function transform(
  { data, kernel }: ConvolutionKernel,
  n: number,
  frequency: number,
  { re, im }: Response,
  { onStep }: StepOptions,
): void {
  const taps = kernel.reduce((count, size) => count * size, 1);
  const cos = new Float64Array(taps);
  const sin = new Float64Array(taps);
  for (let tap = 0; tap < taps; tap++) {
    let [phase, left, rest] = [0, tap, frequency];
    for (let axis = kernel.length - 1; axis >= 0; axis--) {
      phase += (left % kernel[axis]!) * (rest % n);
      left = Math.floor(left / kernel[axis]!);
      rest = Math.floor(rest / n);
    }
    const angle = (-2 * Math.PI * (phase % n)) / n;
    cos[tap] = Math.cos(angle);
    sin[tap] = Math.sin(angle);
  }
  for (let i = 0, at = 0; i < re.length; i++) {
    let a = 0;
    let b = 0;
    for (let tap = 0; tap < taps; tap++, at++) {
      const value = data[at]!;
      a += value * cos[tap]!;
      b += value * sin[tap]!;
    }
    re[i] = a;
    im[i] = b;
    if (i % elementsPerStep === elementsPerStep - 1) onStep?.();
  }
}

/** The Hermitian Gram matrix A + iB of the smaller side as [A −B; B A], which has each eigenvalue twice. */
async function exactNorm(
  response: Response,
  kernels: Kernels,
  options: StepOptions,
): Promise<number> {
  const isTall = response.out > response.in;
  const side = Math.min(response.out, response.in);
  const length = Math.max(response.out, response.in);
  // Element (i, l) of the side that is summed over: rows of F, or its columns.
  const [iStep, lStep] = isTall ? [1, response.in] : [response.in, 1];
  const gram = symmetricMatrix(2 * side);
  const { re, im } = response;
  for (let i = 0; i < side; i++) {
    for (let j = 0; j <= i; j++) {
      let a = 0;
      let b = 0;
      for (let l = 0, x = i * iStep, y = j * iStep; l < length; l++, x += lStep, y += lStep) {
        a += re[x]! * re[y]! + im[x]! * im[y]!;
        b += im[x]! * re[y]! - re[x]! * im[y]!;
      }
      gram.data[rowStart(i) + j] = a;
      gram.data[rowStart(side + i) + side + j] = a;
      gram.data[rowStart(side + i) + j] = b;
      gram.data[rowStart(side + j) + i] = -b;
    }
    if (side * length > elementsPerStep / 16) options.onStep?.();
  }
  const lambda = await kernels.symmetricEigenvalues(gram, options.onStep ? options : {});
  return Math.sqrt(Math.max(0, lambda[0]!));
}

/** A complex vector: real parts, then imaginary ones. Not aligned with any symmetry of a kernel. */
function startVector(size: number): Float64Array {
  return Float64Array.from({ length: 2 * size }, (_, i) => Math.cos(1 + i * i * 0.7));
}

/** ‖F v‖/‖v‖ after some steps v ← F* F v. Leaves the last vector in `vector`. */
function powerNorm(
  response: Response,
  vector: Float64Array,
  steps: number,
  { onStep }: StepOptions,
): number {
  const { out, in: inputs, re, im } = response;
  const image = new Float64Array(2 * out);
  let before = 0;
  for (let step = 0; ; step++) {
    normalise(vector);
    image.fill(0);
    for (let o = 0; o < out; o++) {
      let a = 0;
      let b = 0;
      for (let c = 0, at = o * inputs; c < inputs; c++, at++) {
        a += re[at]! * vector[c]! - im[at]! * vector[inputs + c]!;
        b += re[at]! * vector[inputs + c]! + im[at]! * vector[c]!;
      }
      image[o] = a;
      image[out + o] = b;
    }
    const value = Math.sqrt(image.reduce((sum, x) => sum + x * x, 0));
    if (value === 0 || step === steps || value - before <= 1e-12 * value) {
      if (value === 0) vector.set(startVector(inputs));
      return value;
    }
    before = value;
    vector.fill(0);
    for (let o = 0; o < out; o++) {
      const [a, b] = [image[o]!, image[out + o]!];
      for (let c = 0, at = o * inputs; c < inputs; c++, at++) {
        vector[c]! += re[at]! * a + im[at]! * b;
        vector[inputs + c]! += re[at]! * b - im[at]! * a;
      }
    }
    if (step % 8 === 0 || re.length > elementsPerStep) onStep?.();
  }
}

function normalise(vector: Float64Array): void {
  const length = Math.sqrt(vector.reduce((sum, x) => sum + x * x, 0));
  for (let i = 0; i < vector.length; i++) vector[i]! /= length;
}
