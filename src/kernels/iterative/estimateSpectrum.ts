import type { Kernels, StepOptions } from '../kernels';
import { upperBound } from './bracket';
import { multiplyGram, multiplyTransposed } from './gramOperator';
import { BlockKrylov, type Ritz } from './krylov';
import { matrixNorms, type MatrixNorms } from './matrixNorms';
import { quadrature, rounding, spectralMeasure, type Atoms } from './spectralMeasure';
import type { RowPanels } from './rowPanels';
import { dot, randomNumbers, signs } from './vectors';

/** How much is spent: probe vectors, Lanczos steps (each a pass over the matrix) and largest number of exact eigenvalues. */
const plans = {
  fast: { probes: 8, steps: 40, top: 64 },
  precise: { probes: 16, steps: 48, top: 128 },
} as const;

export type EstimatePrecision = keyof typeof plans;

export interface EstimateOptions extends StepOptions {
  /** Default `fast`. */
  readonly precision?: EstimatePrecision;
  readonly seed?: number;
  /** Norms of the same matrix, where they are known already: saves a pass. */
  readonly norms?: MatrixNorms;
}

/** An estimate of all eigenvalues of the smaller Gram matrix, as weighted atoms. */
export interface SpectrumEstimate {
  readonly rows: number;
  readonly columns: number;
  readonly norms: MatrixNorms;
  /** Eigenvalues, descending, and how many each stands for; the first `topCount` stand for one each. */
  readonly atoms: Atoms;
  readonly topCount: number;
  /** Eigenvalues of the projection, descending: all between the smallest and the largest eigenvalue. */
  readonly ritzValues: Float64Array;
  /** |λ − θ| for each of the first `topCount`. */
  readonly topResiduals: Float64Array;
  /** The same from each probe vector alone: how much they differ shows the error. */
  readonly probes: readonly Atoms[];
  /** Upper bound of the largest singular value. */
  readonly largestAtMost: number;
  /** Passes over the matrix. */
  readonly passes: number;
}

/**
 * Stochastic Lanczos quadrature with deflation, without forming a Gram matrix: random vectors start one block Krylov space. Its
 * converged leading Ritz values are eigenvalues and stand for one each; the others are nodes of Gauss quadrature, weighted so
 * that their number and the trace come out exactly. Smallest eigenvalues are not resolved.
 *
 * @see Ubaru, Chen & Saad, SIMAX 2017; Chen, Trogdon & Ubaru, ICML 2021; Golub & Meurant 2010 for the block
 */
export async function estimateSpectrum(
  panels: RowPanels,
  kernels: Kernels,
  options: EstimateOptions = {},
): Promise<SpectrumEstimate> {
  const { rows, columns } = panels;
  const plan = plans[options.precision ?? 'fast'];
  const norms = options.norms ?? (await matrixNorms(panels, options));
  const side = Math.min(rows, columns);
  if (side === 0 || norms.frobeniusSquared === 0) {
    throw new RangeError(`the matrix of ${rows} × ${columns} is zero`);
  }
  const random = randomNumbers(options.seed ?? 1);
  const width = Math.min(plan.probes, side);
  // Probes of the smaller side. With fewer rows than columns the space starts from Wᵀu: it holds no null vectors.
  const probes = Array.from({ length: width }, () => signs(side, random));
  const isWide = rows < columns;
  const start = isWide ? await multiplyTransposed(panels, probes, options) : probes;
  const lengths = start.map((vector) => dot(vector, vector));
  const krylov = new BlockKrylov(columns, start, random, options.onStep);
  const steps = Math.max(1, Math.min(plan.steps, Math.floor(side / width)));
  for (let step = 0; step < steps; step++) {
    krylov.extend(await multiplyGram(panels, kernels, krylov.newest, options));
  }
  const ritz = krylov.ritz();
  const measure = { ritz, side, isWide, lengths, trace: norms.frobeniusSquared };
  const topCount = convergedCount(ritz, quadrature(measure), plan.top);
  return {
    rows,
    columns,
    norms,
    topCount,
    ritzValues: ritz.values,
    topResiduals: ritz.residuals.slice(0, topCount),
    atoms: spectralMeasure(measure, topCount),
    probes: probes.map((_, index) => spectralMeasure(measure, topCount, index)),
    largestAtMost: Math.max(Math.sqrt(ritz.values[0]!), upperBound(norms, ritz)),
    passes: steps + Number(isWide) + Number(options.norms === undefined),
  };
}

/**
 * Ritz values that count as one eigenvalue each: the leading ones known to 1 %, up to a multiple eigenvalue (that of an
 * orthogonal matrix). Of such the space holds a few copies, while Gauss weights tell how often it occurs.
 */
function convergedCount({ values, residuals }: Ritz, weights: Float64Array, limit: number): number {
  let count = 0;
  while (count < Math.min(limit, values.length) && values[count]! > rounding * values[0]!) {
    let end = count;
    let weight = 0;
    for (; end < values.length && values[end]! >= (1 - 1e-6) * values[count]!; end++) {
      weight += weights[end]!;
    }
    // The weight of a simple eigenvalue is about χ²/8: mean 1, and hardly ever more than 6.
    if (weight > 3 * (end - count) + 3) break;
    for (; count < Math.min(end, limit); count++) {
      if (residuals[count]! > 0.01 * values[count]!) return count;
    }
  }
  return count;
}
