/**
 * Weights as layers compute with them. Several techniques store a weight in parts: these become one tensor whose ranges are
 * computed as they are read, under the name of the module's weight.
 */
import type { Checkpoint, Skipped } from '../../core/checkpoint';
import { elementCountOf, type Tensor } from '../../core/tensor';
import { coarsestDtype, type Combination, type Kind, type Sources } from './combination';
import { computedData } from './elements';
import { flaxSpectralNorm, flaxWeightNorm } from './flax';
import { lowRank } from './lowRank';
import { orthogonal } from './orthogonal';
import { pruning } from './pruning';
import { sourcesOf } from './sources';
import { spectralNorm } from './spectralNorm';
import { unknownParametrization } from './unknownParametrization';
import { weightNorm } from './weightNorm';

/** Every kind, the surest signs first. */
const kinds: readonly Kind[] = [
  pruning,
  spectralNorm,
  weightNorm,
  orthogonal,
  unknownParametrization,
  lowRank,
  flaxWeightNorm,
  flaxSpectralNorm,
];

/**
 * The checkpoint with the weights that its layers compute with, each in the place of its main part; the other parts are buffers. As
 * many tensors as before, in the same order; itself where there is nothing to combine. Applied again it changes nothing.
 */
export function withEffectiveWeights(checkpoint: Checkpoint): Checkpoint {
  const sources = sourcesOf(checkpoint);
  const combined = new Map<Tensor, Tensor>();
  const refused = new Map<Tensor, string>();
  const parts = new Set<Tensor>();
  for (const tensor of checkpoint.tensors) {
    if (sources.get(tensor.name) !== tensor || tensor.combined || tensor.sameAs !== undefined)
      continue;
    const found = firstOf(kinds, (kind) => kind(tensor, sources));
    if (!found) continue;
    if ('refused' in found) {
      refused.set(tensor, found.refused);
      continue;
    }
    const { replaces, name } = found;
    // A weight of that name is stored too: it is the one that is meant.
    if (name !== replaces.name && sources.get(name) !== undefined) continue;
    if (elementCountOf(found.shape) === 0 || replaces.combined) continue;
    if (combined.has(replaces) || parts.has(replaces)) continue;
    combined.set(replaces, tensorOf(found));
    for (const part of found.parts) parts.add(part);
  }
  if (combined.size === 0 && refused.size === 0) return checkpoint;
  return {
    ...checkpoint,
    tensors: checkpoint.tensors.map((tensor) => {
      const weight = combined.get(tensor);
      if (weight) return weight;
      const reason = refused.get(tensor);
      if (reason !== undefined) return { ...tensor, notCombined: reason };
      if (parts.has(tensor)) return { ...tensor, role: 'aux' };
      return withoutCombined(tensor, combined, sources);
    }),
  };
}

/** Stored tensors that are measured only as part of a weight, each with the weight. */
export function partsOf(tensors: readonly Tensor[]): readonly Skipped[] {
  return tensors.flatMap(({ name, combined }) =>
    (combined?.parts ?? []).flatMap((part) =>
      part === name
        ? []
        : [{ name: part, reason: `part of ${name}, measured as the layer computes it` }],
    ),
  );
}

function tensorOf({ replaces, name, shape, dtype, compute, ...rest }: Combination): Tensor {
  const { parts, trained, how } = rest;
  return {
    name,
    shape,
    dtype,
    data: computedData(name, shape, dtype, compute),
    ...(replaces.module && { module: replaces.module }),
    ...(replaces.role && { role: replaces.role }),
    combined: {
      how,
      parts: parts.map((part) => part.name),
      dtype: coarsestDtype(parts, dtype),
      parameterCount: trained.reduce((sum, part) => sum + elementCountOf(part.shape), 0),
    },
  };
}

/** Tied to the stored part of a weight that is combined: a weight of its own now. */
function withoutCombined(
  tensor: Tensor,
  combined: ReadonlyMap<Tensor, Tensor>,
  sources: Sources,
): Tensor {
  const { sameAs, ...own } = tensor;
  const owner = sameAs === undefined ? undefined : sources.get(sameAs);
  return owner && combined.has(owner) ? own : tensor;
}

function firstOf<T, R>(items: readonly T[], find: (item: T) => R | undefined): R | undefined {
  for (const item of items) {
    const found = find(item);
    if (found !== undefined) return found;
  }
  return undefined;
}
