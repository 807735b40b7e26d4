import type { GramOptions, Kernels, Matrix, SymmetricMatrix } from '../kernels';
import { maxEigenvalueSide, symmetricEigenvalues } from './eigenvalues';
import { GramSums } from './gram';
import type { TensorFlow } from './tensorFlow';

export { checkedTensorFlow, type TensorFlow } from './tensorFlow';

/**
 * The native backend: what is asked for in single precision runs in TensorFlow. TensorFlow.js has no float64, so everything else,
 * and eigenvalues of large matrices, is left to `fallback`.
 */
export function tensorflowKernels(tf: TensorFlow, fallback: Kernels): Kernels {
  return {
    ...fallback,
    backend: 'tensorflow',
    // The constructor turns what is thrown, also by onStep, into a rejection.
    gram: (matrix, side, options = {}) =>
      options.precision === 'f32'
        ? new Promise((resolve) => {
            resolve(gram(tf, matrix, side, options));
          })
        : fallback.gram(matrix, side, options),
    startGram: (columns, options = {}) => {
      if (options.precision !== 'f32') return fallback.startGram(columns, options);
      const sums = new GramSums(tf, 'columns', columns);
      return {
        update: (panel, rowScales) =>
          sums.add(panel, { ...options, ...(rowScales && { rowScales }) }),
        finish: () => sums.finish(),
      };
    },
    symmetricEigenvalues: (matrix, options = {}) =>
      options.precision === 'f32' && matrix.size <= maxEigenvalueSide
        ? new Promise((resolve) => {
            resolve(symmetricEigenvalues(tf, matrix, options));
          })
        : fallback.symmetricEigenvalues(matrix, options),
  };
}

function gram(
  tf: TensorFlow,
  matrix: Matrix,
  side: 'rows' | 'columns',
  options: GramOptions,
): SymmetricMatrix {
  const sums = new GramSums(tf, side, side === 'rows' ? matrix.rows : matrix.columns);
  sums.add(matrix, options);
  return sums.finish();
}
