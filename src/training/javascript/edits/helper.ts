import { lineBreakOf, lineEnd, lineStart } from '../../edits/layout';
import type { Source, SyntaxNode } from '../../source';
import { nodesIn, partsOf, textOf } from '../../syntax';
import type { TextEdit, TextRange } from '../../textEdit';
import type { JavaScriptModule } from '../module';
import { bindingStatement, namespaceIn, requiredModule, isWholeLibrary } from '../names';
import { literalText } from '../syntax';
import { restyle, styleOf } from './style';

/** A function or class that a recipe adds once per file. */
export interface Helper {
  /** Its name, the only one that it adds to the file. */
  readonly name: string;
  /** See restyle; uses TensorFlow.js as `tf`. Ends without a line break. */
  readonly code: string;
}

/** What a file has or needs so that the helper can be used. */
export interface HelperPlan {
  /** Imports and the helper itself; empty where the file has it. */
  edits(): readonly TextEdit[];
}

/**
 * How the helper comes into the file: after the imports and requires at its head, under its own name. Undefined where the name
 * means something else here, or where TensorFlow.js as a whole has no name at module level.
 */
export function planHelper(module: JavaScriptModule, helper: Helper): HelperPlan | undefined {
  const { source, names } = module;
  if (isDefined(module, helper)) return { edits: () => [] };
  if (names.binds(helper.name)) return undefined;
  const statements = partsOf(source.root);
  const namespace = namespaceIn(source, names);
  if (namespace === undefined) return planWithImport(source, helper, statements);
  const bound = bindingStatement(source, names, namespace);
  const anchor = [headEnd(source, statements), bound]
    .filter((node) => node !== undefined)
    .sort((a, b) => b.end - a.end)[0];
  return { edits: () => [insertion(source, helper, anchor, namespace, '')] };
}

/** `import {sequential} from '@tensorflow/tfjs'` needs the namespace beside the single names. */
function planWithImport(
  source: Source,
  helper: Helper,
  statements: readonly SyntaxNode[],
): HelperPlan | undefined {
  const from = nodesIn(source.root).flatMap((node) => {
    const isSource = node.type === 'string' && node.field === 'source';
    const package_ = isSource ? literalText(source, node) : requiredModule(source, node);
    return package_ !== undefined && isWholeLibrary(package_) ? [{ package_, isSource }] : [];
  })[0];
  const anchor = headEnd(source, statements);
  if (!from || !anchor || nodesIn(source.root).some((node) => isName(source, node, 'tf'))) {
    return undefined;
  }
  const line = from.isSource
    ? `import * as tf from '${from.package_}';`
    : `const tf = require('${from.package_}');`;
  return { edits: () => [insertion(source, helper, anchor, 'tf', line)] };
}

function isName(source: Source, node: SyntaxNode, name: string): boolean {
  return node.type === 'identifier' && textOf(source, node) === name;
}

function insertion(
  source: Source,
  { name, code }: Helper,
  anchor: SyntaxNode | undefined,
  namespace: string,
  importLine: string,
): TextEdit {
  const { text } = source;
  const lineBreak = lineBreakOf(text);
  const style = styleOf(source);
  const named = namespace === 'tf' ? code : code.replace(/\btf\./g, `${namespace}.`);
  const lines = (block: string): string => restyle(block, style).split('\n').join(lineBreak);
  const label = `Add ${name}`;
  if (!anchor) {
    const first = partsOf(source.root).find(({ type }) => type !== 'hash_bang_line');
    const start = lineStart(text, first?.start ?? text.length);
    return { start, end: start, newText: lines(named) + lineBreak.repeat(2), label };
  }
  const at = lineEnd(text, anchor.end);
  const head = importLine === '' ? '' : lineBreak + lines(importLine);
  return { start: at, end: at, newText: head + lineBreak.repeat(2) + lines(named), label };
}

