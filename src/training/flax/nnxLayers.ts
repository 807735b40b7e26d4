import { bindArguments, emptyEnvironment, follow, isTooDeep, withFrame } from '../evaluate';
import type { Thunk } from '../evaluate';
import { readLayerArguments } from '../layerArguments';
import type { Module } from '../module';
import { itemOrSplat, itemsOf, namedItemsOf } from '../sequences';
import type { Item } from '../sequences';
import { argumentsOf, enclosing, fieldOf } from '../syntax';
import { deeper, join } from '../moduleParts';
import { flaxLayers } from './layerTable';
import { classOfCall, instancesOf, isInClass } from './modelClasses';
import type { ModelClass } from './modelClasses';
import type { SiteCollector } from './siteCollector';

/**
 * Layers of NNX modules by the attributes that hold them, which are their names in a checkpoint. Models are the classes
 * that no other class uses; then whatever these have not reached.
 */
export function visitNnx(
  module: Module,
  classes: readonly ModelClass[],
  collector: SiteCollector,
): void {
  const visit: Visit = { module, classes, collector, open: new Set() };
  const instances = new Map(classes.map((one) => [one, instancesOf(module, one)]));
  const roots = classes.filter((one) => !(instances.get(one) ?? []).some(isInClass));
  for (const root of [...roots, ...classes.filter((one) => !roots.includes(one))]) {
    if (!roots.includes(root) && isReached(visit, root)) continue;
    const calls = (instances.get(root) ?? []).filter((call) => !isInClass(call));
    const thunks = calls.length > 0 ? calls : [root.definition];
    for (const node of thunks) visitClass(visit, root, { node, env: emptyEnvironment }, '');
  }
  visitOutside(visit);
}

interface Visit {
  readonly module: Module;
  readonly classes: readonly ModelClass[];
  readonly collector: SiteCollector;
  /** Classes being visited: a model that holds itself ends where it starts. */
  readonly open: Set<ModelClass>;
}

/** Whether a layer that the class makes has been met. */
function isReached({ module, collector }: Visit, { definition }: ModelClass): boolean {
  return module.actionsIn(definition).some((call) => collector.has(call));
}

function visitValue(visit: Visit, thunk: Thunk, path: string): void {
  const { module, classes, collector } = visit;
  if (isTooDeep(thunk.env) || !collector.step()) return;
  const value = follow(module, thunk.node, thunk.env);
  if (value === undefined || typeof value === 'number') return;
  const { node, env } = value;
  if (/^(?:list|tuple|list_comprehension)$/.test(node.type)) {
    visitItems(visit, itemsOf(module, node, deeper(env)), path);
    return;
  }
  if (node.type === 'dictionary') visitNamed(visit, value, path);
  const callee = node.type === 'call' ? fieldOf(node, 'function') : undefined;
  if (!callee) return;
  const origin = module.names.origin(callee);
  const read = flaxLayers.get(origin ?? '');
  if (origin !== undefined && read) {
    const shapes = read(readLayerArguments(module, value));
    collector.add(node, origin, { path, shapes });
    return;
  }
  const args = argumentsOf(module.source, node);
  const first = args[0]?.value;
  switch (origin) {
    case 'flax.nnx.List':
      if (first) visitItems(visit, itemsOf(module, first, deeper(env)), path);
      return;
    case 'flax.nnx.Dict':
      visitNamed(visit, value, path);
      return;
    case 'flax.nnx.Sequential': {
      const positional = args.filter(({ name }) => name === undefined);
      const items = positional.flatMap((part) => itemOrSplat(module, part.node, deeper(env)));
      visitItems(visit, items, join(path, 'layers'));
      return;
    }
    default:
  }
  const own = classOfCall(module, node, classes);
  if (own) visitClass(visit, own, value, path);
}

function visitItems(visit: Visit, items: readonly Item[], path: string): void {
  const firstOpen = items.findIndex(({ isOpen }) => isOpen);
  items.forEach(({ value }, index) => {
    if (value === undefined || typeof value === 'number') return;
    const isOpen = firstOpen !== -1 && index >= firstOpen;
    visitValue(visit, value, join(path, isOpen ? '*' : `${index}`));
  });
}

function visitNamed(visit: Visit, thunk: Thunk, path: string): void {
  for (const [name, value] of namedItemsOf(visit.module, thunk.node, deeper(thunk.env))) {
    visitValue(visit, value, join(path, name));
  }
}

function visitClass(visit: Visit, own: ModelClass, call: Thunk, path: string): void {
  const { module, collector, open } = visit;
  if (open.has(own) || isTooDeep(call.env)) return;
  const init = own.method('__init__');
  const frame = init && bindArguments(module, init, call, 1);
  const env = init && frame ? withFrame(call.env, init, frame) : deeper(call.env);
  open.add(own);
  const read = flaxLayers.get(own.layer ?? '');
  if (own.layer !== undefined && read && call.node.type === 'call') {
    collector.add(call.node, own.layer, { path, shapes: read(readLayerArguments(module, call)) });
  }
  for (const [name, values] of module.attributes.of(own.definition)) {
    for (const node of values) visitValue(visit, { node, env }, join(path, name));
  }
  open.delete(own);
}

/** `model = nnx.Sequential(…)` at module level or in a function. */
function visitOutside(visit: Visit): void {
  const { module, collector } = visit;
  for (const call of module.actionsIn(module.source.root)) {
    const callee = call.type === 'call' ? fieldOf(call, 'function') : undefined;
    const origin = callee && module.names.origin(callee);
    if (!origin?.startsWith('flax.nnx.') || isInClass(call) || collector.has(call)) continue;
    const isPart = enclosing(call, 'argument_list', 'list') !== undefined && !isSequential(origin);
    if (!isPart) visitValue(visit, { node: call, env: emptyEnvironment }, '');
  }
}

function isSequential(origin: string): boolean {
  return origin === 'flax.nnx.Sequential';
}
