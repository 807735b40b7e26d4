import { dtypes, type Dtype } from '../../core/dtype';
import type { Json } from '../../core/json';
import type { Tensor } from '../../core/tensor';
import type { KeptValues } from './keptValues';

/** What a kind of combination may look at. */
export interface Sources {
  /** A stored tensor of the model by its name; not one of the optimizer or of an averaged copy. */
  get(name: string): Tensor | undefined;
  /** Names of stored tensors below `fc.parametrizations.weight.`, without that prefix. */
  parametrizationsAt(prefix: string): readonly string[];
  /** How many low-rank adapters a module has. */
  adapterCountAt(module: string): number;
  /** `…/WeightNorm_0/Dense_0/kernel/scale` of `…/Dense_0/kernel`, by the kernel, `WeightNorm` and `scale`. */
  besideFlaxKernel(kernel: string, wrapper: string, ending: string): Tensor | undefined;
  readonly recorded: { readonly [key: string]: Json };
  readonly kept: KeptValues;
}

/** A weight that a layer computes with, and the stored tensors that it is computed from. */
export interface Combination {
  /** In whose place it stands in the file's order. */
  readonly replaces: Tensor;
  readonly name: string;
  readonly shape: readonly number[];
  /** Type of the elements that `compute` gives. */
  readonly dtype: 'f32' | 'f64';
  readonly parts: readonly Tensor[];
  /** Those of the parts that are trained: they count as parameters. */
  readonly trained: readonly Tensor[];
  /** In words: `weight norm: g · v/‖v‖ (dim 0)`. */
  readonly how: string;
  /** Elements [start, end) in row-major order. */
  readonly compute: (start: number, end: number) => Promise<Float64Array>;
}

/** A stored tensor that is only a part, of which the rest is not known: why not. */
export interface Refusal {
  readonly refused: string;
}

/** Tells whether a tensor is the main part of such a weight. Looks at names and shapes; elements are read later. */
export type Kind = (tensor: Tensor, sources: Sources) => Combination | Refusal | undefined;

/** Wide enough for the parts: doubles only where one of them has doubles. */
export function computedDtype(...parts: readonly Tensor[]): 'f32' | 'f64' {
  return parts.some(({ dtype }) => dtype === 'f64') ? 'f64' : 'f32';
}

/** Numbers that several types went into are as good as the coarsest float among them. */
export function coarsestDtype(parts: readonly Tensor[], otherwise: Dtype): Dtype {
  let coarsest = otherwise;
  for (const { dtype } of parts) {
    if (dtypes[dtype].unitRoundoff > dtypes[coarsest].unitRoundoff) coarsest = dtype;
  }
  return coarsest;
}
