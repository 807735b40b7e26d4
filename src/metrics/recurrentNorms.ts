import { diagonalAt, type Matrix, type StepOptions, type SymmetricMatrix } from '../kernels';

export function doubles({ data }: Matrix): Float64Array {
  return data instanceof Float64Array ? data : Float64Array.from(data);
}

export function frobeniusSquared({ data }: Matrix): number {
  let sum = 0;
  for (let i = 0; i < data.length; i++) sum += data[i]! * data[i]!;
  return sum;
}

/** ‖G − I‖_F. */
export function isometryDefect({ size, data }: SymmetricMatrix): number {
  let sum = 0;
  for (let i = 0; i < data.length; i++) sum += 2 * data[i]! * data[i]!;
  for (let i = 0; i < size; i++) {
    const value = data[diagonalAt(i)]!;
    sum += (value - 1) ** 2 - 2 * value * value;
  }
  return Math.sqrt(Math.max(0, sum));
}

/** ‖A − B‖_F. */
export function commutatorNorm(a: SymmetricMatrix, b: SymmetricMatrix): number {
  let sum = 0;
  for (let i = 0; i < a.data.length; i++) sum += 2 * (a.data[i]! - b.data[i]!) ** 2;
  for (let i = 0; i < a.size; i++) {
    const at = diagonalAt(i);
    sum -= (a.data[at]! - b.data[at]!) ** 2;
  }
  return Math.sqrt(Math.max(0, sum));
}

/**
 * The recurrent matrices of an LSTM whose state is projected: the products W_hr·W_hh^g of the projection (state × units) and each
 * gate (units × state), which are square.
 */
export function projectedGates(
  gates: readonly Matrix[],
  projection: Matrix,
  { onStep }: StepOptions = {},
): Matrix[] {
  const { rows: state, columns: units, data: left } = projection;
  return gates.map(({ rows, columns, data: right }) => {
    if (rows !== units || columns !== state) {
      throw new RangeError(
        `a gate of ${rows} × ${columns} for a projection of ${state} × ${units}`,
      );
    }
    const product = new Float64Array(state * state);
    for (let i = 0; i < state; i++) {
      const target = product.subarray(i * state, (i + 1) * state);
      for (let u = 0; u < units; u++) {
        const factor = left[i * units + u]!;
        if (factor === 0) continue;
        for (let j = 0, from = u * state; j < state; j++) target[j]! += factor * right[from + j]!;
      }
      onStep?.();
    }
    return { rows: state, columns: state, data: product };
  });
}
