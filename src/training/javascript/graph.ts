import { remembered } from '../remember';
import type { SyntaxNode } from '../source';
import { fieldOf, nodesIn, partsOf, textOf } from '../syntax';
import { excludesLater } from './branches';
import { layerAt, layersIn } from './layers';
import type { Layer } from './layers';
import type { JavaScriptModule } from './module';
import { follow } from './numbers';
import { argumentsOf, bare, callsIn, methodOf, propertyOf, statementOf, wrapped } from './syntax';

/** A layer at its place in a model. */
export interface PlacedLayer {
  readonly layer: Layer;
  /** `model.add(layer)` as a statement, an element of `layers: […]`, or `layer.apply(x)`. */
  readonly kind: 'add' | 'element' | 'apply';
  /** The statement, the element, or the call of apply. */
  readonly anchor: SyntaxNode;
  /** What the layer belongs to, in the code's own words: `model.add`. Of `add` only. */
  readonly method?: string;
  /** The layers that come after it, as far as that is known; empty for an output. */
  readonly following: () => readonly PlacedLayer[];
}

/** Layers whose place in a model is plain, in the order of the text. */
export function placedLayers(module: JavaScriptModule): readonly PlacedLayer[] {
  const known = shared.get(module);
  if (known) return known;
  const placed = [...sequentialLayers(module), ...appliedLayers(module)].sort(
    (a, b) => a.layer.call.start - b.layer.call.start,
  );
  shared.set(module, placed);
  return placed;
}

const shared = new WeakMap<JavaScriptModule, readonly PlacedLayer[]>();

/** Layers that are followed through a functional model. */
const maxFollowing = 64;

function sequentialLayers(module: JavaScriptModule): readonly PlacedLayer[] {
  const sequences = new Map<SyntaxNode, Omit<PlacedLayer, 'following'>[]>();
  const sequenceOf = (key: SyntaxNode): Omit<PlacedLayer, 'following'>[] => {
    const sequence = sequences.get(key) ?? [];
    sequences.set(key, sequence);
    return sequence;
  };
  for (const call of callsIn(module.source.root)) {
    const list = sequentialList(module, call);
    if (list) {
      const sequence = sequenceOf(modelOfValue(call));
      for (const element of partsOf(list)) {
        const layer = layerAt(module, element);
        sequence.push({ layer: layer ?? unknown(element), kind: 'element', anchor: element });
      }
    }
    const method = methodOf(module.source, call);
    const [argument, ...others] = argumentsOf(call);
    if (method?.name !== 'add' || !argument || others.length > 0) continue;
    const key = modelBinding(module, method.object);
    const statement = statementOf(call);
    if (!key || statement?.type !== 'expression_statement') continue;
    const layer = layerAt(module, argument) ?? layerAt(module, follow(module, argument));
    const isTensorSum = !layer && !sequences.has(key);
    if (isTensorSum || bare(partsOf(statement)[0] ?? statement) !== call) continue;
    sequenceOf(key).push({
      layer: layer ?? unknown(argument),
      kind: 'add',
      anchor: statement,
      method: textOf(module.source, fieldOf(call, 'function') ?? call),
    });
  }
  return [...sequences.values()].flatMap((sequence) => {
    const placed: PlacedLayer[] = sequence.map((item, index) => ({
      ...item,
      following: () =>
        placed.slice(index + 1).filter((later) => !excludesLater(item.anchor, later.anchor)),
    }));
    // A layer that stands elsewhere (`const hidden = …; model.add(hidden)`) takes part in the order only.
    return placed.filter(({ layer, anchor }) => layer.name !== '' && holds(anchor, layer.call));
  });
}

function holds(outer: SyntaxNode, inner: SyntaxNode): boolean {
  return outer.start <= inner.start && inner.end <= outer.end;
}

function unknown(call: SyntaxNode): Layer {
  return { call, name: '', isOwn: true, config: undefined };
}

/** The array of `tf.sequential({layers: […]})`. */
function sequentialList(module: JavaScriptModule, call: SyntaxNode): SyntaxNode | undefined {
  const callee = fieldOf(call, 'function');
  if (!callee || module.names.origin(callee) !== 'tf.sequential') return undefined;
  const config = argumentsOf(call)[0];
  const object = config && bare(config);
  if (object?.type !== 'object') return undefined;
  const value = propertyOf(module.source, object, 'layers')?.value;
  const list = value && bare(value);
  return list?.type === 'array' ? list : undefined;
}

/** What the model is bound by: the declarator of `const model = tf.sequential()`, or the call itself. */
function modelOfValue(call: SyntaxNode): SyntaxNode {
  const value = wrapped(call);
  const { parent } = value;
  const isBound =
    (parent?.type === 'variable_declarator' || parent?.type === 'assignment_expression') &&
    /^(?:value|right)$/.test(value.field ?? '');
  return isBound ? parent : call;
}

