import { methodOf } from '../methods';
import type { Module } from '../module';
import type { SyntaxNode } from '../source';
import { enclosing, fieldOf, nodesIn, partsOf, textOf } from '../syntax';

export { methodOf };

/** The name of a method's first parameter: `self`. */
export function selfOf({ source }: Module, method: SyntaxNode): string | undefined {
  const parameters = fieldOf(method, 'parameters');
  const first = parameters && partsOf(parameters)[0];
  return first?.type === 'identifier' ? textOf(source, first) : undefined;
}

/** The statement `self.name = value` of the value, where it is a line of `__init__` itself. */
export function attributeStatement(module: Module, value: SyntaxNode): SyntaxNode | undefined {
  const assignment = value.field === 'right' ? value.parent : undefined;
  const statement = assignment?.parent;
  if (assignment?.type !== 'assignment' || statement?.type !== 'expression_statement') {
    return undefined;
  }
  const definition = enclosing(statement, 'class_definition');
  const init = definition && methodOf(module, definition, '__init__');
  const isOwnLine = init && statement.parent === fieldOf(init, 'body');
  return isOwnLine ? statement : undefined;
}

/** The one value that a class gives to an attribute; undefined where it is set several times or not at all. */
export function attributeValue(
  { attributes }: Module,
  definition: SyntaxNode,
  name: string,
): SyntaxNode | undefined {
  const [value, ...others] = attributes.of(definition).get(name) ?? [];
  return others.length === 0 ? value : undefined;
}

/** All places in the class where `.name` is read or set. */
export function attributeUses(
  { source }: Module,
  definition: SyntaxNode,
  name: string,
): readonly SyntaxNode[] {
  return nodesIn(definition).filter((node) => {
    const attribute = node.type === 'attribute' ? fieldOf(node, 'attribute') : undefined;
    return attribute !== undefined && textOf(source, attribute) === name;
  });
}

/** Whether the class is a module of PyTorch or Lightning, as far as its bases say; own bases are followed once. */
export function isModuleClass({ source, names }: Module, definition: SyntaxNode): boolean {
  const bases = partsOf(fieldOf(definition, 'superclasses') ?? definition);
  return bases.some((base) => {
    if (base.type !== 'identifier' && base.type !== 'attribute') return false;
    const origin = names.origin(base);
    if (origin !== undefined) {
      const isOthers = /^(?:flax|haiku|keras|tensorflow|tf_keras|equinox|mlx)\./.test(origin);
      return (
        !isOthers && /^torch\.nn\.|(?:^|\.)(?:Lightning)?Module$|PreTrainedModel$/.test(origin)
      );
    }
    const bindings = names.lookup(textOf(source, base), base);
    return bindings.some(
      ({ kind, node }) =>
        kind === 'class' &&
        node !== definition &&
        /\b(?:nn\.Module|LightningModule|Module)\b/.test(
          textOf(source, fieldOf(node, 'superclasses') ?? node).slice(0, 200),
        ),
    );
  });
}