/** The last statement of the run of imports and requires with which the file begins. */
function headEnd(source: Source, statements: readonly SyntaxNode[]): SyntaxNode | undefined {
  let last: SyntaxNode | undefined;
  for (const statement of statements) {
    if (statement.type === 'hash_bang_line') continue;
    if (!isHeadStatement(source, statement)) break;
    last = statement;
  }
  return last;
}

function isHeadStatement(source: Source, statement: SyntaxNode): boolean {
  switch (statement.type) {
    case 'import_statement':
      return true;
    case 'lexical_declaration':
    case 'variable_declaration':
      return /\b(?:require|import)\s*\(/.test(textOf(source, statement));
    case 'expression_statement': {
      const content = partsOf(statement)[0];
      // 'use strict' and require('…') for its effect.
      return (
        content?.type === 'string' || (content && requiredModule(source, content)) !== undefined
      );
    }
    default:
      return false;
  }
}

/** Whether the file has the helper: a function of this name, or a registered class. */
export function isDefined({ source, names }: JavaScriptModule, { name }: Helper): boolean {
  const [binding] = names.lookup(name, source.root);
  return binding !== undefined && /^(?:function|class|import)$/.test(binding.kind);
}

/** Takes out the helper, once nothing but `users` refers to it; empty where it stays. */
export function removeHelper(
  module: JavaScriptModule,
  { name, code }: Helper,
  users: readonly SyntaxNode[],
): readonly TextEdit[] {
  const { source, names } = module;
  const [binding, ...others] = names.lookup(name, source.root);
  if (!binding || others.length > 0 || binding.node.parent !== source.root) return [];
  const { text } = source;
  const lineBreak = lineBreakOf(text);
  const namespace = namespaceIn(source, names) ?? 'tf';
  const named = namespace === 'tf' ? code : code.replace(/\btf\./g, `${namespace}.`);
  const ours = restyle(named, styleOf(source)).split('\n').join(lineBreak);
  const start = text.lastIndexOf(ours, binding.node.start);
  // Changed by hand: it is the user's own by now.
  if (start === -1 || start + ours.length < binding.node.end) return [];
  const end = start + ours.length;
  const isUsed = nodesIn(source.root).some((node) => {
    const isOutside = node.end <= start || node.start >= end;
    const isKnown = users.some((user) => user.start <= node.start && node.end <= user.end);
    if (!isOutside || isKnown) return false;
    const isReference = /^(?:identifier|shorthand_property_identifier|type_identifier)$/.test(
      node.type,
    );
    const isQuoted = node.type === 'string_fragment';
    return (isReference || isQuoted) && textOf(source, node) === name;
  });
  if (isUsed) return [];
  const gap = lineBreak.repeat(2);
  const label = `Remove ${name}`;
  if (text.slice(start - gap.length, start) === gap) {
    const from = startOfImport(source, start - gap.length, { start, end }, users);
    return [{ start: from, end, newText: '', label }];
  }
  const after = text.startsWith(gap, end) ? gap.length : 0;
  return [{ start, end: end + after, newText: '', label }];
}

/** Start of the import that came with the helper, where nothing else uses it; otherwise the end of that line. */
function startOfImport(
  source: Source,
  at: number,
  helper: TextRange,
  users: readonly SyntaxNode[],
): number {
  const { text } = source;
  const lineBreak = lineBreakOf(text);
  const start = lineStart(text, at);
  const line = text.slice(start, at);
  const isOurs = /^(?:import \* as tf from|const tf = require\()/.test(line);
  const before = start - lineBreak.length;
  if (!isOurs || before <= 0 || !/@tensorflow\//.test(text.slice(0, before))) return at;
  const isElsewhere = ({ start: from, end: to }: SyntaxNode): boolean =>
    (to <= start || from >= helper.end) &&
    !users.some((user) => user.start <= from && to <= user.end);
  const isUsed = nodesIn(source.root).some(
    (node) => isElsewhere(node) && isName(source, node, 'tf'),
  );
  return isUsed ? at : before;
}
