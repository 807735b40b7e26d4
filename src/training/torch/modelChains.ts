import type { Module } from '../module';
import type { SyntaxNode } from '../source';
import { argumentsOf, fieldOf, nodesIn, partsOf, textOf } from '../syntax';
import { forwardChains } from './modelForward';
import { madeLayer } from './modelLayer';
import { kindOfOrigin } from './modelOperations';
import type { OperationKind } from './modelOperations';

/** One step of a chain. */
export interface Operation {
  readonly kind: OperationKind;
  /** Dotted origin of the class or function; the bare name of a tensor's method. */
  readonly origin: string;
  /** What stands for the step: the element of a Sequential, or the call in `forward`. */
  readonly place: SyntaxNode;
  /** Where the class is called: `nn.Linear(64, 10)`; for a function the call itself. Undefined where unknown. */
  readonly made: SyntaxNode | undefined;
  /** `fc1` of `self.fc1(x)`. */
  readonly attribute: string | undefined;
}

/** Steps of which each takes nothing but what the one before gives, which goes nowhere else. */
export interface Chain {
  readonly kind: 'sequential' | 'forward';
  /** The call of `nn.Sequential`, or the module class. */
  readonly owner: SyntaxNode;
  readonly operations: readonly Operation[];
  /** For a Sequential: the list of its elements, the call's own or that of `*[…]`. */
  readonly list: SyntaxNode | undefined;
  /** Whether the first step takes the model's own argument. */
  readonly startsAtInput: boolean;
  /** Whether the last step's value is what the model gives back. */
  readonly isReturned: boolean;
}

const shared = new WeakMap<SyntaxNode, readonly Chain[]>();

/** The chains of a file's Sequentials and `forward` methods, in the order of the text. */
export function chainsOf(module: Module): readonly Chain[] {
  const { root } = module.source;
  const known = shared.get(root) ?? findChains(module);
  shared.set(root, known);
  return known;
}

function findChains(module: Module): readonly Chain[] {
  const found: Chain[] = [];
  for (const node of nodesIn(module.source.root)) {
    if (node.type === 'call') found.push(...sequentialChain(module, node));
    if (node.type === 'class_definition') found.push(...forwardChains(module, node));
  }
  return found;
}

function sequentialChain(module: Module, call: SyntaxNode): readonly Chain[] {
  const list = sequentialItems(module, call);
  if (!list) return [];
  const operations = partsOf(list).map((place): Operation => {
    const made = place.type === 'call' ? madeLayer(module, place) : undefined;
    const { kind, origin } = made ?? { kind: 'other', origin: '' };
    return { kind, origin, place, made: made?.call, attribute: undefined };
  });
  const ends = { startsAtInput: true, isReturned: true };
  return [{ kind: 'sequential', owner: call, operations, list, ...ends }];
}

/** The list of modules that a call of `nn.Sequential` is given one by one; undefined for `OrderedDict` and the like. */
function sequentialItems({ source, names }: Module, call: SyntaxNode): SyntaxNode | undefined {
  const callee = fieldOf(call, 'function');
  if (!callee || names.origin(callee) !== 'torch.nn.Sequential') return undefined;
  const args = argumentsOf(source, call);
  const list = fieldOf(call, 'arguments');
  const [first, ...others] = args;
  if (!first || list?.type !== 'argument_list') return undefined;
  if (!first.isSplat) {
    const isPlain = args.every(({ isSplat, name }) => !isSplat && name === undefined);
    return isPlain && first.value.type !== 'dictionary' ? list : undefined;
  }
  const inner = partsOf(first.node)[0];
  if (others.length > 0 || !inner) return undefined;
  if (inner.type === 'list') return inner;
  const bindings = inner.type === 'identifier' ? names.lookup(textOf(source, inner), inner) : [];
  const value = bindings.length === 1 ? bindings[0]?.value : undefined;
  // A list that grows elsewhere (`layers.append(…)`) does not end here.
  const grows = value && isGrown(source.text, textOf(source, inner));
  return value?.type === 'list' && !grows ? value : undefined;
}

function isGrown(text: string, name: string): boolean {
  return new RegExp(`\\b${name}\\s*(?:\\.\\s*(?:append|extend|insert|pop)|\\+=|\\[)`).test(text);
}

/** Whether the step holds weight matrices or kernels. */
export function isWeighted(module: Module, { kind, made }: Operation): boolean {
  if (kind === 'linear' || kind === 'convolution') return true;
  if (kind !== 'sequence' || !made) return false;
  return nodesIn(made).some((node) => {
    const callee = node.type === 'call' ? fieldOf(node, 'function') : undefined;
    const inner = callee ? kindOfOrigin(module.names.origin(callee)) : 'other';
    return inner === 'linear' || inner === 'convolution';
  });
}
