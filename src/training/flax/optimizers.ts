import type { Module } from '../module';
import type { SyntaxNode } from '../source';
import { argumentsOf, argumentValue, callsIn, fieldOf } from '../syntax';

/** What optax 0.2.8 does with weight decay in one of its optimizers. */
export interface OptaxKind {
  readonly name: string;
  /** Positions of `weight_decay` and of `mask` where it has them; the learning rate is always the first argument. */
  readonly decay?: number;
  readonly mask?: number;
  /** Its own default, where it decays without being told. */
  readonly defaultDecay?: string;
  /** The optimizer that is the same with decoupled decay. */
  readonly decoupled?: string;
  /** Steps of about the learning rate, whatever the size of the gradient. */
  readonly isAdaptive: boolean;
}

const table: readonly OptaxKind[] = [
  { name: 'adam', decoupled: 'adamw', isAdaptive: true },
  { name: 'nadam', decoupled: 'nadamw', isAdaptive: true },
  { name: 'adamax', decoupled: 'adamaxw', isAdaptive: true },
  { name: 'adamw', decay: 6, mask: 7, defaultDecay: '1e-4', isAdaptive: true },
  { name: 'nadamw', decay: 6, mask: 7, defaultDecay: '1e-4', isAdaptive: true },
  { name: 'adamaxw', decay: 4, mask: 5, defaultDecay: '1e-4', isAdaptive: true },
  { name: 'lion', decay: 4, mask: 5, defaultDecay: '1e-3', isAdaptive: true },
  { name: 'lamb', decay: 5, mask: 6, isAdaptive: true },
  { name: 'sgd', isAdaptive: false },
  { name: 'rmsprop', isAdaptive: true },
  { name: 'adagrad', isAdaptive: true },
  { name: 'adadelta', isAdaptive: true },
  { name: 'radam', isAdaptive: true },
  { name: 'amsgrad', isAdaptive: true },
  { name: 'adabelief', isAdaptive: true },
  { name: 'yogi', isAdaptive: true },
  { name: 'novograd', isAdaptive: true },
  { name: 'fromage', isAdaptive: true },
  { name: 'noisy_sgd', isAdaptive: false },
];

const kinds: ReadonlyMap<string, OptaxKind> = new Map(
  table.map((kind) => [`optax.${kind.name}`, kind]),
);

/** A call that makes an optimizer, and the chain in which it stands. */
export interface OptaxOptimizer {
  readonly kind: OptaxKind;
  readonly call: SyntaxNode;
  readonly callee: SyntaxNode;
  /** The `optax.chain(…)` of which it is an element, and that chain's elements. */
  readonly chain: { readonly call: SyntaxNode; readonly items: readonly SyntaxNode[] } | undefined;
  readonly learningRate: SyntaxNode | undefined;
}

/** Optimizers of optax in the file, in the order of the text. */
export function optimizersOf(module: Module): readonly OptaxOptimizer[] {
  const { source, names } = module;
  return callsIn(source.root).flatMap((call) => {
    const callee = fieldOf(call, 'function');
    const kind = callee && kinds.get(names.origin(callee) ?? '');
    if (!kind) return [];
    const learningRate = argumentValue(argumentsOf(source, call), 'learning_rate', 0);
    return [{ kind, call, callee, chain: chainAround(module, call), learningRate }];
  });
}

/** The chain whose element the call is, directly. */
function chainAround(module: Module, call: SyntaxNode): OptaxOptimizer['chain'] {
  const chain = call.parent?.type === 'argument_list' ? call.parent.parent : undefined;
  if (chain?.type !== 'call' || originOf(module, chain) !== 'optax.chain') return undefined;
  return { call: chain, items: argumentsOf(module.source, chain).map(({ node }) => node) };
}

/** Dotted origin of what a call calls. */
export function originOf({ names }: Module, call: SyntaxNode): string | undefined {
  const callee = call.type === 'call' ? fieldOf(call, 'function') : undefined;
  return callee && names.origin(callee);
}

/** Elements of the chain that call one of these. */
export function itemsOfChain(
  module: Module,
  { chain }: Pick<OptaxOptimizer, 'chain'>,
  pattern: RegExp,
): readonly SyntaxNode[] {
  return (chain?.items ?? []).filter((item) => pattern.test(originOf(module, item) ?? ''));
}

export const decayTransformations = /^optax\.(?:add_decayed_weights|additive_weight_decay)$/;
export const clipTransformations =
  /^optax\.(?:clip|clip_by_global_norm|clip_by_block_rms|adaptive_grad_clip|per_example_global_norm_clip)$/;

/** Leaves biases and norm scales out of what a mask is for. `jax` is how the file writes it. */
export const matricesMask = (jax: string): string =>
  `lambda params: ${jax}.tree.map(lambda p: p.ndim > 1, params)`;

/** Whether an element of a chain turns the gradient into the step: an optimizer, or a scaling by −learning rate. */
export function stepsOf(module: Module, item: SyntaxNode): boolean {
  const origin = originOf(module, item) ?? '';
  if (kinds.has(origin) || origin === 'optax.scale_by_learning_rate') return true;
  const [factor] = origin === 'optax.scale' ? argumentsOf(module.source, item) : [];
  return factor?.value.type === 'unary_operator';
}
