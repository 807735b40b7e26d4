import type { Matrix, SymmetricMatrix } from '../kernels';
import { rowStart, symmetricMatrix } from '../symmetricMatrix';

/** Numbers in [−1, 1) of a linear congruential generator (Knuth's MMIX line, 32-bit), the same as in goldens.py. */
export function randomNumbers(count: number, seed: number): Float64Array {
  let state = seed;
  return Float64Array.from({ length: count }, () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 31 - 1;
  });
}

/** Element (r, c) of a matrix, from its random number and its place. */
type Element = (random: number, r: number, c: number) => number;

const kinds = {
  random: (x) => x,
  zeros: () => 0,
  constant: () => 0.25,
  // Rank 3, with small integers: exact in any order of summation.
  deficient: (_, r, c) => ((r % 3) + 1) * ((c % 5) - 2) + (r % 2) * (c % 3),
  // Rows over twelve decades.
  graded: (x, r) => x * 10 ** -(r % 13),
  orthogonal: (_, r, c) => (hadamardSign(r & 255, c & 255) * Number((r ^ c) < 256)) / 16,
  // Singular values within 1e-9 of one another.
  clustered: (x, r, c) => Number(r === c) + 1e-10 * x,
  subnormal: (x) => x * 1e-310,
  huge: (x) => x * 1e150,
} satisfies Record<string, Element>;

export type MatrixKind = keyof typeof kinds;

export const matrixKinds = Object.keys(kinds) as MatrixKind[];

export function testMatrix(kind: MatrixKind, rows: number, columns: number): Matrix {
  const random = randomNumbers(rows * columns, rows + 3 * columns);
  const element: Element = kinds[kind];
  const data = random.map((x, i) => element(x, Math.floor(i / columns), i % columns));
  return { rows, columns, data };
}

function hadamardSign(i: number, j: number): number {
  let odd = 0;
  for (let x = i & j; x; x &= x - 1) odd ^= 1;
  return odd ? -1 : 1;
}

/** The lower triangle of a symmetric matrix of n² elements. */
export function packed(full: ArrayLike<number>, n: number): SymmetricMatrix {
  const matrix = symmetricMatrix(n);
  for (let i = 0; i < n; i++) {
    for (let j = 0; j <= i; j++) matrix.data[rowStart(i) + j] = full[i * n + j]!;
  }
  return matrix;
}
