import { addedParts } from './addedModules';
import { bindArguments, follow, isTooDeep, withFrame } from './evaluate';
import type { Environment, Thunk } from './evaluate';
import { methodOf } from './methods';
import type { Module } from './module';
import { containerParts, deeper, join } from './moduleParts';
import type { ModulePart } from './moduleParts';
import { classOfSelf } from './selfAttributes';
import type { SyntaxNode } from './source';
import { argumentsOf, fieldOf, partsOf, textOf } from './syntax';
import { torchLayers } from './torchLayers';

/** Receives each layer that a visit meets. */
export interface Visitor {
  /** A layer at `path`; its arguments are those of `args`, which differs from `call` in a subclass of a layer. */
  layer(found: {
    readonly path: string;
    readonly callee: string;
    readonly call: SyntaxNode;
    readonly args: Thunk;
  }): void;
  /** Counts every step; false ends the visit, so that hostile nesting cannot go on for ever. */
  step(node: SyntaxNode): boolean;
  /** Classes and functions being visited: recursion in the model's code ends where it starts, as its depth is not known. */
  readonly open: Set<SyntaxNode>;
}

/** Methods and functions that give back the module they are handed. */
const passingMethods =
  /^(?:to|cuda|cpu|eval|train|half|float|double|bfloat16|requires_grad_|apply|share_memory|compile)$/;
const passingFunctions =
  /^torch\.(?:compile|nn\.DataParallel|nn\.parallel\.DistributedDataParallel|nn\.utils\.(?:parametrizations\.)?(?:weight_norm|spectral_norm|orthogonal)|jit\.script)$/;

/** Finds the layers of an expression that makes a module, with their paths below `path`. */
export function visitModule(module: Module, thunk: Thunk, path: string, visitor: Visitor): void {
  if (isTooDeep(thunk.env) || !visitor.step(thunk.node)) return;
  const value = follow(module, thunk.node, thunk.env);
  if (value === undefined || typeof value === 'number') return;
  const { node, env } = value;
  const visit = (inner: SyntaxNode | undefined): void => {
    if (inner) visitModule(module, { node: inner, env: deeper(env) }, path, visitor);
  };
  if (node.type === 'identifier') {
    for (const candidate of candidatesOf(module, value)) {
      visitModule(module, candidate, path, visitor);
    }
  } else if (node.type === 'conditional_expression') {
    const [whenTrue, , whenFalse] = partsOf(node);
    visit(whenTrue);
    visit(whenFalse);
  } else if (node.type === 'call') {
    visitCall(module, { node, env }, path, visitor);
  }
}

/** The values of a name that is assigned more than once (`downsample = None`, then a module in a branch). */
function candidatesOf({ source, names }: Module, { node, env }: Thunk): readonly Thunk[] {
  if (node.type !== 'identifier') return [];
  return names
    .lookup(textOf(source, node), node)
    .flatMap(({ kind, value }) =>
      kind === 'assignment' && value ? [{ node: value, env: deeper(env) }] : [],
    );
}

function visitCall(module: Module, thunk: Thunk, path: string, visitor: Visitor): void {
  const { source } = module;
  const { node: call, env } = thunk;
  const callee = fieldOf(call, 'function');
  if (!callee || !visitor.step(call)) return;
  const target = follow(module, callee, env);
  if (target === undefined || typeof target === 'number') return;
  const origin = originOfCallee(module, target);
  const args = argumentsOf(source, call);
  const first = args[0];

  if (origin !== undefined && torchLayers.has(origin)) {
    visitor.layer({ path, callee: origin, call, args: thunk });
  } else if (origin !== undefined && passingFunctions.test(origin)) {
    if (first) visitModule(module, { node: first.value, env: deeper(env) }, path, visitor);
  } else {
    const parts = origin === undefined ? undefined : containerParts(module, origin, thunk);
    if (parts) visitParts(module, parts, path, visitor);
    else visitOwn(module, target.node, thunk, path, visitor);
  }
}

/** Also of `norm_layer` after `if norm_layer is None: norm_layer = nn.BatchNorm2d`. */
function originOfCallee(module: Module, target: Thunk): string | undefined {
  const origin = module.names.origin(target.node);
  if (origin !== undefined || target.node.type !== 'identifier') return origin;
  const origins = new Set(
    candidatesOf(module, target).flatMap(({ node }) => module.names.origin(node) ?? []),
  );
  return origins.size === 1 ? [...origins][0] : undefined;
}

function visitParts(
  module: Module,
  parts: readonly ModulePart[],
  path: string,
  visitor: Visitor,
): void {
  for (const part of parts) visitModule(module, part.value, join(path, part.path), visitor);
}

