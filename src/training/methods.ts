import type { Module } from './module';
import type { SyntaxNode } from './source';
import { fieldOf, partsOf, textOf } from './syntax';

/** Methods that a class itself defines, out of their decorators. */
function methodsOf(definition: SyntaxNode): readonly SyntaxNode[] {
  return partsOf(fieldOf(definition, 'body') ?? definition).flatMap((node) => {
    const inner =
      node.type === 'decorated_definition' ? (fieldOf(node, 'definition') ?? node) : node;
    return inner.type === 'function_definition' ? [inner] : [];
  });
}

/** The method of a class by its name. */
export function methodOf(
  { source }: Module,
  definition: SyntaxNode,
  name: string,
): SyntaxNode | undefined {
  return methodsOf(definition).find((method) => {
    const own = fieldOf(method, 'name');
    return own !== undefined && textOf(source, own) === name;
  });
}
