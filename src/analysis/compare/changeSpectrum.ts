import type { ChangeSpectrum, WeightChange } from '../../core/comparison';
import { dtypes } from '../../core/dtype';
import type { MatrixView } from '../../core/matrixView';
import type { Role, Tensor } from '../../core/tensor';
import type { Kernels, SymmetricMatrix } from '../../kernels';
import { elementsOf, maxMatrixElements, spectrumSide } from '../cost';
import { leftOutPrefix } from '../entry';
import { hasRowPanels } from '../matrices';
import { throwIfStopped, type IsStopped } from '../stop';
import type { Difference, DifferenceUse, WeightPair } from './layerChange';
import { spectrumPoints } from './spectrumPoints';

/** What is to be kept of ΔW for its spectrum, or why there is none. */
export function spectrumUse(
  { views }: WeightPair,
  role: Role,
  maxSide: number,
): { readonly use: DifferenceUse } | { readonly reason: string } {
  const view = views.a;
  const side = spectrumSide(view);
  if (view.blocks * view.rows === 1) return { reason: 'a vector has no spectrum' };
  if (role === 'depthwise') {
    return { reason: 'filters of a depthwise convolution see different inputs' };
  }
  if (side > maxSide) {
    return { reason: `${leftOutPrefix}${side} singular values, the limit is ${maxSide}` };
  }
  if (views.isSameOrder && view.rows > view.columns && hasRowPanels(view)) return { use: 'gram' };
  const elements = elementsOf(view);
  if (elements <= maxMatrixElements) return { use: 'matrices' };
  return {
    reason: `${leftOutPrefix}${elements.toLocaleString('en')} elements to hold, the limit is ${maxMatrixElements.toLocaleString('en')}`,
  };
}

/** Multiplications and additions: the Gram matrix of the smaller side, and its eigenvalues. */
export function changeWork(view: MatrixView): number {
  const side = spectrumSide(view);
  return view.blocks * (Math.max(view.rows, view.columns) * side ** 2 + (4 / 3) * side ** 3);
}

/**
 * Singular values of ΔW, from the eigenvalues of its Gram matrix: those below 2e-8 of the largest hold no digit.
 *
 * @throws RangeError where they do not converge
 */
export async function changeSpectrum(
  pair: WeightPair,
  { change, matrices = [], gram }: Difference,
  { kernels, isStopped }: { readonly kernels: Kernels; readonly isStopped: IsStopped },
): Promise<ChangeSpectrum> {
  const onStep = (): void => throwIfStopped(isStopped);
  const eigenvalues: number[] = [];
  const add = async (one: SymmetricMatrix): Promise<void> => {
    for (const value of await kernels.symmetricEigenvalues(one, { onStep })) {
      eigenvalues.push(Math.max(0, value));
    }
  };
  if (gram) await add(gram);
  for (const matrix of matrices) {
    const side = matrix.rows <= matrix.columns ? 'rows' : 'columns';
    await add(await kernels.gram(matrix, side, { onStep }));
  }
  eigenvalues.sort((x, y) => y - x);
  const sigma = eigenvalues.map(Math.sqrt);
  return {
    ...spectrumPoints(sigma),
    effectiveRank: effectiveRank(sigma),
    energy: {
      top1: energyShare(eigenvalues, 1),
      top4: energyShare(eigenvalues, 4),
      top16: energyShare(eigenvalues, 16),
    },
    floor: roundingFloor(pair, change, sigma[0] ?? 0),
  };
}

/** exp of the entropy of σ / Σσ. */
function effectiveRank(sigma: readonly number[]): number {
  const total = sum(sigma);
  let entropy = 0;
  for (const value of sigma) {
    const share = value / total;
    if (share > 0) entropy -= share * Math.log(share);
  }
  return Math.exp(entropy);
}

function energyShare(eigenvalues: readonly number[], count: number): number {
  return Math.min(1, sum(eigenvalues.slice(0, count)) / sum(eigenvalues));
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}

/** Share of σ₁ below which eigenvalues of a Gram matrix in double precision hold no digit of σ. */
const gramFloor = 2e-8;

/**
 * Norm of a matrix of independent rounding errors, 2·ε·(√m + √k): ε is 0.425·u·rms of a float type, Δ/√12 of a quantisation step Δ,
 * the errors of both sides together.
 */
function roundingFloor({ a, b, views }: WeightPair, change: WeightChange, largest: number): number {
  const { blocks, rows, columns } = views.a;
  const root = Math.sqrt(change.elementCount);
  const error = Math.hypot(
    elementError(a, change.normA / root),
    elementError(b, change.normB / root),
  );
  const storage = 2 * error * (Math.sqrt(blocks * rows) + Math.sqrt(columns));
  return Math.max(storage, gramFloor * largest);
}

function elementError({ dtype, quantization }: Tensor, rms: number): number {
  const step = quantization?.step;
  return step === undefined ? 0.425 * dtypes[dtype].unitRoundoff * rms : step / Math.sqrt(12);
}
