import { typescriptKernels, type Matrix } from '..';
import { randomNumbers } from './vectors';

/** Standard normal numbers (Box & Muller). */
export function gaussian(count: number, seed: number): Float64Array {
  const random = randomNumbers(seed);
  return Float64Array.from(
    { length: count },
    () => Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random()),
  );
}

export const spectrumKinds = ['gaussian', 'spiked', 'pareto', 'low rank'] as const;

/** Random matrices of variance 1 / longer side: plain, with ten strong directions, with columns of Pareto lengths, of rank 20. */
export function spectrumMatrix(
  kind: (typeof spectrumKinds)[number],
  rows: number,
  columns: number,
): Matrix {
  const scale = 1 / Math.sqrt(Math.max(rows, columns));
  const data = gaussian(rows * columns, 7).map((x) => x * (kind === 'low rank' ? 0 : scale));
  if (kind === 'pareto') {
    const random = randomNumbers(11);
    const lengths = Array.from({ length: columns }, () => (1 - random()) ** (-1 / 2.5));
    for (let i = 0; i < data.length; i++) data[i]! *= lengths[i % columns]!;
  } else if (kind !== 'gaussian') {
    const rank = kind === 'spiked' ? 10 : 20;
    const left = gaussian(rows * rank, 8);
    const right = gaussian(rank * columns, 9);
    for (let i = 0; i < rows; i++) {
      for (let r = 0; r < rank; r++) {
        const factor = ((3 + r) * left[i * rank + r]!) / Math.sqrt(rows * columns);
        for (let j = 0; j < columns; j++)
          data[i * columns + j]! += factor * right[r * columns + j]!;
      }
    }
  }
  return { rows, columns, data };
}

/** Eigenvalues of the smaller Gram matrix, descending. */
export async function exactEigenvalues(matrix: Matrix): Promise<Float64Array> {
  const side = matrix.rows <= matrix.columns ? 'rows' : 'columns';
  const gram = await typescriptKernels.gram(matrix, side);
  const values = await typescriptKernels.symmetricEigenvalues(gram);
  return values.map((value) => Math.max(0, value));
}

/** Figures of a weighted spectrum. */
export function figuresOf(values: Float64Array, weights: Float64Array): Record<string, number> {
  let [count, nuclear, trace, fourth] = [0, 0, 0, 0];
  for (let i = 0; i < values.length; i++) {
    count += weights[i]!;
    nuclear += weights[i]! * Math.sqrt(values[i]!);
    trace += weights[i]! * values[i]!;
    fourth += weights[i]! * values[i]! ** 2;
  }
  let entropy = 0;
  for (let i = 0; i < values.length; i++) {
    const share = Math.sqrt(values[i]!) / nuclear;
    if (share > 0) entropy -= weights[i]! * share * Math.log(share);
  }
  return {
    count,
    nuclear,
    trace,
    fourth,
    so: fourth - 2 * trace + count,
    erank: Math.exp(entropy),
  };
}