/** Calls of the file's own classes, functions and methods, and of methods that give back their module. */
function visitOwn(
  module: Module,
  callee: SyntaxNode,
  { node: call, env }: Thunk,
  path: string,
  visitor: Visitor,
): void {
  const { source, names } = module;
  if (callee.type === 'identifier') {
    const [binding, ...others] = names.lookup(textOf(source, callee), callee);
    if (!binding || others.length > 0) return;
    if (binding.kind === 'class')
      visitClass(module, binding.node, { node: call, env }, path, visitor);
    if (binding.kind === 'function') {
      const frame = bindArguments(module, binding.node, { node: call, env }, 0);
      visitReturns(
        module,
        binding.node,
        withFrame(deeper(env), binding.node, frame),
        path,
        visitor,
      );
    }
    return;
  }
  const attribute = callee.type === 'attribute' ? fieldOf(callee, 'attribute') : undefined;
  const object = fieldOf(callee, 'object');
  if (!attribute || !object) return;
  const name = textOf(source, attribute);
  const owner = classOfSelf(source, callee);
  const method = owner && methodOf(module, owner, name);
  if (method) {
    const frame = bindArguments(module, method, { node: call, env }, 1);
    visitReturns(module, method, withFrame(deeper(env), method, frame), path, visitor);
  } else if (passingMethods.test(name)) {
    visitModule(module, { node: object, env: deeper(env) }, path, visitor);
  }
}

function visitReturns(
  module: Module,
  definition: SyntaxNode,
  env: Environment,
  path: string,
  visitor: Visitor,
): void {
  if (visitor.open.has(definition)) return;
  visitor.open.add(definition);
  for (const node of module.returnsOf(definition)) {
    const value = partsOf(node)[0];
    if (value) visitModule(module, { node: value, env }, path, visitor);
  }
  visitor.open.delete(definition);
}

/** The layers that an instance of a class of this file has. Where the thunk is no call, its arguments are unknown. */
export function visitClass(
  module: Module,
  definition: SyntaxNode,
  call: Thunk,
  path: string,
  visitor: Visitor,
): void {
  const { source } = module;
  const outer = call.env;
  if (isTooDeep(outer) || visitor.open.has(definition) || !visitor.step(definition)) return;
  visitor.open.add(definition);
  const init = methodOf(module, definition, '__init__');
  const isCall = call.node.type === 'call';
  const frame =
    init && isCall ? bindArguments(module, init, call, 1) : new Map<string, undefined>();
  const env: Environment = init
    ? { frames: new Map([[init, frame]]), depth: outer.depth + 1 }
    : { frames: new Map(), depth: outer.depth + 1 };

  const own = module.attributes.of(definition);
  for (const [name, values] of own) {
    for (const value of values) {
      visitModule(module, { node: value, env }, join(path, name), visitor);
    }
  }
  for (const added of module.actionsIn(definition)) {
    visitParts(module, addedParts(module, added, { definition, env }), path, visitor);
  }

  for (const base of partsOf(fieldOf(definition, 'superclasses') ?? definition).slice(0, 8)) {
    if (base.type !== 'identifier' && base.type !== 'attribute') continue;
    const origin = module.names.origin(base);
    const superCall = origin && init && superInit(module, init);
    if (superCall) visitBase(module, origin, { superCall, env, call, path }, visitor);
    const [binding] =
      base.type === 'identifier' ? module.names.lookup(textOf(source, base), base) : [];
    if (binding?.kind === 'class' && binding.node !== definition) {
      // Without an __init__ of its own a class hands its arguments on.
      const inner = init && superInit(module, init);
      const parent = inner
        ? { node: inner, env }
        : { node: init ? base : call.node, env: { ...call.env, depth: env.depth } };
      visitClass(module, binding.node, parent, path, visitor);
    }
  }
  visitor.open.delete(definition);
}

/** A subclass of `nn.Sequential` or of a layer hands its parts to `super().__init__(…)`. */
function visitBase(
  module: Module,
  origin: string,
  at: {
    readonly superCall: SyntaxNode;
    readonly env: Environment;
    readonly call: Thunk;
    readonly path: string;
  },
  visitor: Visitor,
): void {
  const { superCall, env, call, path } = at;
  if (torchLayers.has(origin)) {
    const node = call.node.type === 'call' ? call.node : superCall;
    visitor.layer({ path, callee: origin, call: node, args: { node: superCall, env } });
  } else {
    const parts = containerParts(module, origin, { node: superCall, env }) ?? [];
    visitParts(module, parts, path, visitor);
  }
}

function superInit(module: Module, init: SyntaxNode): SyntaxNode | undefined {
  return module.actionsIn(init).find((call) => {
    const callee = fieldOf(call, 'function');
    return callee && /^super\([^()]*\)\.__init__$/.test(textOf(module.source, callee));
  });
}
