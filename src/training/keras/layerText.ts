import { follow, integerOf } from '../evaluate';
import type { Environment } from '../evaluate';
import type { Module } from '../module';
import type { SyntaxNode } from '../source';
import { fieldOf, literalString, partsOf, textOf } from '../syntax';

/** Sums of texts that are followed. */
const maxPieces = 16;

/** Text that the code says: a literal, an f-string, a sum of these. A `*` stands for a number that is not known. */
export function stringOf(
  module: Module,
  node: SyntaxNode,
  env: Environment,
  depth = 0,
): string | undefined {
  const value = depth > maxPieces ? undefined : follow(module, node, env);
  if (value === undefined || typeof value === 'number') return undefined;
  const { node: found } = value;
  const literal = literalString(module.source, found);
  if (literal !== undefined) return literal;
  if (found.type === 'string') return formatted(module, found, value.env, depth);
  if (found.type !== 'binary_operator') return undefined;
  const [left, right] = [fieldOf(found, 'left'), fieldOf(found, 'right')];
  if (fieldOf(found, 'operator')?.type !== '+' || !left || !right) return undefined;
  const texts = [left, right].map((part) => stringOf(module, part, value.env, depth + 1));
  return texts.every((text) => text !== undefined) ? texts.join('') : undefined;
}

function formatted(
  module: Module,
  node: SyntaxNode,
  env: Environment,
  depth: number,
): string | undefined {
  const pieces = node.children
    .filter(({ type }) => type === 'string_content' || type === 'interpolation')
    .map((piece) => {
      if (piece.type === 'string_content') return textOf(module.source, piece);
      const inner = partsOf(piece)[0];
      if (!inner) return undefined;
      return (
        integerOf(module, inner, env)?.toString() ?? stringOf(module, inner, env, depth + 1) ?? '*'
      );
    });
  const text = pieces.every((piece) => piece !== undefined) ? pieces.join('') : undefined;
  return text !== undefined && /[A-Za-z]/.test(text) ? text : undefined;
}
