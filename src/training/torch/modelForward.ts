import type { Module } from '../module';
import type { SyntaxNode } from '../source';
import { classOfSelf } from '../selfAttributes';
import { argumentsOf, fieldOf, nodesIn, partsOf, textOf, unwrapped } from '../syntax';
import type { Chain, Operation } from './modelChains';
import { attributeValue, isModuleClass, methodOf } from './modelClass';
import { madeLayer } from './modelLayer';
import { kindOfMethod, kindOfOrigin } from './modelOperations';

/** What a name holds between two assignments. */
interface Version {
  readonly isInput: boolean;
  /** The step that made it. */
  readonly step: Step | undefined;
  uses: number;
}

/** One statement of `forward`: what it starts from, and what it does to that. */
interface Step {
  readonly input: Version | undefined;
  readonly operations: readonly Operation[];
  isReturned: boolean;
}

/**
 * The chains of a class's `forward`. Only its straight lines count: what a branch or a loop touches begins a chain of its own, as
 * does a value that is used more than once.
 */
export function forwardChains(module: Module, definition: SyntaxNode): readonly Chain[] {
  if (!isModuleClass(module, definition)) return [];
  const forward = methodOf(module, definition, 'forward');
  const body = forward && fieldOf(forward, 'body');
  if (!forward || !body || forward.hasError) return [];
  const steps = readSteps(module, forward, body);
  const isLinked = (step: Step): boolean => step.input?.uses === 1 && !step.input.isInput;
  const continued = new Set(steps.filter(isLinked).map(({ input }) => input?.step));
  return steps
    .filter((step) => !continued.has(step))
    .map((last): Chain => {
      const parts: Step[] = [last];
      let first = last;
      while (isLinked(first) && first.input?.step) {
        first = first.input.step;
        parts.unshift(first);
      }
      return {
        kind: 'forward',
        owner: definition,
        operations: parts.flatMap(({ operations }) => operations),
        list: undefined,
        startsAtInput: first.input?.isInput === true,
        isReturned: last.isReturned,
      };
    })
    .filter(({ operations }) => operations.length > 0);
}

function readSteps(module: Module, forward: SyntaxNode, body: SyntaxNode): readonly Step[] {
  const { source } = module;
  const versions = new Map<string, Version>();
  const steps: Step[] = [];
  const input = partsOf(fieldOf(forward, 'parameters') ?? forward)[1];
  const inputName = input && (input.type === 'identifier' ? input : partsOf(input)[0]);
  if (inputName?.type === 'identifier') {
    versions.set(textOf(source, inputName), { isInput: true, step: undefined, uses: 0 });
  }
  const countReads = (node: SyntaxNode, weight: number): void => {
    for (const inner of nodesIn(node)) {
      if (inner.type !== 'identifier' || inner.field === 'attribute') continue;
      const version = versions.get(textOf(source, inner));
      if (version) version.uses += weight;
    }
  };
  const addStep = (value: SyntaxNode): Step => {
    countReads(value, 1);
    const { name, operations } = operationsOf(module, value);
    const version = name === undefined ? undefined : versions.get(name);
    const step: Step = { input: version, operations, isReturned: false };
    steps.push(step);
    return step;
  };

  for (const statement of partsOf(body)) {
    const inner = statement.type === 'expression_statement' ? partsOf(statement)[0] : undefined;
    const left = inner?.type === 'assignment' ? fieldOf(inner, 'left') : undefined;
    const right = inner && fieldOf(inner, 'right');
    if (left?.type === 'identifier' && right && right.type !== 'assignment') {
      const step = addStep(right);
      versions.set(textOf(source, left), { isInput: false, step, uses: 0 });
    } else if (statement.type === 'return_statement') {
      const value = partsOf(statement)[0];
      if (value) addStep(value).isReturned = true;
    } else {
      // A branch, a loop, a tuple of targets: how often and whether this runs is not known.
      countReads(statement, 2);
      for (const name of boundNames(module, statement)) versions.delete(name);
    }
  }
  return steps;
}

function boundNames({ source }: Module, statement: SyntaxNode): readonly string[] {
  return nodesIn(statement).flatMap((node) => {
    const left = /^(?:assignment|augmented_assignment|for_statement)$/.test(node.type)
      ? fieldOf(node, 'left')
      : node.type === 'named_expression'
        ? fieldOf(node, 'name')
        : undefined;
    return left
      ? nodesIn(left).flatMap((part) => (part.type === 'identifier' ? [textOf(source, part)] : []))
      : [];
  });
}

/** `self.pool(F.relu(self.conv1(x)))` is conv1, relu, pool on `x`. */
function operationsOf(
  module: Module,
  expression: SyntaxNode,
): { readonly name: string | undefined; readonly operations: readonly Operation[] } {
  const operations: Operation[] = [];
  let node = unwrapped(expression);
  for (;;) {
    if (node.type === 'identifier') return { name: textOf(module.source, node), operations };
    const step = node.type === 'call' ? operationOf(module, node) : undefined;
    operations.unshift(step?.operation ?? unknown(node));
    if (!step?.input) return { name: undefined, operations };
    node = unwrapped(step.input);
  }
}

function unknown(place: SyntaxNode): Operation {
  return { kind: 'other', origin: '', place, made: undefined, attribute: undefined };
}

function operationOf(
  module: Module,
  call: SyntaxNode,
): { readonly operation: Operation; readonly input: SyntaxNode | undefined } | undefined {
  const { source, names } = module;
  const callee = fieldOf(call, 'function');
  if (!callee) return undefined;
  const [first] = argumentsOf(source, call);
  const input = first && !first.isSplat && first.name === undefined ? first.value : undefined;
  const owner = callee.type === 'attribute' ? classOfSelf(source, callee) : undefined;
  const attribute = fieldOf(callee, 'attribute');
  if (owner && attribute) {
    const name = textOf(source, attribute);
    const value = attributeValue(module, owner, name);
    const made = value?.type === 'call' ? madeLayer(module, value) : undefined;
    const { kind, origin } = made ?? { kind: 'other', origin: '' };
    return {
      operation: { kind, origin, place: call, made: made?.call, attribute: name },
      input: argumentsOf(source, call).length === 1 ? input : undefined,
    };
  }
  const origin = names.origin(callee);
  if (origin !== undefined) {
    const kind = kindOfOrigin(origin);
    const operation = { kind, origin, place: call, made: call, attribute: undefined };
    return { operation, input: kind === 'other' ? undefined : input };
  }
  const object = fieldOf(callee, 'object');
  if (!attribute || !object) return undefined;
  const method = textOf(source, attribute);
  const kind = kindOfMethod(method);
  const operation = { kind, origin: method, place: call, made: call, attribute: undefined };
  return { operation, input: kind === 'other' ? undefined : object };
}
