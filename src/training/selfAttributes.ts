import type { Source, SyntaxNode } from './source';
import { enclosing, fieldOf, nodesIn, partsOf, textOf } from './syntax';

/** What the methods of each class assign to `self`. */
export interface SelfAttributes {
  /** Right sides by attribute name, in the order of the text. */
  of(definition: SyntaxNode): ReadonlyMap<string, readonly SyntaxNode[]>;
  /** The attributes of the class whose `self` the node `self.x` starts with. */
  ownerOf(attribute: SyntaxNode): ReadonlyMap<string, readonly SyntaxNode[]> | undefined;
}

/** Finds what the methods of each class of a file assign to `self`. */
export function readSelfAttributes(source: Source): SelfAttributes {
  const byClass = new Map<SyntaxNode, Map<string, SyntaxNode[]>>();
  for (const node of nodesIn(source.root)) {
    if (node.type !== 'assignment') continue;
    const left = fieldOf(node, 'left');
    const value = assignedValue(node);
    const owner = left?.type === 'attribute' && value && classOfSelf(source, left);
    const name = owner && fieldOf(left, 'attribute');
    if (!name) continue;
    const attributes = byClass.get(owner) ?? new Map<string, SyntaxNode[]>();
    byClass.set(owner, attributes);
    const key = textOf(source, name);
    attributes.set(key, [...(attributes.get(key) ?? []), value]);
  }
  const none: ReadonlyMap<string, readonly SyntaxNode[]> = new Map();
  return {
    of: (definition) => byClass.get(definition) ?? none,
    ownerOf: (attribute) => {
      const owner = classOfSelf(source, attribute);
      return owner && byClass.get(owner);
    },
  };
}

/** The class in whose method `self.x` stands; undefined where the object is not the method's first parameter. */
export function classOfSelf(source: Source, attribute: SyntaxNode): SyntaxNode | undefined {
  const object = fieldOf(attribute, 'object');
  if (object?.type !== 'identifier') return undefined;
  const method = enclosing(attribute, 'function_definition');
  const owner = method && enclosing(method, 'class_definition', 'function_definition');
  const parameters = method && fieldOf(method, 'parameters');
  const self = parameters && partsOf(parameters)[0];
  const isSelf = self?.type === 'identifier' && textOf(source, self) === textOf(source, object);
  return isSelf && owner?.type === 'class_definition' ? owner : undefined;
}

/** The value at the end of `a = b = value`. */
function assignedValue(assignment: SyntaxNode): SyntaxNode | undefined {
  let value = fieldOf(assignment, 'right');
  while (value?.type === 'assignment') value = fieldOf(value, 'right');
  return value;
}