function modelBinding(module: JavaScriptModule, object: SyntaxNode): SyntaxNode | undefined {
  const { source, names } = module;
  const receiver = bare(object);
  if (receiver.type === 'identifier') {
    const bindings = names.lookup(textOf(source, receiver), receiver);
    return bindings.at(-1)?.node;
  }
  if (receiver.type !== 'member_expression') return undefined;
  // `this.model.add(…)`: one sequence for each function that builds it.
  const text = textOf(source, receiver);
  const statement = statementOf(receiver);
  return statement?.parent?.children.find(({ start, end }) =>
    source.text.slice(start, end).startsWith(`${text}.add(`),
  );
}

function appliedLayers(module: JavaScriptModule): readonly PlacedLayer[] {
  const byApply = new Map<SyntaxNode, PlacedLayer>();
  for (const layer of layersIn(module)) {
    const apply = applyOf(module, layer.call);
    if (!apply) continue;
    byApply.set(apply, {
      layer,
      kind: 'apply',
      anchor: apply,
      following: () => consumers(module, byApply, apply),
    });
  }
  return [...byApply.values()];
}

/** `layer.apply(x)` of a layer that is made on the spot. */
function applyOf({ source }: JavaScriptModule, call: SyntaxNode): SyntaxNode | undefined {
  const member = wrapped(call).parent;
  const apply = member?.type === 'member_expression' ? member.parent : undefined;
  const method = apply && methodOf(source, apply);
  if (!apply || method?.name !== 'apply' || bare(method.object) !== call) return undefined;
  return argumentsOf(apply).length > 0 ? apply : undefined;
}

function consumers(
  module: JavaScriptModule,
  byApply: ReadonlyMap<SyntaxNode, PlacedLayer>,
  apply: SyntaxNode,
): readonly PlacedLayer[] {
  const found: PlacedLayer[] = [];
  let current = apply;
  while (found.length < maxFollowing) {
    const known = nextOf(module);
    const next = known.has(current) ? known.get(current) : consumerOf(module, byApply, current);
    known.set(current, next);
    if (!next || found.includes(next)) break;
    found.push(next);
    current = next.anchor;
  }
  return found;
}

/** What comes after a call of apply: asked again for each layer before it. */
const nextOf = remembered<JavaScriptModule, Map<SyntaxNode, PlacedLayer | undefined>>(
  () => new Map(),
);

/** The first layer that is applied to the result. */
function consumerOf(
  module: JavaScriptModule,
  byApply: ReadonlyMap<SyntaxNode, PlacedLayer>,
  apply: SyntaxNode,
): PlacedLayer | undefined {
  const value = wrapped(apply);
  const outer = callAround(value);
  if (outer) return byApply.get(outer);
  const declares = value.parent?.type === 'variable_declarator' && value.field === 'value';
  const assigns = value.parent?.type === 'assignment_expression' && value.field === 'right';
  const target =
    value.parent && (declares || assigns)
      ? fieldOf(value.parent, declares ? 'name' : 'left')
      : undefined;
  if (target?.type !== 'identifier') return undefined;
  const name = textOf(module.source, target);
  const [meaning] = module.names.lookup(name, target);
  for (const node of identifiersIn(module).get(name) ?? []) {
    if (node.start < value.end || module.names.lookup(name, node)[0] !== meaning) continue;
    if (excludesLater(value, node)) continue;
    const use = callAround(wrapped(node));
    const placed = use && byApply.get(use);
    if (placed) return placed;
    // Given a new value before a layer reads it.
    if (node.field === 'left' && node.parent?.type === 'assignment_expression') {
      const right = fieldOf(node.parent, 'right');
      const reads = right && nodesIn(right).some((part) => textOf(module.source, part) === name);
      if (reads !== true) return undefined;
    }
  }
  return undefined;
}

const identifiers = new WeakMap<JavaScriptModule, ReadonlyMap<string, readonly SyntaxNode[]>>();

/** Identifiers by their text, in the order of the file: read once, since every layer asks for its consumers. */
function identifiersIn(module: JavaScriptModule): ReadonlyMap<string, readonly SyntaxNode[]> {
  const known = identifiers.get(module);
  if (known) return known;
  const found = new Map<string, SyntaxNode[]>();
  for (const node of nodesIn(module.source.root)) {
    if (node.type !== 'identifier') continue;
    const name = textOf(module.source, node);
    const list = found.get(name);
    if (list) list.push(node);
    else found.set(name, [node]);
  }
  identifiers.set(module, found);
  return found;
}

/** The call that takes the value as an argument, alone or in an array. */
function callAround(value: SyntaxNode): SyntaxNode | undefined {
  const list = value.parent?.type === 'array' ? value.parent : value;
  const args = list.parent?.type === 'arguments' ? list.parent : undefined;
  const call = args?.parent?.type === 'call_expression' ? args.parent : undefined;
  return call;
}
