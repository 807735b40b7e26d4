import { methodOf } from '../methods';
import type { Module } from '../module';
import type { SyntaxNode } from '../source';
import { enclosing, fieldOf, nodesIn, partsOf, textOf } from '../syntax';
import { flaxLayers } from './layerTable';

/** A class of the file that is a module of Flax. */
export interface ModelClass {
  readonly api: 'nnx' | 'linen';
  readonly name: string;
  readonly definition: SyntaxNode;
  /** Dotted origin of the layer that it extends, as in `class Noisy(nn.Dense)`. */
  readonly layer: string | undefined;
  method(name: string): SyntaxNode | undefined;
}

/** Classes of the file that extend a module of Flax, also by way of one another, in the order of the text. */
export function modelClassesOf(module: Module): readonly ModelClass[] {
  const known = new Map<SyntaxNode, ModelClass>();
  const nodes = nodesIn(module.source.root).filter(({ type }) => type === 'class_definition');
  // A base may stand after its subclass only in odd files; two passes see those too.
  for (let pass = 0; pass < 2; pass++) {
    for (const definition of nodes) {
      if (known.has(definition)) continue;
      const base = baseOf(module, definition, known);
      if (base) known.set(definition, modelClass(module, definition, base));
    }
  }
  return nodes.flatMap((definition) => known.get(definition) ?? []);
}

interface Base {
  readonly api: 'nnx' | 'linen';
  readonly layer: string | undefined;
}

function baseOf(
  { source, names }: Module,
  definition: SyntaxNode,
  known: ReadonlyMap<SyntaxNode, ModelClass>,
): Base | undefined {
  const bases = fieldOf(definition, 'superclasses');
  for (const base of bases ? partsOf(bases) : []) {
    const origin = names.origin(base);
    if (origin !== undefined) {
      const api = /^flax\.(nnx|linen)\./.exec(origin)?.[1];
      const isModule = origin.endsWith('.Module') || flaxLayers.has(origin);
      if ((api === 'nnx' || api === 'linen') && isModule) {
        return { api, layer: flaxLayers.has(origin) ? origin : undefined };
      }
    } else if (base.type === 'identifier') {
      const [binding] = names.lookup(textOf(source, base), base);
      const own = binding && known.get(binding.node);
      if (own) return own;
    }
  }
  return undefined;
}

function modelClass(module: Module, definition: SyntaxNode, base: Base): ModelClass {
  const name = fieldOf(definition, 'name');
  return {
    api: base.api,
    layer: base.layer,
    name: name ? textOf(module.source, name) : '',
    definition,
    method: (wanted) => methodOf(module, definition, wanted),
  };
}

/** Whether a method carries `@nn.compact`. */
export function isCompact({ names }: Module, method: SyntaxNode): boolean {
  const decorated = method.parent?.type === 'decorated_definition' ? method.parent : undefined;
  return (decorated?.children ?? []).some(
    (node) =>
      node.type === 'decorator' &&
      partsOf(node).some((part) =>
        /^flax\.linen\.(?:\w+\.)?compact$/.test(names.origin(part) ?? ''),
      ),
  );
}

/** Calls that make an instance of the class, in the order of the text. */
export function instancesOf({ source, names }: Module, wanted: ModelClass): readonly SyntaxNode[] {
  return nodesIn(source.root).filter((node) => {
    const callee = node.type === 'call' ? fieldOf(node, 'function') : undefined;
    if (callee?.type !== 'identifier' || textOf(source, callee) !== wanted.name) return false;
    const bindings = names.lookup(wanted.name, callee);
    return bindings.length === 1 && bindings[0]?.node === wanted.definition;
  });
}

/** The class of the file that a call makes an instance of. */
export function classOfCall(
  { source, names }: Module,
  call: SyntaxNode,
  classes: readonly ModelClass[],
): ModelClass | undefined {
  const callee = fieldOf(call, 'function');
  if (callee?.type !== 'identifier') return undefined;
  const [binding, ...others] = names.lookup(textOf(source, callee), callee);
  if (!binding || others.length > 0) return undefined;
  return classes.find(({ definition }) => definition === binding.node);
}

/** Whether a call stands inside the body of another class. */
export function isInClass(call: SyntaxNode): boolean {
  return enclosing(call, 'class_definition') !== undefined;
}
