import type { Measured } from '../core/metric';
import type { ComplexEigenvalues, Kernels, Matrix, StepOptions, SymmetricMatrix } from '../kernels';
import { gramIteration, spectralRadius } from '../kernels';
import { commutatorNorm, doubles, frobeniusSquared, isometryDefect } from './recurrentNorms';
import { MeasuredBuilder } from './measured';

/** Largest side whose eigenvalues are all computed. */
const maxExact = 1024;

/** What is measured on one gate. */
interface Gate {
  readonly eigenvalues?: ComplexEigenvalues;
  readonly rho: number;
  readonly squares: number;
  readonly orthogonality: number;
  readonly normality: number;
}

export interface RecurrentOptions extends StepOptions {
  /** Largest side whose eigenvalues are all computed. Default 1024. */
  readonly maxExact?: number;
}

/**
 * The recurrent matrix of each gate: eigenvalues, and how far it is from orthogonal and from normal. Figures of several gates
 * are those of the worst one, counts are added. Above 1024 units only the spectral radius is known, from an Arnoldi process,
 * between that estimate and a certain upper bound.
 */
export async function measureRecurrent(
  blocks: readonly Matrix[],
  kernels: Kernels,
  options: RecurrentOptions = {},
): Promise<Measured> {
  const out = new MeasuredBuilder();
  const refusal = reasonAgainst(blocks);
  if (refusal !== undefined) return out.absent('recurrent', refusal).build();
  const side = blocks[0]!.rows;
  const isExact = side <= (options.maxExact ?? maxExact);
  const gates: Gate[] = [];
  let upper = 0;
  for (const block of blocks) {
    const data = doubles(block);
    const { gram, ...norms } = await normsOf({ ...block, data }, kernels, options);
    if (isExact) {
      const eigenvalues = await kernels.nonsymmetricEigenvalues(data, side, options);
      const rho = Math.hypot(eigenvalues.real[0]!, eigenvalues.imaginary[0]!);
      gates.push({ ...norms, eigenvalues, rho });
    } else {
      const estimate = await spectralRadius({ ...block, data }, kernels, options);
      const bound = await gramIteration(gram, kernels, { ...options, iterations: 2 });
      upper = Math.max(upper, Math.min(bound, estimate.upper));
      gates.push({ ...norms, rho: Math.min(estimate.rho, bound) });
    }
  }
  setFigures(gates, side, out);
  if (isExact) setEigenvalues(gates, side, out);
  else {
    out.bound('recurrent.rho', 'approximate').bound('recurrent.rho_by_gate', 'approximate');
    out.set('recurrent.rho.upper', upper).bound('recurrent.rho.upper', 'upper');
    out.absent(
      'recurrent',
      `rho_min, outside: ${side} units, all eigenvalues are computed up to ${options.maxExact ?? maxExact}`,
    );
  }
  return out.build();
}

function reasonAgainst(blocks: readonly Matrix[]): string | undefined {
  const first = blocks[0];
  if (!first || first.rows === 0) return 'the matrix is empty';
  for (const { rows, columns, data } of blocks) {
    if (rows !== columns) {
      return `a gate of ${rows} × ${columns} is not square: with a projection, its product with that is`;
    }
    if (rows !== first.rows) throw new RangeError('gates of different sizes');
    let largest = 0;
    for (let i = 0; i < data.length; i++) {
      const magnitude = Math.abs(data[i]!);
      if (!(magnitude < Infinity)) {
        return `element [${Math.floor(i / columns)}, ${i % columns}] is not finite (${data[i]!})`;
      }
      if (magnitude > largest) largest = magnitude;
    }
    if (largest > 1e60) return `largest magnitude ${largest.toExponential(1)} above 1e60`;
  }
  return undefined;
}

