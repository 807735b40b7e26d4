import type { Kernels, Matrix, StepOptions } from '../kernels';
import { largestAtMost, matrixNorms } from './matrixNorms';
import { matrixPanels } from './rowPanels';
import { addMultiple, dot, norm, randomNumbers, signs } from './vectors';

/** Dimensions of the Krylov space at which the estimate is looked at; a space is only ever extended, which no restart beats. */
const checkpoints = [40, 80, 160, 320];
const tolerance = 1e-3;

/** Rows between two steps are so many that about as many elements are read. */
const elementsPerStep = 2 ** 22;

export interface SpectralRadius {
  /** Largest magnitude among the Ritz values: an estimate, not a bound. */
  readonly rho: number;
  /** Certain: the spectral radius is no larger than any of these norms. */
  readonly upper: number;
  /** Whether the last extension changed the estimate by less than 0.1 %. */
  readonly converged: boolean;
}

/** Spectral radius of a large square matrix by the Arnoldi process. @see Saad, Numerical Methods for Large Eigenvalue Problems */
export async function spectralRadius(
  matrix: Matrix,
  kernels: Kernels,
  options: StepOptions & { readonly seed?: number } = {},
): Promise<SpectralRadius> {
  const { rows: n } = matrix;
  const norms = await matrixNorms(matrixPanels(matrix), options);
  const upper = Math.min(largestAtMost(norms), norms.one, norms.infinity);
  if (upper === 0) return { rho: 0, upper, converged: true };
  const random = randomNumbers(options.seed ?? 1);
  const first = signs(n, random);
  for (let i = 0; i < n; i++) first[i]! /= Math.sqrt(n);
  const basis = [first];
  const projected: Float64Array[] = [];
  let rho = 0;
  for (const wanted of checkpoints) {
    const isExhausted = extend(matrix, basis, projected, Math.min(wanted, n), options);
    const size = projected.length;
    const h = new Float64Array(size * size);
    for (const [k, column] of projected.entries()) {
      for (let i = 0; i < Math.min(size, column.length); i++) h[i * size + k] = column[i]!;
    }
    const { real, imaginary } = await kernels.nonsymmetricEigenvalues(h, size, options);
    const before = rho;
    rho = Math.min(upper, Math.hypot(real[0]!, imaginary[0]!));
    const converged = isExhausted || Math.abs(rho - before) <= tolerance * rho;
    if (converged || wanted === checkpoints.at(-1) || size >= n) return { rho, upper, converged };
  }
  return { rho, upper, converged: false };
}

/** Extends the space to `wanted` vectors; true where it is invariant. */
function extend(
  matrix: Matrix,
  basis: Float64Array[],
  projected: Float64Array[],
  wanted: number,
  { onStep }: StepOptions,
): boolean {
  while (projected.length < wanted) {
    const next = multiply(matrix, basis[projected.length]!, onStep);
    const scale = norm(next);
    const column = new Float64Array(basis.length + 1);
    for (let pass = 0; pass < 2; pass++) {
      for (const [i, q] of basis.entries()) {
        const c = dot(q, next);
        addMultiple(next, -c, q);
        column[i]! += c;
      }
    }
    onStep?.();
    const length = norm(next);
    projected.push(column);
    if (!(length > 1e-12 * scale)) return true;
    column[basis.length] = length;
    for (let i = 0; i < next.length; i++) next[i]! /= length;
    basis.push(next);
  }
  return false;
}

function multiply(
  { rows, columns, data }: Matrix,
  x: Float64Array,
  onStep: (() => void) | undefined,
): Float64Array {
  const y = new Float64Array(rows);
  const rowsPerStep = Math.max(1, Math.floor(elementsPerStep / columns));
  for (let row = 0; row < rows; row++) {
    const from = row * columns;
    let s0 = 0;
    let s1 = 0;
    let c = 0;
    for (; c + 2 <= columns; c += 2) {
      s0 += data[from + c]! * x[c]!;
      s1 += data[from + c + 1]! * x[c + 1]!;
    }
    if (c < columns) s0 += data[from + c]! * x[c]!;
    y[row] = s0 + s1;
    if (row % rowsPerStep === rowsPerStep - 1) onStep?.();
  }
  return y;
}
