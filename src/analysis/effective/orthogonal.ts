import type { Tensor } from '../../core/tensor';
import { computedDtype, type Kind } from './combination';
import { readRange } from './elements';
import { householderProduct, matrixExponential, product, transposed } from './squareMatrix';

/** exp(A) takes some twenty products of n³: seconds at this size. */
const maxSide = 512;

/**
 * Orthogonal parametrization of PyTorch: W = B · Q(X), transposed where the weight is wide, with `fc.parametrizations.weight.original`
 * (X) and `.0.base` (B). Which map Q is, the file does not say: PyTorch takes the matrix exponential for square weights and
 * Householder reflections for others unless told otherwise. All of its maps are orthogonal, so the spectrum is the same.
 *
 * @see Lezcano-Casado, NeurIPS 2019
 */
export const orthogonal: Kind = (original, sources) => {
  const [, prefix, module, parameter] =
    /^((.*)parametrizations\.([^.]+)\.)original$/.exec(original.name) ?? [];
  if (prefix === undefined || module === undefined || parameter === undefined) return undefined;
  const base = sources.get(`${prefix}0.base`);
  if (!base) return undefined;
  const names = sources.parametrizationsAt(prefix);
  if (names.some((name) => name !== 'original' && name !== '0.base')) {
    return { refused: 'an orthogonal parametrization among several' };
  }
  const { shape } = original;
  const [rows = 0, columns = 0] = shape;
  const [n, k] = [Math.max(rows, columns), Math.min(rows, columns)];
  if (shape.length !== 2) return { refused: 'an orthogonal parametrization of several matrices' };
  if (n > maxSide) {
    return { refused: `an orthogonal parametrization of side ${n}, the limit is ${maxSide}` };
  }
  if (k === 0 || String(base.shape) !== String([n, n])) {
    return {
      refused: `an orthogonal base of [${base.shape.join(', ')}] for [${shape.join(', ')}]`,
    };
  }
  const key = {};
  const weight = (): Promise<Float64Array> =>
    sources.kept.of(key, () => orthogonalWeight(original, base, [rows, columns]));
  const map = n === k ? 'exp(X − Xᵀ)' : 'Householder(X)';
  return {
    replaces: original,
    name: module + parameter,
    shape,
    dtype: computedDtype(original, base),
    parts: [original, base],
    trained: [original],
    how: `orthogonal: base · ${map}, the default map for this shape`,
    compute: async (start, end) => (await weight()).slice(start, end),
  };
};

async function orthogonalWeight(
  original: Tensor,
  base: Tensor,
  [rows, columns]: readonly [number, number],
): Promise<Float64Array> {
  const isWide = rows < columns;
  const [n, k] = isWide ? [columns, rows] : [rows, columns];
  const stored = await readRange(original, 0, rows * columns);
  const x = isWide ? transposed(stored, rows, columns) : stored;
  const q = n === k ? matrixExponential(skew(x, n), n) : reflected(x, n, k);
  const w = product(await readRange(base, 0, n * n), q, [n, n, k]);
  return isWide ? transposed(w, n, k) : w;
}

/** L − Lᵀ of the lower triangle. */
function skew(x: Float64Array, n: number): Float64Array {
  const out = new Float64Array(n * n);
  for (let i = 0; i < n; i++) {
    for (let j = 0; j < i; j++) {
      out[i * n + j] = x[i * n + j]!;
      out[j * n + i] = -x[i * n + j]!;
    }
  }
  return out;
}

/** Householder product of the part below the diagonal, columns times the signs on it. */
function reflected(x: Float64Array, n: number, k: number): Float64Array {
  const q = householderProduct(x, n, k);
  for (let i = 0; i < n; i++) {
    for (let j = 0; j < k; j++) q[i * k + j]! *= Math.trunc(x[j * k + j]!);
  }
  return q;
}
