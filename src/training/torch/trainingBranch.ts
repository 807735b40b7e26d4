import type { Module } from '../module';
import type { SyntaxNode } from '../source';
import { fieldOf, textOf } from '../syntax';

/**
 * The `if phase == 'train':` around the gradient in a loop that serves training and validation: an `if` on the phase that
 * holds `use` but not the statement before it that both phases share. Undefined where there is none.
 */
export function trainingBranch(
  { source }: Module,
  use: SyntaxNode,
  shared: SyntaxNode,
): SyntaxNode | undefined {
  for (let node = use.parent; node && node.type !== 'function_definition'; node = node.parent) {
    if (node.start <= shared.start && shared.end <= node.end) return undefined;
    const condition = node.type === 'if_statement' ? fieldOf(node, 'condition') : undefined;
    if (condition && /train|phase|split|mode|eval|backward/i.test(textOf(source, condition))) {
      return node;
    }
  }
  return undefined;
}
