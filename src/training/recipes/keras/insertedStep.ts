import { addImports } from '../../edits/addImport';
import type { QualifiedName } from '../../edits/addImport';
import { insertAfter, statementOf } from '../../edits/insertStatement';
import { indentAt, lineBreakOf, lineEnd, lineStart } from '../../edits/layout';
import { insertItemAfter } from '../../edits/listItem';
import { removeStatement, removeUnused } from '../../edits/removal';
import { methodOf } from '../../methods';
import type { Step } from '../../keras/step';
import type { Module } from '../../module';
import type { SyntaxNode } from '../../source';
import { enclosing, fieldOf, nodesIn, textOf } from '../../syntax';
import type { TextEdit } from '../../textEdit';

/** A layer that is to follow a step. */
export interface NewLayer {
  /** The call that makes it, with stops: `layers.Dropout(${1:0.5})`. */
  readonly written: QualifiedName;
  /** Attribute to hold it in a class: `dropout`. */
  readonly attribute: string;
}

/**
 * Puts layers after a step, in the form in which the code has it: as elements of the list, as further calls of `add`, as
 * statements that give the name a new value, or as attributes and their calls. In words: why this cannot be.
 */
export function insertLayers(
  module: Module,
  step: Step,
  holder: Step,
  added: readonly NewLayer[],
): readonly TextEdit[] | string {
  const edits = editsFor(module, step, holder, added);
  const imports = added.flatMap(({ written }) => written.imports);
  if (typeof edits === 'string' || imports.length === 0) return edits;
  const edit = addImports(module.source, imports, step.node);
  return edit ? [edit, ...edits] : 'The file has no imports to which one could be added';
}

function editsFor(
  module: Module,
  step: Step,
  holder: Step,
  added: readonly NewLayer[],
): readonly TextEdit[] | string {
  const { source } = module;
  const { statement, target, node } = step;
  const label = `Add ${added.map(({ attribute }) => attribute.replace('_', ' ')).join(' and ')}`;
  const texts = added.map(({ written }) => written.text);
  if (step.form === 'item') {
    const startsLine =
      source.text.slice(lineStart(source.text, node.start), node.start).trim() === '';
    const separator = startsLine
      ? `,${lineBreakOf(source.text)}${indentAt(source.text, node.start)}`
      : ', ';
    return insertItemAfter(source, node, texts.join(separator), label);
  }
  if (!statement || target === undefined) {
    return 'This layer’s result is used inside of an expression; give it a name first';
  }
  const crowded = 'Another statement stands on this line';
  if (step.form === 'added') {
    const lines = texts.map((text) => `${target}.add(${text})`).join('\n');
    const edit = insertAfter(source, statement, lines, label);
    return edit ? [edit] : crowded;
  }
  const definition = classOfCall(module, step);
  if (definition === undefined) {
    const lines = texts.map((text) => `${target} = ${text}(${target})`).join('\n');
    const edit = insertAfter(source, statement, lines, label);
    return edit ? [edit] : crowded;
  }
  return attributeEdits(module, { statement, target, holder, definition }, added);
}

/** The class in whose forward pass the step stands: layers are made elsewhere there. */
function classOfCall(module: Module, step: Step): SyntaxNode | undefined {
  const method = enclosing(step.node, 'function_definition');
  const definition = method && enclosing(method, 'class_definition', 'function_definition');
  const name = method && fieldOf(method, 'name');
  const isForward = name !== undefined && textOf(module.source, name) !== '__init__';
  return isForward && definition?.type === 'class_definition' ? definition : undefined;
}

function attributeEdits(
  module: Module,
  at: {
    readonly statement: SyntaxNode;
    readonly target: string;
    readonly holder: Step;
    readonly definition: SyntaxNode;
  },
  added: readonly NewLayer[],
): readonly TextEdit[] | string {
  const { source } = module;
  const { statement, target, holder, definition } = at;
  const made = holder.layer && statementOf(holder.layer.call);
  const init = methodOf(module, definition, '__init__');
  if (!made || !init || made.start < init.start || made.end > init.end) {
    return 'The layer before it is not made in __init__, so there is no place for another one';
  }
  const used = new Set(module.attributes.of(definition).keys());
  const names = added.map(({ attribute }) => {
    let name = attribute;
    for (let i = 2; used.has(name); i++) name = `${attribute}${i}`;
    used.add(name);
    return name;
  });
  const making = names
    .map((name, i) => `self.${name} = ${added[i]?.written.text ?? ''}`)
    .join('\n');
  const calling = names.map((name) => `${target} = self.${name}(${target})`).join('\n');
  const label = `Add ${names.join(' and ')}`;
  const edits = [
    insertAfter(source, made, making, label),
    insertAfter(source, statement, calling, label),
  ].filter((edit) => edit !== undefined);
  return edits.length === 2 ? edits : 'Another statement stands on this line';
}

