import type { SyntaxNode } from '../source';

/** Whether the function, or else the statement at module level, that holds the call could not be parsed. */
export function isBroken(call: SyntaxNode): boolean {
  let around: SyntaxNode | undefined;
  for (let node = call; node.parent; node = node.parent) {
    if (node.type === 'ERROR') return true;
    const isUnit = node.type === 'function_definition' || !node.parent.parent;
    if (isUnit) around ??= node;
    if (!node.parent.parent && node.parent.type === 'ERROR') return true;
  }
  return around?.hasError ?? true;
}
