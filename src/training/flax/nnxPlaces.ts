import type { Module } from '../module';
import type { SyntaxNode } from '../source';
import { argumentsOf, enclosing, fieldOf, nodesIn, partsOf, textOf } from '../syntax';
import { activatedBy } from './activations';
import { modelClassesOf } from './modelClasses';
import type { ModelClass } from './modelClasses';
import { originOf } from './optimizers';
import { assignmentOf, neighbour } from './statements';

/** An NNX module whose layers are made in `__init__` and called in `__call__`. */
export interface NnxModel {
  readonly own: ModelClass;
  readonly init: SyntaxNode;
  readonly call: SyntaxNode;
  /** The parameter of `__init__` that holds the random streams. */
  readonly rngs: string;
  /** The last statement of `__init__` that sets an attribute, on its own level. */
  readonly lastAttribute: SyntaxNode;
}

/** Modules to which a layer with random streams can be added, in the order of the text. */
export function nnxModelsOf(module: Module): readonly NnxModel[] {
  const { source } = module;
  return modelClassesOf(module).flatMap((own) => {
    if (own.api !== 'nnx' || own.layer !== undefined) return [];
    const [init, call] = [own.method('__init__'), own.method('__call__')];
    if (!init || !call) return [];
    const rngs = rngsOf(module, init);
    const body = fieldOf(init, 'body');
    const lastAttribute = (body ? partsOf(body) : []).findLast((statement) => {
      const node = statement.type === 'expression_statement' ? partsOf(statement)[0] : undefined;
      const left = node?.type === 'assignment' ? fieldOf(node, 'left') : undefined;
      return left?.type === 'attribute' && /^self\s*\.\s*\w+$/.test(textOf(source, left));
    });
    return rngs !== undefined && lastAttribute ? [{ own, init, call, rngs, lastAttribute }] : [];
  });
}

function rngsOf({ source }: Module, init: SyntaxNode): string | undefined {
  const parameters = fieldOf(init, 'parameters');
  for (const parameter of parameters ? partsOf(parameters) : []) {
    const name =
      parameter.type === 'identifier'
        ? parameter
        : (fieldOf(parameter, 'name') ?? partsOf(parameter)[0]);
    if (name?.type !== 'identifier') continue;
    const isRngs = textOf(source, name) === 'rngs' || /\bRngs\b/.test(textOf(source, parameter));
    if (isRngs) return textOf(source, name);
  }
  return undefined;
}

/** A layer whose output goes through an activation. */
export interface HiddenLayer {
  readonly model: NnxModel;
  /** Attribute that holds it: `fc1` of `self.fc1`. */
  readonly attribute: string;
  /** Dotted origin and call of its construction: `nnx.Linear(64, 64, rngs=rngs)`. */
  readonly origin: string;
  readonly construction: SyntaxNode;
  /** `self.fc1(x)` in `__call__`. */
  readonly use: SyntaxNode;
  /** The statement `x = relu(…)` that sets a plain name to the activation; undefined where it is another. */
  readonly activated: { readonly statement: SyntaxNode; readonly target: string } | undefined;
  /** What the activation is given beside the layer's own call: a norm around it, or after it. */
  readonly isNormalized: boolean;
}

/** Linear layers and convolutions of a model that are followed by an activation, in the order of their use. */
export function hiddenLayersOf(module: Module, model: NnxModel): readonly HiddenLayer[] {
  const { source } = module;
  const found: HiddenLayer[] = [];
  for (const call of nodesIn(model.call)) {
    if (call.type !== 'call') continue;
    let inner = activatedBy(module, call);
    if (!inner) continue;
    let isNormalized = false;
    let before = enclosing(call, 'expression_statement', 'return_statement');
    // relu(self.norm(self.fc(x))), or x = self.fc(x); x = self.norm(x); x = relu(x)
    for (let depth = 0; depth < 4 && inner; depth++) {
      const attribute = calledAttribute(module, inner);
      const layer = attribute === undefined ? undefined : constructionOf(module, model, attribute);
      if (attribute !== undefined && layer) {
        const activated = activatedIn(module, call);
        found.push({ model, attribute, ...layer, use: inner, activated, isNormalized });
        break;
      }
      if (attribute !== undefined) {
        if (!isNorm(module, model, attribute)) break;
        isNormalized = true;
        inner = argumentsOf(source, inner)[0]?.value;
      } else if (inner.type === 'identifier' && before) {
        const previous = neighbour(before, -1);
        const assignment = previous && assignmentOf(previous);
        if (!assignment || textOf(source, assignment.target) !== textOf(source, inner)) break;
        before = previous;
        inner = assignment.value;
      } else break;
    }
  }
  return found;
}

/** `fc1` of `self.fc1(x)`. */
export function calledAttribute({ source }: Module, node: SyntaxNode): string | undefined {
  const callee = node.type === 'call' ? fieldOf(node, 'function') : undefined;
  const object = callee?.type === 'attribute' ? fieldOf(callee, 'object') : undefined;
  const attribute = callee && fieldOf(callee, 'attribute');
  return object && attribute && textOf(source, object) === 'self'
    ? textOf(source, attribute)
    : undefined;
}

function constructionOf(
  module: Module,
  { own }: NnxModel,
  attribute: string,
): { readonly origin: string; readonly construction: SyntaxNode } | undefined {
  const [construction, ...others] = module.attributes.of(own.definition).get(attribute) ?? [];
  const origin = construction && originOf(module, construction);
  const isLayer = origin === 'flax.nnx.Linear' || origin === 'flax.nnx.Conv';
  return construction && isLayer && others.length === 0 ? { origin, construction } : undefined;
}

function isNorm(module: Module, { own }: NnxModel, attribute: string): boolean {
  const [value] = module.attributes.of(own.definition).get(attribute) ?? [];
  return value !== undefined && /\.\w*Norm$/.test(originOf(module, value) ?? '');
}

function activatedIn(module: Module, call: SyntaxNode): HiddenLayer['activated'] {
  const statement = enclosing(call, 'expression_statement');
  const assignment = statement && assignmentOf(statement);
  return assignment?.value === call
    ? { statement: assignment.statement, target: textOf(module.source, assignment.target) }
    : undefined;
}

/** A name for a new attribute that neither the class nor its code uses. */
export function freeAttribute(module: Module, { own }: NnxModel, wanted: string): string {
  const used = new Set(
    nodesIn(own.definition)
      .filter(({ type }) => type === 'identifier')
      .map((node) => textOf(module.source, node)),
  );
  let name = wanted;
  for (let count = 2; used.has(name); count++) name = `${wanted}${count}`;
  return name;
}
