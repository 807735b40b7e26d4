import type { Module } from '../module';
import type { SyntaxNode } from '../source';
import {
  argumentsOf,
  argumentValue,
  callsIn,
  callsWritten,
  enclosing,
  fieldOf,
  partsOf,
  textOf,
} from '../syntax';
import { modelsOf } from '../recipes/torch/parameterGroups';
import { optimizerCreations, ownNodes } from './optimizerSteps';
import type { OptimizerCreation, OptimizerStep } from './optimizerSteps';

/** The optimizer behind a step, and the models that it changes, as the code around the step would write them. */
export interface Optimized {
  /** `torch.optim.SGD`, where its creation is in the file. */
  readonly origin: string | undefined;
  readonly models: readonly string[];
}

/** What the optimizer of a step optimizes. */
export function optimizedBy(module: Module, step: OptimizerStep): Optimized {
  const { source } = module;
  const creations = optimizerCreations(module).filter((creation) => isSeen(module, creation, step));
  const origins = new Set(creations.map(({ origin }) => origin));
  const origin = origins.size === 1 ? [...origins][0] : undefined;
  for (const { call } of creations) {
    const params = argumentValue(argumentsOf(source, call), 'params', 0);
    const models = params && modelsGiven(module, params, 0);
    const visible = models?.map((model) => visibleAs(module, model, call, step));
    if (visible?.every((model) => model !== undefined)) return { origin, models: visible };
  }
  const trained = trainedIn(module, step.scope) ?? calledIn(module, step.scope);
  return { origin, models: trained === undefined ? [] : [trained] };
}

/** Whether the step may be of this optimizer: same name, in the same class if it is an attribute. */
function isSeen(
  module: Module,
  { target, call }: OptimizerCreation,
  { optimizer, statement }: OptimizerStep,
): boolean {
  if (target !== optimizer) return false;
  if (target.startsWith('self.')) return classOf(call) === classOf(statement);
  const [binding] = module.names.lookup(target, statement);
  // A parameter: whoever calls the function may have made it.
  return binding === undefined || binding.kind === 'parameter' || isBoundBy(binding.node, call)
    ? true
    : module.names.lookup(target, statement).some(({ node }) => isBoundBy(node, call));
}

function isBoundBy(binding: SyntaxNode, call: SyntaxNode): boolean {
  return binding.start <= call.start && call.end <= binding.end;
}

function classOf(node: SyntaxNode): SyntaxNode | undefined {
  return enclosing(node, 'class_definition');
}

/** The models whose parameters an expression holds: groups of all kinds, and names of them. */
function modelsGiven(
  module: Module,
  value: SyntaxNode,
  depth: number,
): readonly string[] | undefined {
  const { source, names } = module;
  const plain = modelsOf(source, names, value);
  if (plain) return plain;
  if (value.type === 'identifier' && depth < 3) {
    const [binding, ...others] = names.lookup(textOf(source, value), value);
    const bound = others.length === 0 ? binding?.value : undefined;
    return bound && modelsGiven(module, bound, depth + 1);
  }
  const found = new Set<string>();
  for (const call of callsIn(value)) {
    const callee = fieldOf(call, 'function');
    const name = callee && textOf(source, callee);
    if (callee?.type === 'attribute' && /\.(?:named_)?parameters$/.test(name ?? '')) {
      const object = fieldOf(callee, 'object');
      if (object) found.add(textOf(source, object));
    } else if (/^decay_param_groups\w*$/.test(name ?? '')) {
      const [first] = argumentsOf(source, call);
      if (first) found.add(textOf(source, first.value));
    }
  }
  const models = [...found];
  if (models.length === 0 || models.some((model) => !isPath(model))) return undefined;
  const owner = models.length > 1 ? commonOwner(models) : undefined;
  return owner === undefined ? models : [owner];
}

/** `net`, `self.net.head`, `self.layers[0]`. */
function isPath(text: string): boolean {
  return /^\w+(?:\.\w+|\[\w+\])*$/.test(text);
}

/** The model of which several are parts: `model` of `model.body` and `model.head`. */
function commonOwner(models: readonly string[]): string | undefined {
  const [first = [], ...others] = models.map((model) => model.match(/\w+|\.|\[|\]/g) ?? []);
  let length = 0;
  while (length < first.length && others.every((parts) => parts[length] === first[length]))
    length++;
  const path = first
    .slice(0, length)
    .join('')
    .replace(/[.[]+$/, '');
  return path === '' || path === 'self' || !isPath(path) ? undefined : path;
}

/** The name of a model where the step stands; undefined where it has none there. */
function visibleAs(
  module: Module,
  model: string,
  creation: SyntaxNode,
  { statement, scope, optimizer }: OptimizerStep,
): string | undefined {
  const { names } = module;
  const root = /^\w+/.exec(model)?.[0] ?? model;
  if (root === 'self') return classOf(creation) === classOf(statement) ? model : undefined;
  if (scope.type === 'function_definition') {
    const handed = handedAs(module, scope, { model, optimizer });
    if (handed !== undefined) return handed;
  }
  const [binding] = names.lookup(root, statement);
  return binding && binding.kind !== 'import' ? model : undefined;
}

/** The parameter through which a function gets the model, where every call that hands the optimizer over says so. */
function handedAs(
  { source }: Module,
  definition: SyntaxNode,
  { model, optimizer }: { readonly model: string; readonly optimizer: string },
): string | undefined {
  const name = fieldOf(definition, 'name');
  const list = fieldOf(definition, 'parameters');
  if (!name || !list) return undefined;
  const parameters = partsOf(list).map((parameter) =>
    textOf(source, fieldOf(parameter, 'name') ?? partsOf(parameter)[0] ?? parameter),
  );
  const found = new Set<string | undefined>();
  for (const call of callsWritten(source, textOf(source, name))) {
    const args = argumentsOf(source, call);
    if (args.some(({ isSplat }) => isSplat)) return undefined;
    const texts = args.map(({ value }) => textOf(source, value));
    if (!texts.includes(optimizer)) continue;
    const index = texts.indexOf(model);
    found.add(index === -1 ? undefined : (args[index]?.name ?? parameters[index]));
  }
  return found.size === 1 ? [...found][0] : undefined;
}

/** The one model that a function puts into training mode: `model.train()`. */
function trainedIn({ source }: Module, scope: SyntaxNode): string | undefined {
  const found = new Set<string>();
  for (const call of callsIn(scope)) {
    const callee = fieldOf(call, 'function');
    const match = callee && /^((?:self\.)?\w+)\.train$/.exec(textOf(source, callee));
    if (match?.[1] !== undefined) found.add(match[1]);
  }
  const [model, ...others] = found;
  return others.length === 0 ? model : undefined;
}

/** The one model that a function calls by a name that says so: `self.model(source)`. */
function calledIn(module: Module, scope: SyntaxNode): string | undefined {
  const found = new Set<string>();
  for (const node of ownNodes(module, scope)) {
    const callee = node.type === 'call' ? fieldOf(node, 'function') : undefined;
    const match =
      callee && /^(?:self\.)?(?:model|net|network)$/.exec(textOf(module.source, callee));
    if (match) found.add(match[0]);
  }
  const [model, ...others] = found;
  return others.length === 0 ? model : undefined;
}
