import { emptyEnvironment, integerOf } from '../evaluate';
import type { Module } from '../module';
import type { SyntaxNode } from '../source';
import { fieldOf, textOf, unwrapped } from '../syntax';

/** What the fields of one module are, as far as they are literal integers. */
export type Fields = ReadonlyMap<string, number | undefined>;

/** `self.hidden`, a loop's variable, or what is literal. */
export function integerIn(
  module: Module,
  node: SyntaxNode,
  fields: Fields,
  depth = 0,
): number | undefined {
  if (depth > 50) return undefined;
  const value = unwrapped(node);
  const { source } = module;
  if (value.type === 'identifier') {
    const name = textOf(source, value);
    if (fields.has(`${name}@`)) return fields.get(`${name}@`);
  }
  if (value.type === 'attribute') {
    const object = fieldOf(value, 'object');
    const name = fieldOf(value, 'attribute');
    if (object && name && textOf(source, object) === 'self')
      return fields.get(textOf(source, name));
  }
  if (value.type === 'binary_operator') {
    const [left, right] = [fieldOf(value, 'left'), fieldOf(value, 'right')];
    const a = left && integerIn(module, left, fields, depth + 1);
    const b = right && integerIn(module, right, fields, depth + 1);
    const operator = fieldOf(value, 'operator')?.type;
    if (a !== undefined && b !== undefined) {
      const result = operate(operator, a, b);
      return result !== undefined && Number.isSafeInteger(result) ? result : undefined;
    }
  }
  return integerOf(module, value, emptyEnvironment);
}

function operate(operator: string | undefined, a: number, b: number): number | undefined {
  switch (operator) {
    case '+':
      return a + b;
    case '-':
      return a - b;
    case '*':
      return a * b;
    case '**':
      return a ** b;
    case '//':
      return b === 0 ? undefined : Math.floor(a / b);
    default:
      return undefined;
  }
}
