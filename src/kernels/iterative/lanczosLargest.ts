import type { Kernels, StepOptions } from '../kernels';
import { upperBound, type LargestSingularValue } from './bracket';
import { multiplyGram } from './gramOperator';
import { BlockKrylov } from './krylov';
import { matrixNorms, type MatrixNorms } from './matrixNorms';
import type { RowPanels } from './rowPanels';
import { randomNumbers, signs } from './vectors';

/** Vectors of a block: they cost about as much as one where the matrix is read from a file. */
const blockSize = 4;
const defaultMaxSteps = 32;
/** The error of the eigenvalue is at most the residual, and about its square. */
const defaultTolerance = 1e-4;
/** Steps between two looks at the residual. */
const stepsPerCheck = 4;

export interface LargestOptions extends StepOptions {
  /** Share of the eigenvalue that the residual may be. Default 1e-4. */
  readonly tolerance?: number;
  /** Default 32. */
  readonly maxSteps?: number;
  readonly seed?: number;
  /** Norms of the same matrix, where they are known already: saves a pass. */
  readonly norms?: MatrixNorms;
}

/**
 * The largest singular value, between two bounds. Block Lanczos from random vectors, always the same ones for the same seed.
 *
 * @see Kuczyński & Woźniakowski 1992 for how close the lower bound is to be expected
 */
export async function lanczosLargest(
  panels: RowPanels,
  kernels: Kernels,
  options: LargestOptions = {},
): Promise<LargestSingularValue> {
  const { tolerance = defaultTolerance, maxSteps = defaultMaxSteps, seed = 1 } = options;
  const { columns, rows } = panels;
  const norms = options.norms ?? (await matrixNorms(panels, options));
  if (norms.frobeniusSquared === 0 || columns === 0 || rows === 0) {
    return { lower: 0, upper: 0, residual: 0, steps: 0, converged: true };
  }
  const random = randomNumbers(seed);
  const width = Math.min(blockSize, columns);
  const start = Array.from({ length: width }, () => signs(columns, random));
  const krylov = new BlockKrylov(columns, start, random, options.onStep);
  for (let step = 1; ; step++) {
    krylov.extend(await multiplyGram(panels, kernels, krylov.newest, options));
    const isLast = step >= maxSteps || krylov.newest.length === 0;
    if (!isLast && step % stepsPerCheck !== 0) continue;
    const ritz = krylov.ritz();
    const residual = ritz.residuals[0]!;
    const converged = residual <= tolerance * ritz.values[0]!;
    if (!converged && !isLast) continue;
    const lower = Math.sqrt(Math.max(0, ritz.values[0]!));
    const upper = Math.max(lower, upperBound(norms, ritz));
    return { lower, upper, residual, steps: step, converged };
  }
}
