import type { SyntaxNode } from '../source';
import { fieldOf, partsOf, textOf } from '../syntax';
import type { JavaScriptModule } from './module';
import { valueOf } from './names';
import { bare } from './syntax';

/** Names and operators that are followed before a number counts as unknown. */
const maxDepth = 24;

/** A number that the code says literally: `64`, `HIDDEN`, `16 * 4`. */
export function numberOf(
  module: JavaScriptModule,
  node: SyntaxNode,
  depth = 0,
): number | undefined {
  if (depth > maxDepth) return undefined;
  const found = follow(module, node);
  const part = (field: string): number | undefined => {
    const operand = fieldOf(found, field);
    return operand && numberOf(module, operand, depth + 1);
  };
  switch (found.type) {
    case 'number': {
      const value = Number(textOf(module.source, found).replaceAll('_', ''));
      return Number.isFinite(value) ? value : undefined;
    }
    case 'unary_expression': {
      const operand = part('argument');
      const isMinus = found.children[0]?.type === '-';
      return isMinus && operand !== undefined ? -operand : undefined;
    }
    case 'binary_expression': {
      const operator = fieldOf(found, 'operator')?.type;
      // Doubling names (`a = b + b`, `b = c + c`) would cost twice as much with each line.
      const isShallow = depth < 8;
      const [left, right] = isShallow ? [part('left'), part('right')] : [];
      if (left === undefined || right === undefined) return undefined;
      if (operator === '+') return left + right;
      if (operator === '-') return left - right;
      if (operator === '*') return left * right;
      return operator === '/' && right !== 0 ? left / right : undefined;
    }
    default:
      return undefined;
  }
}

/** A size: a number that is a positive integer. */
export function sizeOf(module: JavaScriptModule, node: SyntaxNode): number | undefined {
  const value = numberOf(module, node);
  return value !== undefined && Number.isSafeInteger(value) && value > 0 ? value : undefined;
}

/** Sizes of an array literal; undefined for anything else. */
export function sizesOf(
  module: JavaScriptModule,
  node: SyntaxNode,
): readonly (number | undefined)[] | undefined {
  const found = follow(module, node);
  if (found.type !== 'array') return undefined;
  const elements = partsOf(found);
  if (elements.some(({ type }) => type === 'spread_element')) return undefined;
  return elements.map((element) => sizeOf(module, element));
}

/** Follows names that are bound once to the expression that they stand for. */
export function follow({ source, names }: JavaScriptModule, node: SyntaxNode): SyntaxNode {
  let found = bare(node);
  for (let step = 0; step < maxDepth; step++) {
    const isName = found.type === 'identifier' || found.type === 'shorthand_property_identifier';
    const value = isName ? valueOf(source, names, found) : undefined;
    if (!value) return found;
    found = bare(value);
  }
  return found;
}
