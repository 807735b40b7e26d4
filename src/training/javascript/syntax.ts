import { remembered } from '../remember';
import type { Source, SyntaxNode } from '../source';
import { enclosing, fieldOf, nodesIn, partsOf, textOf } from '../syntax';

/** Nodes that say something about the type or order of an expression, not about its value. */
const wrappers = new Set([
  'parenthesized_expression',
  'as_expression',
  'satisfies_expression',
  'non_null_expression',
]);

/** The expression without parentheses, `as T`, `satisfies T` and `!`. */
export function bare(node: SyntaxNode): SyntaxNode {
  let inner = node;
  while (wrappers.has(inner.type)) {
    const content = partsOf(inner)[0];
    if (!content) break;
    inner = content;
  }
  return inner;
}

/** The expression with the parentheses and `as T` that stand around it. */
export function wrapped(node: SyntaxNode): SyntaxNode {
  let outer = node;
  while (outer.parent && wrappers.has(outer.parent.type) && partsOf(outer.parent)[0] === outer) {
    outer = outer.parent;
  }
  return outer;
}

/** Calls in the order of the text: `f(x)`, not `new F(x)`. */
export function callsIn(root: SyntaxNode): readonly SyntaxNode[] {
  return root.parent ? calls(root) : callsOfFile(root);
}

const calls = (root: SyntaxNode): readonly SyntaxNode[] =>
  nodesIn(root).filter((node) => node.type === 'call_expression');
const callsOfFile = remembered(calls);

/** What is called or instantiated. */
export function calleeOf(call: SyntaxNode): SyntaxNode | undefined {
  return fieldOf(call, 'function') ?? fieldOf(call, 'constructor');
}

/** Arguments of a call or of `new`; none where a template string is the argument. */
export function argumentsOf(call: SyntaxNode): readonly SyntaxNode[] {
  const list = fieldOf(call, 'arguments');
  return list?.type === 'arguments' ? partsOf(list) : [];
}

/** `model.fit`: the object and the name; undefined for anything but a plain member. */
export function memberOf(
  source: Source,
  node: SyntaxNode,
): { readonly object: SyntaxNode; readonly name: string } | undefined {
  if (node.type !== 'member_expression') return undefined;
  const object = fieldOf(node, 'object');
  const property = fieldOf(node, 'property');
  return object && property && { object, name: textOf(source, property) };
}

/** The receiver and the name of a method call: `model` and `fit` of `model.fit(…)`. */
export function methodOf(
  source: Source,
  call: SyntaxNode,
): { readonly object: SyntaxNode; readonly name: string } | undefined {
  const callee = call.type === 'call_expression' ? fieldOf(call, 'function') : undefined;
  return callee && memberOf(source, callee);
}

export interface Property {
  /** The whole property: `units: 3`, `units`, `...rest`, `onBatchEnd() {}`. */
  readonly node: SyntaxNode;
  /** Undefined for a spread and for computed names. */
  readonly key: string | undefined;
  /** The value; a shorthand is its own value. Undefined for methods and spreads. */
  readonly value: SyntaxNode | undefined;
}

/** Properties of an object literal. */
export function propertiesOf(source: Source, object: SyntaxNode): readonly Property[] {
  return partsOf(object).map((node) => {
    if (node.type === 'shorthand_property_identifier') {
      return { node, key: textOf(source, node), value: node };
    }
    const name = fieldOf(node, 'key') ?? fieldOf(node, 'name');
    const key =
      name?.type === 'property_identifier'
        ? textOf(source, name)
        : name && literalText(source, name);
    return { node, key, value: node.type === 'pair' ? fieldOf(node, 'value') : undefined };
  });
}

export function propertyOf(source: Source, object: SyntaxNode, key: string): Property | undefined {
  return propertiesOf(source, object).find((property) => property.key === key);
}

/** Whether unknown properties may be in the object. */
export function hasSpread(object: SyntaxNode): boolean {
  return partsOf(object).some(({ type }) => type === 'spread_element');
}

/** Content of a string or of a template without substitutions; undefined where there are escapes. */
export function literalText(source: Source, node: SyntaxNode): string | undefined {
  if (node.type !== 'string' && node.type !== 'template_string') return undefined;
  const isPlain = node.children.every(
    ({ type, isNamed }) => !isNamed || type === 'string_fragment',
  );
  return isPlain ? source.text.slice(node.start + 1, node.end - 1) : undefined;
}

const blocks = new Set(['program', 'statement_block', 'switch_case', 'switch_default']);

/** The statement that holds the node, as a member of its block. `export const x = …` is one statement. */
export function statementOf(node: SyntaxNode): SyntaxNode | undefined {
  let statement = node;
  while (statement.parent && !blocks.has(statement.parent.type)) statement = statement.parent;
  return statement.parent && statement.type !== 'ERROR' ? statement : undefined;
}

export const functionTypes = [
  'arrow_function',
  'function_expression',
  'function_declaration',
  'generator_function',
  'generator_function_declaration',
  'method_definition',
] as const;

/** Whether the function, or else the statement at module level, that holds the node could not be parsed. */
export function isBroken(node: SyntaxNode): boolean {
  for (let around: SyntaxNode | undefined = node; around; around = around.parent) {
    if (around.type === 'ERROR') return true;
  }
  const unit = enclosing(node, 'function_declaration', 'method_definition', 'class_declaration');
  let statement = node;
  while (statement.parent?.parent) statement = statement.parent;
  return (unit ?? statement).hasError;
}
