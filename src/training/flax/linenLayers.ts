import { elementsOf, emptyEnvironment } from '../evaluate';
import type { ShapePattern } from '../definition';
import type { Module } from '../module';
import type { SyntaxNode } from '../source';
import { argumentsOf, argumentValue, fieldOf, partsOf, textOf } from '../syntax';
import { join } from '../moduleParts';
import { readConstructions } from './linenConstructions';
import { integerIn } from './linenFields';
import type { Fields } from './linenFields';
import { flaxLayers } from './layerTable';
import type { LayerShapes } from './layerTable';
import { classOfCall, instancesOf, isCompact, isInClass } from './modelClasses';
import type { ModelClass } from './modelClasses';
import type { SiteCollector } from './siteCollector';

/**
 * Layers of Linen modules. In a compact method their names are given (`name="conv1"`) or counted by class in the order in
 * which they are made (`Dense_0`, `Dense_1`); in `setup` they are those of the attributes.
 */
export function visitLinen(
  module: Module,
  classes: readonly ModelClass[],
  collector: SiteCollector,
): void {
  const visit: Visit = { module, classes, collector, open: new Set() };
  const instances = new Map(classes.map((one) => [one, instancesOf(module, one)]));
  const roots = classes.filter((one) => !(instances.get(one) ?? []).some(isInClass));
  for (const root of [...roots, ...classes.filter((one) => !roots.includes(one))]) {
    const isReached = module.actionsIn(root.definition).some((call) => collector.has(call));
    if (!roots.includes(root) && isReached) continue;
    const calls = (instances.get(root) ?? []).filter((call) => !isInClass(call));
    for (const call of calls) visitClass(visit, root, fieldsOf(module, root, call, new Map()), '');
    if (calls.length === 0)
      visitClass(visit, root, fieldsOf(module, root, undefined, new Map()), '');
  }
}

interface Visit {
  readonly module: Module;
  readonly classes: readonly ModelClass[];
  readonly collector: SiteCollector;
  readonly open: Set<ModelClass>;
}

function visitClass(visit: Visit, own: ModelClass, fields: Fields, path: string): void {
  const { module, open } = visit;
  if (open.has(own) || open.size > 20) return;
  open.add(own);
  const methods = ['__call__', 'setup'].flatMap((name) => own.method(name) ?? []);
  for (const method of methods) {
    if (isCompact(module, method)) {
      const made = readConstructions(module, method, visit.classes, fields);
      for (const { call, name, locals } of made) {
        visitCall(visit, call, new Map([...fields, ...locals]), join(path, name));
      }
    }
  }
  visitSetup(visit, own, fields, path);
  open.delete(own);
}

/** `self.dense = nn.Dense(4)` → `dense`, `self.layers = [nn.Dense(4), …]` → `layers_0`, … */
function visitSetup(visit: Visit, own: ModelClass, fields: Fields, path: string): void {
  const { module } = visit;
  for (const [name, values] of module.attributes.of(own.definition)) {
    for (const value of values) {
      if (value.type === 'list' || value.type === 'tuple') {
        partsOf(value).forEach((part, index) => {
          visitCall(visit, part, fields, join(path, `${name}_${index}`));
        });
      } else if (value.type === 'list_comprehension') {
        const [body] = partsOf(value);
        if (body) visitCall(visit, body, fields, join(path, `${name}_*`));
      } else {
        visitCall(visit, value, fields, join(path, name));
      }
    }
  }
}

function visitCall(visit: Visit, call: SyntaxNode, fields: Fields, path: string): void {
  const { module, classes, collector } = visit;
  const callee = call.type === 'call' ? fieldOf(call, 'function') : undefined;
  if (!callee || !collector.step()) return;
  const origin = module.names.origin(callee);
  if (origin !== undefined && flaxLayers.has(origin)) {
    collector.add(call, origin, { path, shapes: shapesOf(module, origin, call, fields) });
    return;
  }
  const own = classOfCall(module, call, classes);
  if (!own) return;
  if (own.layer !== undefined) {
    collector.add(call, own.layer, { path, shapes: shapesOf(module, own.layer, call, fields) });
  }
  visitClass(visit, own, fieldsOf(module, own, call, fields), path);
}

function shapesOf(module: Module, origin: string, call: SyntaxNode, fields: Fields): LayerShapes {
  const args = argumentsOf(module.source, call);
  const integer = (name: string, position: number): number | undefined => {
    const value = argumentValue(args, name, position);
    return value && integerIn(module, value, fields);
  };
  const shape = (name: string, position: number): ShapePattern | undefined => {
    const value = argumentValue(args, name, position);
    const elements = value && elementsOf(module, value, emptyEnvironment);
    if (elements) {
      return elements.map((element) =>
        element === undefined || typeof element === 'number'
          ? element
          : integerIn(module, element.node, fields),
      );
    }
    const size = value && integerIn(module, value, fields);
    return size === undefined ? undefined : [size];
  };
  const has = (name: string, position: number): boolean =>
    argumentValue(args, name, position) !== undefined || args.some(({ isSplat }) => isSplat);
  return flaxLayers.get(origin)?.({ integer, shape, has }) ?? {};
}

/** Fields of a dataclass in the order of its body, from the arguments of a call or else their defaults. */
function fieldsOf(
  module: Module,
  { definition }: ModelClass,
  call: SyntaxNode | undefined,
  outer: Fields,
): Fields {
  const { source } = module;
  const args = call ? argumentsOf(source, call) : [];
  const fields = new Map<string, number | undefined>();
  let position = 0;
  for (const statement of partsOf(fieldOf(definition, 'body') ?? definition)) {
    const assignment =
      statement.type === 'expression_statement' ? partsOf(statement)[0] : undefined;
    const left = assignment?.type === 'assignment' ? fieldOf(assignment, 'left') : undefined;
    if (!assignment || left?.type !== 'identifier' || !fieldOf(assignment, 'type')) continue;
    const name = textOf(source, left);
    const given = argumentValue(args, name, position++);
    const fallback = fieldOf(assignment, 'right');
    const value = given ?? fallback;
    fields.set(name, value && integerIn(module, value, given ? outer : new Map()));
  }
  return fields;
}