/** Takes a layer out that stands by itself; with it the import that nothing uses any more. */
export function removeLayers(
  module: Module,
  steps: readonly Step[],
  label: string,
): readonly TextEdit[] | undefined {
  const edits =
    steps[0]?.form === 'item'
      ? removedItems(module, steps, label)
      : removedStatements(module, steps, label);
  if (!edits || edits.length === 0) return undefined;
  return [...removeUnused(module.source, { imports: layerImports(steps) }, edits), ...edits];
}

/** Import lines that the layers may have brought. */
function layerImports(steps: readonly Step[]): readonly string[] {
  return steps.flatMap(({ layer }) =>
    ['keras', 'tensorflow.keras', 'tf_keras'].map(
      (name) => `from ${name}.layers import ${layer?.type ?? ''}`,
    ),
  );
}

/** Everything after the element before them, but for that one's comment. */
function removedItems(
  { source }: Module,
  steps: readonly Step[],
  label: string,
): readonly TextEdit[] | undefined {
  const { text } = source;
  const [first, last] = [steps[0], steps.at(-1)];
  const before = first?.previous[0]?.node;
  if (!first || !last || !before || before.parent !== first.node.parent) return undefined;
  const cut = (start: number, end: number): TextEdit => ({ start, end, newText: '', label });
  const between = text.slice(before.end, last.node.end);
  if (!between.includes('#')) return [cut(before.end, last.node.end)];
  const comma = /^\s*,/.exec(text.slice(before.end))?.[0].length ?? 0;
  const lineOfBefore = lineEnd(text, before.end);
  if (lineOfBefore > first.node.start || text.slice(lineOfBefore, last.node.end).includes('#')) {
    return undefined;
  }
  const trailing = /^\s*,/.exec(text.slice(last.node.end))?.[0].length ?? 0;
  const block = cut(lineOfBefore, last.node.end + trailing);
  return trailing > 0 ? [block] : [cut(before.end, before.end + comma), block];
}

function removedStatements(
  module: Module,
  steps: readonly Step[],
  label: string,
): readonly TextEdit[] | undefined {
  const edits: TextEdit[] = [];
  for (const step of steps) {
    const { statement, form } = step;
    if (!statement || (form !== 'added' && !rebindsItself(module, step))) return undefined;
    const edit = removeStatement(module.source, statement, label);
    if (!edit) return undefined;
    edits.push(edit);
    if (form !== 'attribute') continue;
    const callee = fieldOf(step.node, 'function');
    const made = callee && removedAttribute(module, callee, label);
    if (!made) return undefined;
    edits.push(made);
  }
  return edits;
}

/** `self.dropout = …`, where nothing else uses it. */
function removedAttribute(module: Module, callee: SyntaxNode, label: string): TextEdit | undefined {
  const name = fieldOf(callee, 'attribute');
  const owner = callee.type === 'attribute' ? module.attributes.ownerOf(callee) : undefined;
  const [value, ...others] = (name && owner?.get(textOf(module.source, name))) ?? [];
  if (!value || others.length > 0 || !isUsedOnce(module, callee)) return undefined;
  return removeStatement(module.source, statementOf(value), label);
}

/** `x = layer(x)`: without it, x is what it was before. */
function rebindsItself({ source }: Module, { node, target }: Step): boolean {
  const list = fieldOf(node, 'arguments');
  const argument = list?.children.filter(({ isNamed }) => isNamed);
  return (
    argument?.length === 1 && argument[0] !== undefined && textOf(source, argument[0]) === target
  );
}

/** Whether `self.dropout` occurs in its class once beside its assignment. */
function isUsedOnce({ source }: Module, callee: SyntaxNode): boolean {
  const definition = enclosing(callee, 'class_definition');
  const name = textOf(source, callee);
  return (
    definition !== undefined &&
    nodesIn(definition).filter((node) => node.type === 'attribute' && textOf(source, node) === name)
      .length === 2
  );
}
