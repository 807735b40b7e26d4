import type { Source, SyntaxNode } from '../source';
import { argumentsOf, fieldOf, nodesIn, partsOf, textOf } from '../syntax';
import type { TextEdit, TextRange } from '../textEdit';
import { isAttributeName } from './importedName';
import { standsAlone } from './insertStatement';
import { lineEnd, lineStart } from './layout';

/** Takes a statement out with its lines. Undefined where another shares them, or where its block would be empty. */
export function removeStatement(
  source: Source,
  statement: SyntaxNode,
  label: string,
): TextEdit | undefined {
  return removeStatements(source, [statement], label);
}

/** Takes statements that follow each other out with their lines. */
export function removeStatements(
  source: Source,
  statements: readonly SyntaxNode[],
  label: string,
): TextEdit | undefined {
  const [first] = statements;
  const last = statements.at(-1);
  const parent = first?.parent;
  if (!first || !last || !parent) return undefined;
  const isAll = parent.type === 'block' && partsOf(parent).length === statements.length;
  if (isAll || !statements.every((statement) => standsAlone(source, statement))) return undefined;
  return { ...linesOf(source, { start: first.start, end: last.end }), newText: '', label };
}

/** The lines of a statement with the break at their end, or at their start where they are the last of the file. */
function linesOf({ text }: Source, { start, end }: TextRange): TextRange {
  const from = lineStart(text, start);
  const to = lineEnd(text, end);
  if (to < text.length) return { start: from, end: text.indexOf('\n', to) + 1 };
  return { start: from === 0 ? 0 : lineEnd(text, lineStart(text, from - 1)), end: to };
}

/** `helper(x, 2)` → `x`: takes the call off its first argument. */
export function unwrapCall(source: Source, call: SyntaxNode, label: string): readonly TextEdit[] {
  const [first] = argumentsOf(source, call);
  if (!first || first.isSplat || fieldOf(call, 'arguments') === first.node) return [];
  const { start, end } = first.value;
  return [
    { start: call.start, end: start, newText: '', label },
    { start: end, end: call.end, newText: '', label },
  ];
}

/**
 * Takes helpers and imports out that nothing refers to once `removed` is gone: functions, classes and values at module
 * level by their names, imports by their lines as addImports writes them.
 */
export function removeUnused(
  source: Source,
  candidates: { readonly helpers?: readonly string[]; readonly imports?: readonly string[] },
  removed: readonly TextRange[],
): readonly TextEdit[] {
  const edits: TextEdit[] = [];
  const gone: TextRange[] = [...removed];
  const statements = partsOf(source.root);
  for (const name of candidates.helpers ?? []) {
    const helper = statements.find((node) => nameOfDefinition(source, node) === name);
    if (!helper || isUsed(source, name, [...gone, helper])) continue;
    const edit = helperRange(source, helper);
    edits.push({ ...edit, newText: '', label: `Remove ${name}` });
    gone.push(helper);
  }
  for (const statement of [...statements].reverse()) {
    const line = textOf(source, statement);
    const name = /(\w+)$/.exec(line)?.[1];
    if (!candidates.imports?.includes(line) || name === undefined) continue;
    // Only where addImports puts it: an unused import further up is the file's own.
    const next = statements[statements.indexOf(statement) + 1];
    const isLast = !next || !/^import_/.test(next.type) || gone.includes(next);
    if (!isLast || isUsed(source, name, [...gone, statement])) continue;
    if (!standsAlone(source, statement)) continue;
    edits.push({ ...importRange(source, statement), newText: '', label: `Remove ${line}` });
    gone.push(statement);
  }
  return withoutOverlaps(source.text, edits);
}

function importRange({ text, root }: Source, statement: SyntaxNode): TextRange {
  const end = lineEnd(text, statement.end);
  if (partsOf(root)[0] === statement) {
    return { start: statement.start, end: skipBreaks(text, end, 3) };
  }
  // From the end of the line before: a helper may follow, whose removal starts at the end of this one.
  return { start: skipBreaksBack(text, lineStart(text, statement.start), 1), end };
}

function nameOfDefinition(source: Source, node: SyntaxNode): string | undefined {
  const [first] = node.type === 'expression_statement' ? partsOf(node) : [];
  const target = first?.type === 'assignment' ? fieldOf(first, 'left') : undefined;
  if (target) return textOf(source, target);
  const definition = fieldOf(node, 'definition') ?? node;
  if (!/^(?:function|class)_definition$/.test(definition.type)) return undefined;
  const name = fieldOf(definition, 'name');
  return name && textOf(source, name);
}

/** Whether a name or a string outside of some ranges says the name. */
function isUsed(source: Source, name: string, except: readonly TextRange[]): boolean {
  return nodesIn(source.root).some(
    (node) =>
      (node.type === 'string_content' ||
        (node.type === 'identifier' && !isAttributeName(node) && !isPartOfModuleName(node))) &&
      textOf(source, node) === name &&
      !except.some(({ start, end }) => start <= node.start && node.end <= end),
  );
}

/** `keras` in `from keras.layers import Dense` or in `import keras.layers as L` is no use of a name. */
function isPartOfModuleName({ parent }: SyntaxNode): boolean {
  return (
    parent?.type === 'dotted_name' &&
    /^(?:import_from_statement|aliased_import)$/.test(parent.parent?.type ?? '')
  );
}

/** What insertHelper added: the helper and, by the blank lines before it, those that came with it. */
function helperRange({ text, root }: Source, helper: SyntaxNode): TextRange {
  const end = lineEnd(text, helper.end);
  if (partsOf(root)[0] === helper) return { start: helper.start, end: skipBreaks(text, end, 3) };
  const two = skipBreaksBack(text, helper.start, 2);
  const three = skipBreaksBack(text, two, 1);
  if (three < two) return { start: three, end };
  return { start: two, end: skipBreaks(text, end, 1) };
}

/** The offset after up to `count` line breaks. */
function skipBreaks(text: string, offset: number, count: number): number {
  let at = offset;
  for (let i = 0; i < count; i++) {
    if (text.startsWith('\r\n', at)) at += 2;
    else if (text[at] === '\n') at++;
  }
  return at;
}

function skipBreaksBack(text: string, offset: number, count: number): number {
  let at = offset;
  for (let i = 0; i < count; i++) {
    if (text.slice(Math.max(0, at - 2), at) === '\r\n') at -= 2;
    else if (text[at - 1] === '\n') at--;
  }
  return at;
}

/** Two helpers in a row share the lines between them: what the second would take twice it takes from behind. */
function withoutOverlaps(text: string, edits: readonly TextEdit[]): readonly TextEdit[] {
  let position = 0;
  return [...edits]
    .sort((a, b) => a.start - b.start)
    .map((edit) => {
      const shared = text.slice(edit.start, Math.max(edit.start, position));
      const start = edit.start + shared.length;
      const end = skipBreaks(text, edit.end, shared.split('\n').length - 1);
      position = end;
      return { ...edit, start, end };
    });
}
