import { statementOf } from '../edits/insertStatement';
import type { Module } from '../module';
import { remembered } from '../remember';
import { classOfSelf } from '../selfAttributes';
import type { Source, SyntaxNode } from '../source';
import { argumentsOf, callsIn, enclosing, fieldOf, nodesIn, textOf, unwrapped } from '../syntax';
import { chainsOf } from './modelChains';
import type { Chain } from './modelChains';
import { attributeValue } from './modelClass';

/** What a cross-entropy is computed of. */
export interface LossInput {
  /** The call of the loss. */
  readonly loss: SyntaxNode;
  /** The expression that makes the input: `model(x)`, `F.softmax(x, 1)`. */
  readonly value: SyntaxNode;
  /** What the model does, where the input is its output and the model is in this file. */
  readonly chain: Chain | undefined;
}

/** The inputs of `F.cross_entropy` and of `nn.CrossEntropyLoss()`, as far as they are plain. */
export function crossEntropyInputs(module: Module): readonly LossInput[] {
  const { source } = module;
  // Whoever imports it says its name; following every call of a large file takes a second.
  if (!/cross_entropy|CrossEntropyLoss/.test(source.text)) return [];
  return callsIn(source.root).flatMap((loss) => {
    if (!isCrossEntropy(module, loss)) return [];
    const [first] = argumentsOf(source, loss);
    if (!first || first.isSplat || (first.name !== undefined && first.name !== 'input')) return [];
    const value = lastValue(module, first.value);
    return value ? [{ loss, value, chain: outputChain(module, value) }] : [];
  });
}

function isCrossEntropy(module: Module, call: SyntaxNode): boolean {
  const { source, names } = module;
  const callee = fieldOf(call, 'function');
  if (!callee) return false;
  if (names.origin(callee) === 'torch.nn.functional.cross_entropy') return true;
  const name = textOf(source, callee);
  const mayBe = /loss|crit|cross|ce$|objective/i.test(name);
  const maker = callee.type === 'call' ? callee : mayBe ? boundValue(module, callee) : undefined;
  // `nn.CrossEntropyLoss().to(device)`
  const head = maker && /^[^()]*/.exec(textOf(source, maker))?.[0];
  if (head === undefined || !/CrossEntropyLoss$/.test(head)) return false;
  const made = nodesIn(maker ?? call).find((node) => {
    const inner = node.type === 'call' ? fieldOf(node, 'function') : undefined;
    return inner && names.origin(inner) === 'torch.nn.CrossEntropyLoss';
  });
  return made !== undefined;
}

/** The value of a name that is bound once, or of `self.name` that is set once. */
function boundValue(module: Module, node: SyntaxNode): SyntaxNode | undefined {
  const { source, names } = module;
  if (node.type === 'identifier') {
    const name = textOf(source, node);
    const bindings = names.lookup(name, node);
    const [binding, ...others] = bindings;
    if (binding?.kind === 'assignment' && others.length === 0) return binding.value;
    return binding?.kind === 'parameter' ? assignedOnce(module, name) : undefined;
  }
  const owner = node.type === 'attribute' ? classOfSelf(source, node) : undefined;
  const attribute = owner && fieldOf(node, 'attribute');
  return attribute && attributeValue(module, owner, textOf(source, attribute));
}

/** For a parameter: what the file assigns to the same name, where it does so once. */
function assignedOnce({ source }: Module, name: string): SyntaxNode | undefined {
  const values = assignedValues(source).get(name);
  return values?.length === 1 ? values[0] : undefined;
}

const assignedValues = remembered((source: Source): ReadonlyMap<string, SyntaxNode[]> => {
  const byName = new Map<string, SyntaxNode[]>();
  for (const node of nodesIn(source.root)) {
    const left = node.type === 'assignment' ? fieldOf(node, 'left') : undefined;
    const right = left?.type === 'identifier' ? fieldOf(node, 'right') : undefined;
    if (!left || !right) continue;
    const name = textOf(source, left);
    const values = byName.get(name);
    if (values) values.push(right);
    else byName.set(name, [right]);
  }
  return byName;
});

/** The value that a name has at this place: that of the last assignment before it, in the same block or one around it. */
function lastValue(module: Module, node: SyntaxNode): SyntaxNode | undefined {
  const { source, names } = module;
  const inner = unwrapped(node);
  if (inner.type !== 'identifier') return inner;
  const before = names
    .lookup(textOf(source, inner), inner)
    .filter((binding) => binding.node.start < inner.start);
  const last = before.at(-1);
  if (last?.kind !== 'assignment' || !last.value) return undefined;
  const block = statementOf(last.node).parent;
  const isAround = block && block.start <= inner.start && inner.end <= block.end;
  return isAround === true ? unwrapped(last.value) : undefined;
}

function outputChain(module: Module, value: SyntaxNode): Chain | undefined {
  const callee = value.type === 'call' ? fieldOf(value, 'function') : undefined;
  if (!callee) return undefined;
  const owner = modelOf(module, callee);
  if (!owner) return undefined;
  const chains = chainsOf(module).filter((chain) => chain.owner === owner && chain.isReturned);
  return chains.length === 1 ? chains[0] : undefined;
}

/** The class or the Sequential behind `model(x)`, `self(x)`, `self.net(x)`. */
export function modelOf(module: Module, callee: SyntaxNode): SyntaxNode | undefined {
  const { source, names } = module;
  if (callee.type === 'identifier' && textOf(source, callee) === 'self') {
    return enclosing(callee, 'class_definition');
  }
  let value = boundValue(module, callee);
  for (let depth = 0; value?.type === 'call' && depth < 8; depth++) {
    const made = fieldOf(value, 'function');
    if (!made) return undefined;
    if (names.origin(made) === 'torch.nn.Sequential') return value;
    if (made.type === 'identifier') {
      const [binding, ...others] = names.lookup(textOf(source, made), made);
      return binding?.kind === 'class' && others.length === 0 ? binding.node : undefined;
    }
    // `Net().to(device)`
    const object = fieldOf(made, 'object');
    const method = fieldOf(made, 'attribute');
    if (!object || !method || !/^(?:to|cuda|train|float)$/.test(textOf(source, method))) {
      return undefined;
    }
    value = object;
  }
  return undefined;
}
