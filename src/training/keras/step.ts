import type { SyntaxNode } from '../source';
import type { LayerCall } from './layerCalls';

/** One layer in the order in which data pass through a model, at the place where the code says so. */
export interface Step {
  /** How the code says it: an element of a list, `model.add(…)`, `layer(…)(x)`, or `self.layer(x)`. */
  readonly form: 'item' | 'added' | 'applied' | 'attribute';
  /** Class name of Keras' layer, inside of its wrappers; `+` for a sum; undefined for what is not known. */
  readonly type: string | undefined;
  /** The call that makes the layer, inside of its wrappers. */
  readonly layer: LayerCall | undefined;
  /** The element, the call of `add`, or the expression that applies the layer. */
  readonly node: SyntaxNode;
  /** The statement whose whole value this is: `x = layer(…)(x)`, `model.add(…)`. */
  readonly statement: SyntaxNode | undefined;
  /** Name to which the result goes; the model's, where the layer is added to it. */
  readonly target: string | undefined;
  readonly previous: readonly Step[];
  readonly next: readonly Step[];
  /** Whether the result leaves: the last of a list, an output of a model, or what a function gives back. */
  readonly isOutput: boolean;
  /** Whether something that is not known uses the result. */
  readonly isUsedElsewhere: boolean;
}

/** A step while its neighbours are being found. */
export interface DraftStep extends Step {
  readonly previous: DraftStep[];
  readonly next: DraftStep[];
  target: string | undefined;
  statement: SyntaxNode | undefined;
  isOutput: boolean;
  isUsedElsewhere: boolean;
}

export function draftStep(
  facts: Pick<Step, 'form' | 'type' | 'layer' | 'node'>,
  given: readonly DraftStep[],
): DraftStep {
  // Attention takes the same value two or three times.
  const inputs = [...new Set(given)];
  const step: DraftStep = {
    ...facts,
    statement: undefined,
    target: undefined,
    previous: inputs,
    next: [],
    isOutput: false,
    isUsedElsewhere: false,
  };
  for (const input of inputs) input.next.push(step);
  return step;
}
