import { computedDtype, type Kind } from './combination';
import { readRange } from './elements';

/** Pruning of PyTorch (torch.nn.utils.prune): W = W_orig ⊙ mask, with `fc.weight_orig` and `fc.weight_mask`. */
export const pruning: Kind = (original, sources) => {
  const [, name] = /^(.*)_orig$/.exec(original.name) ?? [];
  const mask = name === undefined ? undefined : sources.get(`${name}_mask`);
  if (name === undefined || !mask) return undefined;
  if (String(mask.shape) !== String(original.shape)) return undefined;
  return {
    replaces: original,
    name,
    shape: original.shape,
    dtype: computedDtype(original),
    parts: [original, mask],
    trained: [original],
    how: 'pruning: weight ⊙ mask',
    compute: async (start, end) => {
      const values = await readRange(original, start, end);
      const kept = await readRange(mask, start, end);
      return values.map((value, index) => value * kept[index]!);
    },
  };
};
