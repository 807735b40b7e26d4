import type { Environment } from './evaluate';
import type { Module } from './module';
import { itemParts, join, type ModulePart } from './moduleParts';
import { classOfSelf } from './selfAttributes';
import { itemsOf } from './sequences';
import type { SyntaxNode } from './source';
import { argumentsOf, enclosing, fieldOf, literalString, textOf } from './syntax';

/** The modules that a call gives a class: `self.add_module("fc", …)`, `self.blocks.append(…)`, `setattr(self, f"fc{i}", …)`. */
export function addedParts(
  module: Module,
  call: SyntaxNode,
  owner: { readonly definition: SyntaxNode; readonly env: Environment },
): readonly ModulePart[] {
  const { source } = module;
  const { definition, env } = owner;
  const callee = fieldOf(call, 'function');
  if (!callee || enclosing(call, 'class_definition') !== definition) return [];
  const [first, second, third] = argumentsOf(source, call).map(({ value }) => value);
  const part = (
    name: string | undefined,
    node: SyntaxNode | undefined,
    below = '',
  ): readonly ModulePart[] =>
    name === undefined || !node ? [] : [{ path: join(below, name), value: { node, env } }];
  if (callee.type === 'identifier') {
    const isOurs =
      textOf(source, callee) === 'setattr' && first && textOf(source, first) === 'self';
    return isOurs && second ? part(nameOf(module, second), third) : [];
  }
  const method = fieldOf(callee, 'attribute');
  const object = fieldOf(callee, 'object');
  if (!method || !object || !first) return [];
  const parent = object.type === 'attribute' ? fieldOf(object, 'attribute') : undefined;
  const isOnSelf = classOfSelf(source, parent ? object : callee) === definition;
  if (!isOnSelf) return [];
  const below = parent ? textOf(source, parent) : '';
  switch (textOf(source, method)) {
    case 'add_module':
    case 'register_module':
      return part(nameOf(module, first), second, below);
    case 'append':
      return parent ? part('*', first, below) : [];
    case 'extend': {
      if (!parent) return [];
      const items = itemsOf(module, first, env).map((item) => ({ ...item, isOpen: true }));
      return itemParts(items).map(({ path, value }) => ({ path: join(below, path), value }));
    }
    default:
      return [];
  }
}

/** A name that is literal, or literal but for numbers: `f"conv{i}"` → `conv*`. */
function nameOf({ source }: Module, node: SyntaxNode): string | undefined {
  const literal = literalString(source, node);
  if (literal !== undefined) return literal;
  if (node.type !== 'string') return undefined;
  const parts = node.children.filter(
    ({ type }) => type === 'string_content' || type === 'interpolation',
  );
  const name = parts
    .map((part) => (part.type === 'interpolation' ? '*' : textOf(source, part)))
    .join('');
  return /^[\w.*]*\w[\w.*]*$/.test(name) ? name : undefined;
}
