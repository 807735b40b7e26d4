import { elementCountOf, type Tensor } from '../../core/tensor';
import { computedDtype, type Kind } from './combination';
import { axisOf, eachPiece, scaledRange, wholeTensor, type Axis } from './elements';

/**
 * Spectral normalization of PyTorch: W = W_orig / σ with σ = uᵀ W_orig v, the weight reshaped to (dim, rest). Evaluation takes the
 * stored vectors as they are.
 *
 *     fc.weight_orig, fc.weight_u, fc.weight_v                        torch.nn.utils.spectral_norm (before 0.4.1 without v)
 *     fc.parametrizations.weight.original, .0._u, .0._v               torch.nn.utils.parametrizations.spectral_norm
 *
 * Keras keeps the kernel that is divided already: there is nothing to combine.
 *
 * @see Miyato et al., ICLR 2018
 */
export const spectralNorm: Kind = (original, sources) => {
  const parts = partsOf(original.name);
  const left = parts && sources.get(parts.left);
  if (!parts || !left) return undefined;
  if (parts.prefix !== undefined && !isOnlyOne(sources.parametrizationsAt(parts.prefix))) {
    return undefined;
  }
  const right = sources.get(parts.right);
  const axes = axesOf(original, left, right);
  if (axes.length === 0) return undefined;
  const key = {};
  const factor = (): Promise<Float64Array> =>
    sources.kept.of(key, async () => {
      const u = await sources.kept.all(left);
      const v = right && (await sources.kept.all(right));
      let sigma = 0;
      // Where sizes fit two axes: along the wrong one u and v are any vectors, and the product is small.
      for (const axis of axes) {
        const found = await sigmaOf(original, axis, u, v);
        if (!(Math.abs(found) < Math.abs(sigma))) sigma = found;
      }
      return Float64Array.of(1 / sigma);
    });
  return {
    replaces: original,
    name: parts.name,
    shape: original.shape,
    dtype: computedDtype(original, left),
    parts: [original, left, ...(right ? [right] : [])],
    trained: [original],
    how: 'spectral norm: W / uᵀWv',
    compute: async (start, end) => scaledRange(original, wholeTensor, await factor(), [start, end]),
  };
};

interface Names {
  readonly name: string;
  readonly left: string;
  readonly right: string;
  readonly prefix?: string;
}

function partsOf(tensor: string): Names | undefined {
  const [, old] = /^(.*)_orig$/.exec(tensor) ?? [];
  if (old !== undefined) return { name: old, left: `${old}_u`, right: `${old}_v` };
  const [, prefix, module, parameter] =
    /^((.*)parametrizations\.([^.]+)\.)original$/.exec(tensor) ?? [];
  if (prefix === undefined || module === undefined || parameter === undefined) return undefined;
  return { name: module + parameter, left: `${prefix}0._u`, right: `${prefix}0._v`, prefix };
}

/** A second parametrization after the first would change the weight again. */
function isOnlyOne(names: readonly string[]): boolean {
  return names.every((name) => /^(original|0\._[uv])$/.test(name));
}

/** Rows are along axis 0, of transposed convolutions along axis 1; the vectors' lengths tell which can be. */
function axesOf(original: Tensor, left: Tensor, right: Tensor | undefined): readonly Axis[] {
  const { shape, module } = original;
  const count = elementCountOf(shape);
  const u = elementCountOf(left.shape);
  const fits = [0, 1].filter(
    (dim) =>
      dim < shape.length &&
      shape.length > 1 &&
      shape[dim] === u &&
      (right === undefined || elementCountOf(right.shape) * u === count),
  );
  const wanted = /ConvTranspose/.test(module?.type ?? '') ? 1 : 0;
  const decided = module !== undefined && fits.includes(wanted) ? [wanted] : fits;
  return (shape.length === 2 && decided.includes(0) ? [0] : decided).map((dim) =>
    axisOf(shape, dim),
  );
}

/** uᵀ W v; without v it is ‖Wᵀu‖, as v = Wᵀu/‖Wᵀu‖. */
async function sigmaOf(
  tensor: Tensor,
  { size, stride }: Axis,
  u: Float64Array,
  v: Float64Array | undefined,
): Promise<number> {
  const columns = new Float64Array(v ? 0 : elementCountOf(tensor.shape) / size);
  let sigma = 0;
  await eachPiece(tensor, (values, start) => {
    for (let i = 0; i < values.length; i++) {
      const at = Math.floor((start + i) / stride);
      const column = Math.floor(at / size) * stride + ((start + i) % stride);
      const product = u[at % size]! * values[i]!;
      if (v) sigma += product * v[column]!;
      else columns[column]! += product;
    }
  });
  return v ? sigma : Math.hypot(...chunkedNorms(columns));
}

/** Norms of pieces: a spread of all of a long vector would not fit on the stack. */
function chunkedNorms(values: Float64Array): number[] {
  const norms: number[] = [];
  for (let start = 0; start < values.length; start += 1024) {
    norms.push(Math.hypot(...values.subarray(start, start + 1024)));
  }
  return [0, ...norms];
}