async function normsOf(
  matrix: Matrix,
  kernels: Kernels,
  options: StepOptions,
): Promise<Omit<Gate, 'rho'> & { readonly gram: SymmetricMatrix }> {
  const steps = options.onStep ? { onStep: options.onStep } : {};
  const squares = frobeniusSquared(matrix);
  const rows = await kernels.gram(matrix, 'rows', steps);
  const columns = await kernels.gram(matrix, 'columns', steps);
  return {
    gram: rows,
    squares,
    orthogonality: isometryDefect(rows) / Math.sqrt(matrix.rows),
    normality: squares > 0 ? commutatorNorm(rows, columns) / squares : 0,
  };
}

/** Baselines are those of independent entries of the same size: the circular law. */
function setFigures(gates: readonly Gate[], side: number, out: MeasuredBuilder): void {
  const largest = (figure: (gate: Gate) => number) =>
    gates.reduce((max, gate) => Math.max(max, figure(gate)), 0);
  out.set(
    'recurrent.rho',
    largest(({ rho }) => rho),
    Math.sqrt(largest(({ squares }) => squares) / side),
  );
  out.setArray(
    'recurrent.rho_by_gate',
    gates.map(({ rho }) => rho),
  );
  out.set(
    'recurrent.orthogonality',
    largest(({ orthogonality }) => orthogonality),
    largest(({ squares }) => Math.sqrt(2 * (squares / side) ** 2 - (2 * squares) / side + 1)),
  );
  out.set(
    'recurrent.normality',
    largest(({ normality }) => normality),
    Math.sqrt(2 / side),
  );
}

function setEigenvalues(gates: readonly Gate[], side: number, out: MeasuredBuilder): void {
  const real: number[] = [];
  const imaginary: number[] = [];
  for (const { eigenvalues } of gates) {
    real.push(...(eigenvalues?.real ?? []));
    imaginary.push(...(eigenvalues?.imaginary ?? []));
  }
  let smallest = Infinity;
  let outside = 0;
  for (const [i, re] of real.entries()) {
    const magnitude = Math.hypot(re, imaginary[i]!);
    smallest = Math.min(smallest, magnitude);
    if (magnitude > 1) outside++;
  }
  out.set('recurrent.rho_min', smallest);
  const expected = gates.reduce(
    (sum, { squares }) => sum + (squares > side ? side * (1 - side / squares) : 0),
    0,
  );
  out.set('recurrent.outside', outside, expected);
  out.setArray('recurrent.lambda_re', real).setArray('recurrent.lambda_im', imaginary);
}

/**
 * What the biases of the forget gate alone keep: σ(b_f), and the steps 1/(1 − σ(b_f)) over which it fades. PyTorch adds two
 * biases: give their sum.
 */
export function measureForgetBias(values: ArrayLike<number>): Measured {
  const out = new MeasuredBuilder();
  const biases = Float64Array.from(values).sort();
  if (biases.length === 0) return out.absent('recurrent', 'no forget-gate bias').build();
  if (!biases.every(Number.isFinite)) {
    return out.absent('recurrent', 'a forget-gate bias is not finite').build();
  }
  const gates = biases.map((b) => 1 / (1 + Math.exp(-b)));
  out.set('forget.mean', gates.reduce((sum, gate) => sum + gate, 0) / gates.length);
  out.setArray(
    'forget.quantiles',
    [0.05, 0.25, 0.5, 0.75, 0.95].map((q) => quantile(gates, q)),
  );
  // 1/(1 − σ(b)) = 1 + e^b, without the cancellation.
  out.set('forget.time_constant', 1 + Math.exp(quantile(biases, 0.5)));
  out.set('forget.time_constant.max', 1 + Math.exp(biases.at(-1)!));
  return out.build();
}

/** Interpolated linearly between ascending values. */
function quantile(ascending: Float64Array, q: number): number {
  const at = q * (ascending.length - 1);
  const low = Math.floor(at);
  const high = Math.min(low + 1, ascending.length - 1);
  return ascending[low]! + (at - low) * (ascending[high]! - ascending[low]!);
}
