import { property } from '../core/json';
import type { MatrixView } from '../core/matrixView';
import type { Tensor } from '../core/tensor';
import { viewOf } from './axes';

/**
 * The view of a Keras EinsumDense kernel from its equation: in `abc,cde->abde` the kernel's c is contracted (a column) and its
 * d and e reach the output (rows). Undefined where there is no equation for these axes.
 */
export function einsumView({ module, shape }: Tensor): MatrixView | undefined {
  const equation = property(module?.config, 'equation');
  if (typeof equation !== 'string') return undefined;
  const parts = /^[a-zA-Z.]+,([a-zA-Z]+)->([a-zA-Z.]+)$/.exec(equation.replaceAll(' ', ''));
  const [kernel, output] = [parts?.[1], parts?.[2]];
  if (kernel === undefined || output === undefined || kernel.length !== shape.length)
    return undefined;
  return viewOf(
    shape.map((size, axis) => ({
      size,
      target: output.includes(kernel.charAt(axis)) ? 'row' : 'column',
    })),
  );
}
