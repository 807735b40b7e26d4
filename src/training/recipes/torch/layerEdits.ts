import { addImports, qualifiedName } from '../../edits/addImport';
import type { QualifiedName } from '../../edits/addImport';
import { filled } from '../../edits/filled';
import { insertAfter } from '../../edits/insertStatement';
import { removeStatement } from '../../edits/removal';
import type { Module } from '../../module';
import type { SyntaxNode } from '../../source';
import { fieldOf, partsOf, textOf } from '../../syntax';
import type { TextEdit, TextRange } from '../../textEdit';
import { attributeStatement, attributeUses, methodOf, selfOf } from '../../torch/modelClass';

/** Several edits that only make sense together: undefined where one of them is not possible. */
export function together(
  ...edits: readonly (TextEdit | readonly TextEdit[] | undefined)[]
): readonly TextEdit[] | undefined {
  const found: TextEdit[] = [];
  for (const edit of edits) {
    if (edit === undefined) return undefined;
    if ('newText' in edit) found.push(edit);
    else found.push(...edit);
  }
  return found;
}

/** `nn.Dropout`, as the file writes it. */
export function layerName(module: Module, name: string, at: SyntaxNode): QualifiedName | undefined {
  const fallback = { line: 'from torch import nn', binds: 'nn', origin: 'torch.nn' };
  return qualifiedName(module, `torch.nn.${name}`, at, { fallback });
}

export const functionalImport = 'import torch.nn.functional as F';

/** `F.dropout`, as the file writes it. */
export function functionalName(
  module: Module,
  name: string,
  at: SyntaxNode,
): QualifiedName | undefined {
  const fallback = { line: functionalImport, binds: 'F', origin: 'torch.nn.functional' };
  return qualifiedName(module, `torch.nn.functional.${name}`, at, { fallback });
}

/** The import lines that a name needs; an empty list where there are none. */
export function importEdits(
  module: Module,
  lines: readonly string[],
  user: SyntaxNode,
): readonly TextEdit[] | undefined {
  if (lines.length === 0) return [];
  const edit = addImports(module.source, lines, user);
  return edit && [edit];
}

/** Puts a call around an expression: `x` → `self.bn1(x)`. */
export function wrap(
  { start, end }: TextRange,
  before: string,
  after: string,
  label: string,
): readonly TextEdit[] {
  return [
    { start, end: start, newText: before, label },
    { start: end, end, ...filled(after), label },
  ];
}

/** A new attribute of a module class, after `follow` or else after the last attribute that `__init__` sets on a line of its own. */
export function addAttribute(
  module: Module,
  definition: SyntaxNode,
  attribute: { readonly name: string; readonly value: string; readonly follow?: SyntaxNode },
): TextEdit | undefined {
  const { name, value, follow } = attribute;
  const init = methodOf(module, definition, '__init__');
  const self = init && selfOf(module, init);
  const last = follow ?? lastAttributeStatement(module, definition);
  if (self === undefined || !last) return undefined;
  return insertAfter(module.source, last, `${self}.${name} = ${value}`, `Add self.${name}`);
}

function lastAttributeStatement(module: Module, definition: SyntaxNode): SyntaxNode | undefined {
  const statements = [...module.attributes.of(definition).values()]
    .flat()
    .flatMap((value) => attributeStatement(module, value) ?? []);
  return statements.sort((a, b) => a.start - b.start).at(-1);
}

/** Whether the class, or a base of it in this file, has something of that name. */
export function isFreeAttribute(module: Module, definition: SyntaxNode, name: string): boolean {
  return (
    attributeUses(module, definition, name).length === 0 &&
    methodOf(module, definition, name) === undefined
  );
}

/** Takes the line `self.name = …` out if `removed` holds its only other use; an empty list where it stays. */
export function dropAttribute(
  module: Module,
  definition: SyntaxNode,
  name: string,
  removed: readonly TextRange[],
): readonly TextEdit[] {
  const [value, ...others] = module.attributes.of(definition).get(name) ?? [];
  const statement = value && attributeStatement(module, value);
  if (!statement || others.length > 0) return [];
  const gone = [...removed, statement];
  const isUsed = attributeUses(module, definition, name).some(
    (use) => !gone.some(({ start, end }) => start <= use.start && use.end <= end),
  );
  const edit = isUsed
    ? undefined
    : removeStatement(module.source, statement, `Remove self.${name}`);
  return edit ? [edit] : [];
}

/** The assignment `x = <place>` of which the place is the whole right side, with the name it sets. */
export function assignmentOf(
  { source }: Module,
  place: SyntaxNode,
): { readonly statement: SyntaxNode; readonly target: string } | undefined {
  const assignment = place.field === 'right' ? place.parent : undefined;
  const left = assignment?.type === 'assignment' ? fieldOf(assignment, 'left') : undefined;
  const statement = assignment?.parent;
  if (left?.type !== 'identifier' || statement?.type !== 'expression_statement') return undefined;
  if (partsOf(statement).length !== 1) return undefined;
  return { statement, target: textOf(source, left) };
}
