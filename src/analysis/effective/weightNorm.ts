import { elementCountOf, type Tensor } from '../../core/tensor';
import { computedDtype, type Combination, type Kind } from './combination';
import { axisOf, scaledRange, sliceNorms, wholeTensor, type Axis } from './elements';

/**
 * Weight normalization of PyTorch: W = g · v/‖v‖, norms taken over all axes but `dim`, along which g has its values.
 *
 *     fc.weight_g, fc.weight_v                              torch.nn.utils.weight_norm
 *     fc.parametrizations.weight.original0, .original1      torch.nn.utils.parametrizations.weight_norm
 *
 * @see Salimans & Kingma, NeurIPS 2016
 */
export const weightNorm: Kind = (direction, sources) => {
  const parts = partsOf(direction.name);
  const gain = parts && sources.get(parts.gain);
  if (!parts || !gain) return undefined;
  // The power iteration of torch.nn.utils.spectral_norm has a vector of the same name.
  if (sources.get(`${parts.name}_orig`)) return undefined;
  const axis = gainAxis(gain, direction.shape);
  if (axis === undefined) return undefined;
  const { label, ...along } = axis;
  const key = {};
  const factors = (): Promise<Float64Array> =>
    sources.kept.of(key, async () => {
      const norms = await sliceNorms(direction, along);
      const gains = await sources.kept.all(gain);
      return norms.map((norm, index) => gains[index]! / norm);
    });
  return {
    replaces: direction,
    name: parts.name,
    shape: direction.shape,
    dtype: computedDtype(direction, gain),
    parts: [direction, gain],
    trained: [direction, gain],
    how: `weight norm: g · v/‖v‖ (${label})`,
    compute: async (start, end) => scaledRange(direction, along, await factors(), [start, end]),
  } satisfies Combination;
};

function partsOf(name: string): { readonly name: string; readonly gain: string } | undefined {
  const [, old] = /^(.*weight\w*)_v$/.exec(name) ?? [];
  if (old !== undefined) return { name: old, gain: `${old}_g` };
  const [, module, parameter] = /^(.*)parametrizations\.([^.]+)\.original1$/.exec(name) ?? [];
  if (module === undefined || parameter === undefined) return undefined;
  return { name: module + parameter, gain: name.replace(/1$/, '0') };
}

/** g has v's shape with 1 in place of all sizes but one; a single value where the norm is that of the whole. */
function gainAxis(
  gain: Tensor,
  shape: readonly number[],
): (Axis & { readonly label: string }) | undefined {
  if (elementCountOf(gain.shape) === 1) return { ...wholeTensor, label: 'of the whole' };
  if (gain.shape.length !== shape.length) return undefined;
  const dims = gain.shape.flatMap((size, dim) => (size === 1 ? [] : [dim]));
  const [dim] = dims;
  if (dim === undefined || dims.length > 1 || gain.shape[dim] !== shape[dim]) return undefined;
  return { ...axisOf(shape, dim), label: `dim ${dim}` };
}
