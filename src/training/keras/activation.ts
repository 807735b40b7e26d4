import type { Module } from '../module';
import { literalString, textOf } from '../syntax';
import { kerasNameOf } from './kerasName';
import type { Step } from './step';

/** Layers that are activations by themselves. */
const activationLayers =
  /^(?:Activation|ReLU|LeakyReLU|PReLU|ELU|relu|gelu|silu|swish|leaky_relu|elu|selu|tanh)$/;

/** Position of `activation` among the arguments. */
const positions: Readonly<Record<string, number>> = {
  Dense: 1,
  Activation: 0,
  Conv1D: 7,
  Conv2D: 7,
  Conv3D: 7,
};

/**
 * Activation of a layer by name: `relu`, `softmax`; `linear` where there is none, and undefined where it is not known.
 */
export function activationOf(module: Module, step: Step): string | undefined {
  const { layer, type } = step;
  if (!layer || type === undefined) {
    return type !== undefined && activationLayers.test(type) ? type : undefined;
  }
  if (type !== 'Activation' && activationLayers.test(type)) return type.toLowerCase();
  const argument = activationArgument(step);
  if (!argument) return layer.args.some(({ isSplat }) => isSplat) ? undefined : 'linear';
  const { value } = argument;
  if (value.type === 'none') return 'linear';
  const name = literalString(module.source, value) ?? kerasNameOf(module, value);
  return (name ?? textOf(module.source, value)).replace(/^.*\./, '');
}

/** The argument that sets a layer's activation. */
export function activationArgument({ layer, type }: Step): LayerArgument | undefined {
  if (!layer || type === undefined) return undefined;
  const named = layer.args.find(({ name }) => name === 'activation');
  const position = positions[type];
  if (named || position === undefined) return named;
  const before = layer.args.slice(0, position + 1);
  return before.every(({ name, isSplat }) => name === undefined && !isSplat)
    ? before[position]
    : undefined;
}

type LayerArgument = NonNullable<Step['layer']>['args'][number];

/** Whether the step is an activation of its own, after a layer without one. */
export function isActivationStep({ type }: Step): boolean {
  return type !== undefined && activationLayers.test(type);
}

/** Whether values go through a nonlinearity here that is not made for outputs. */
export function isHiddenActivation(name: string | undefined): boolean {
  return name !== undefined && !/^(?:linear|softmax|sigmoid|log_softmax|None)$/.test(name);
}
