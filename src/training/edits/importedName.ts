import type { Names } from '../imports';
import type { Source, SyntaxNode } from '../source';
import { moduleName } from '../scopes';
import { enclosing, fieldOf, nodesIn, partsOf, textOf } from '../syntax';
import type { TextEdit } from '../textEdit';
import { indentAt, lineBreakOf, lineEnd, lineStart } from './layout';

/**
 * Makes a call use another name of the same module: `Adam(…)` → `AdamW(…)` with its import, `optim.Adam(…)` →
 * `optim.AdamW(…)`. The import is replaced where nothing else uses it, otherwise the new name is added to it.
 * Undefined where this is not plainly possible, as when the new name means something else here.
 */
export function swapCallee(
  source: Source,
  names: Names,
  callee: SyntaxNode,
  replacement: { readonly module: string; readonly name: string; readonly label: string },
): readonly TextEdit[] | undefined {
  const { module, name, label } = replacement;
  if (callee.type === 'attribute') {
    const object = fieldOf(callee, 'object');
    const attribute = fieldOf(callee, 'attribute');
    // `adam.Adam` of the module torch.optim.adam has no AdamW beside it.
    if (!object || names.origin(object) !== module) return undefined;
    return attribute && [{ start: attribute.start, end: attribute.end, newText: name, label }];
  }
  if (callee.type !== 'identifier') return undefined;
  const local = textOf(source, callee);
  const [binding, ...others] = names.lookup(local, callee);
  const rename: TextEdit = { start: callee.start, end: callee.end, newText: name, label };
  const existing = names.lookup(name, callee);
  if (existing.length > 0) {
    return existing.every(({ origin }) => origin === `${module}.${name}`) ? [rename] : undefined;
  }
  if (!binding) return [rename]; // From a wildcard import, which brings the new name too.
  const statement = enclosing(binding.node, 'import_from_statement');
  if (others.length > 0 || !statement || statement.hasError) return undefined;

  const item = binding.node;
  const inModule = moduleName(source, statement) === module;
  const importLabel = `Import ${name}`;
  if (!inModule) {
    const at = lineEnd(source.text, statement.end);
    const sharesLine =
      source.text.slice(statement.end, at).trim() !== '' ||
      source.text.slice(lineStart(source.text, statement.start), statement.start).trim() !== '';
    if (sharesLine) return undefined;
    const line = `${indentAt(source.text, statement.start)}from ${module} import ${name}`;
    return [
      { start: at, end: at, newText: lineBreakOf(source.text) + line, label: importLabel },
      rename,
    ];
  }
  if (hasOtherUse(source, local, callee, item)) {
    return [{ start: item.end, end: item.end, newText: `, ${name}`, label: importLabel }, rename];
  }
  const original = item.type === 'aliased_import' ? (partsOf(item)[0] ?? item) : item;
  const swap = { start: original.start, end: original.end, newText: name, label: importLabel };
  return item.type === 'aliased_import' ? [swap] : [swap, rename];
}

/** Whether the name occurs elsewhere, also in `__all__` or an annotation in quotes. */
export function hasOtherUse(
  source: Source,
  name: string,
  callee: SyntaxNode,
  item: SyntaxNode,
): boolean {
  for (const node of nodesIn(source.root)) {
    const isInItem = node.start >= item.start && node.end <= item.end;
    if (isInItem || node === callee) continue;
    const isName = node.type === 'identifier' && !isAttributeName(node);
    const isQuoted = node.type === 'string_content';
    if ((isName || isQuoted) && textOf(source, node) === name) return true;
  }
  return false;
}

/** `x` in `a.x` and in `f(x=1)`, which refers to no name of the file. */
export function isAttributeName(node: SyntaxNode): boolean {
  const { field, parent } = node;
  return (
    (field === 'attribute' && parent?.type === 'attribute') ||
    (field === 'name' && parent?.type === 'keyword_argument')
  );
}
