import type { Module } from '../module';
import type { Source, SyntaxNode } from '../source';
import { statementOf } from '../edits/insertStatement';
import { argumentsOf, callsIn, enclosing, fieldOf, nodesIn, textOf } from '../syntax';

/** A place where an optimizer changes the weights. */
export interface OptimizerStep {
  readonly statement: SyntaxNode;
  /** The optimizer as it is written: `optimizer`, `self.opt`. */
  readonly optimizer: string;
  /** `scaler` in `scaler.step(optimizer)`. */
  readonly scaler: string | undefined;
  /** The function around it, or the module. */
  readonly scope: SyntaxNode;
  /** `step(closure)`: the loss is computed in a function that the optimizer calls. */
  readonly takesClosure: boolean;
}

/** A call that makes an optimizer of torch.optim, and the name that it is given. */
export interface OptimizerCreation {
  readonly target: string;
  readonly call: SyntaxNode;
  /** `torch.optim.SGD`. */
  readonly origin: string;
}

/** The function around a node, or the module. */
export function functionAround({ source }: Module, node: SyntaxNode): SyntaxNode {
  return enclosing(node, 'function_definition', 'lambda') ?? source.root;
}

const known = new WeakMap<Source, readonly OptimizerCreation[]>();

export function optimizerCreations(module: Module): readonly OptimizerCreation[] {
  const found = known.get(module.source) ?? creationsIn(module);
  known.set(module.source, found);
  return found;
}

function creationsIn({ source, names }: Module): readonly OptimizerCreation[] {
  return callsIn(source.root).flatMap((call) => {
    const callee = fieldOf(call, 'function');
    const origin = callee && names.origin(callee);
    if (!origin || !/^torch\.optim\.[A-Z]\w*$/.test(origin)) return [];
    const assignment = call.parent?.type === 'assignment' ? call.parent : undefined;
    const left = assignment && fieldOf(assignment, 'left');
    return left ? [{ target: textOf(source, left), call, origin }] : [];
  });
}

const optimizerName = /(?:^|_)opti?m?(?:_?[a-z0-9]{1,3})?$|optimi[sz]er/i;

/** The steps of all optimizers in the file, in the order of the text; not those of schedulers and of environments. */
export function optimizerSteps(module: Module): readonly OptimizerStep[] {
  const { source } = module;
  const known = new Set(optimizerCreations(module).map(({ target }) => target));
  const isOptimizer = (text: string): boolean =>
    known.has(text) || (optimizerName.test(text.split('.').at(-1) ?? '') && !/sched/i.test(text));
  return callsIn(source.root).flatMap((call): OptimizerStep[] => {
    const callee = fieldOf(call, 'function');
    const object = callee?.type === 'attribute' ? fieldOf(callee, 'object') : undefined;
    const attribute = callee && fieldOf(callee, 'attribute');
    if (!object || !attribute || textOf(source, attribute) !== 'step') return [];
    const parent = call.parent;
    if (parent?.type !== 'expression_statement' && parent?.type !== 'assignment') return [];
    const receiver = textOf(source, object);
    const [first] = argumentsOf(source, call);
    const given = first && first.name === undefined ? textOf(source, first.value) : undefined;
    const place = { statement: statementOf(call), scope: functionAround(module, call) };
    if (/scaler/i.test(receiver) && given !== undefined && isName(given)) {
      return [{ ...place, optimizer: given, scaler: receiver, takesClosure: false }];
    }
    if (!isOptimizer(receiver) || !isName(receiver)) return [];
    return [
      { ...place, optimizer: receiver, scaler: undefined, takesClosure: given !== undefined },
    ];
  });
}

function isName(text: string): boolean {
  return /^[\w.]+$/.test(text);
}

/** Nodes of one function, without those of functions inside it. */
export function ownNodes(module: Module, scope: SyntaxNode): readonly SyntaxNode[] {
  return nodesIn(scope).filter((node) => functionAround(module, node) === scope);
}
