import type { TextRange } from './textEdit';

/** Expected sizes of a tensor; undefined where the code does not say it literally. */
export type ShapePattern = readonly (number | undefined)[];

/** One layer that a definition makes in the model. */
export interface LayerSite {
  /** Module path as in a state dict, relative to the model's root: `features.0`. A `*` stands for an unknown index. */
  readonly path: string;
  /**
   * Tensors by their name below the path, with the shape expected: `weight` → [16, 3, 3, 3]. Undefined where not even the
   * number of dimensions is known.
   */
  readonly shapes: Readonly<Record<string, ShapePattern | undefined>>;
  /**
   * Set where a file names the same layer in one of two ways: by the name that it has, or by the attribute that holds it. A
   * layer without an attribute has one way.
   */
  readonly naming?: 'name' | 'attribute';
}

/** A place in training code where a layer with weights is made. */
export interface LayerDefinition {
  /** Dotted origin, whatever the file's own names are: `torch.nn.Conv2d`. */
  readonly callee: string;
  /** The call expression. */
  readonly range: TextRange;
  /** Module class in which it stands; undefined for a model built at module level or in a function. */
  readonly className: string | undefined;
  /** The layers it makes: several where its class is instantiated several times, never none. */
  readonly sites: readonly LayerSite[];
}
