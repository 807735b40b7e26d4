import type { Module } from '../module';
import type { Source, SyntaxNode } from '../source';
import { fieldOf, nodesIn, textOf, topLevelStatement } from '../syntax';
import type { TextEdit } from '../textEdit';
import { endOfLineOf, headOf } from './head';
import { lineBreakOf } from './layout';

/** Adds import lines after the head of imports. Undefined where the file has no such head. */
export function addImports(
  source: Source,
  lines: readonly string[],
  user: SyntaxNode,
): TextEdit | undefined {
  const anchor = headOf(source, topLevelStatement(user));
  if (!anchor) return undefined;
  const at = endOfLineOf(source, anchor);
  const newText = lines.map((line) => lineBreakOf(source.text) + line).join('');
  return { start: at, end: at, newText, label: lines.join(', ') };
}

/** How the code of a file may write a name of a library. */
export interface QualifiedName {
  readonly text: string;
  /** Lines that have to be added for it. */
  readonly imports: readonly string[];
}

/** An import that makes a name known, where the file has none: `from torch.nn.utils import prune`. */
export interface FallbackImport {
  readonly line: string;
  /** The local name that it binds, and what that stands for. */
  readonly binds: string;
  readonly origin: string;
}

/**
 * Writes the name `origin` (`torch.nn.functional.softshrink`) as the file would: through the shortest of its imports that
 * is seen from `at` (the root: by a helper), else through `fallback`. Undefined where the name that the fallback binds means something else.
 *
 * `loaded` is the module that must have been imported by itself (`torch.nn.utils.prune`), where an import of its package
 * does not bring it.
 */
export function qualifiedName(
  module: Module,
  origin: string,
  at: SyntaxNode,
  options: { readonly fallback: FallbackImport; readonly loaded?: string },
): QualifiedName | undefined {
  const { fallback, loaded } = options;
  let best: string | undefined;
  for (const [local, target] of importedNames(module, at)) {
    if (loaded !== undefined && target !== loaded && !target.startsWith(`${loaded}.`)) continue;
    const isPrefix = origin === target || origin.startsWith(`${target}.`);
    if (!isPrefix) continue;
    const text = local + origin.slice(target.length);
    if (best === undefined || text.length < best.length) best = text;
  }
  if (best !== undefined) return { text: best, imports: [] };
  const { line, binds, origin: bound } = fallback;
  const isTaken = module.names.lookup(binds, at).length > 0;
  if (isTaken || module.names.lookup(binds, module.source.root).length > 0) return undefined;
  return { text: binds + origin.slice(bound.length), imports: [line] };
}

/** Names that mean one import where `at` stands, and its origin. */
function importedNames({ source, names }: Module, at: SyntaxNode): ReadonlyMap<string, string> {
  const found = new Map<string, string>();
  const top = topLevelStatement(at);
  for (const statement of importsOf(source)) {
    const isLater = at !== source.root && statement.start > at.start;
    const runsBefore = topLevelStatement(statement) !== top && top.type !== 'class_definition';
    if (isLater && !(runsBefore && /definition$/.test(top.type))) continue;
    for (const item of statement.children) {
      if (item.field !== 'name') continue;
      const whole = textOf(source, fieldOf(item, 'alias') ?? item);
      const name = whole.split('.')[0] ?? whole;
      const bindings = names.lookup(name, at);
      const origins = new Set(bindings.map(({ kind, origin }) => kind === 'import' && origin));
      const [origin] = origins;
      if (origins.size === 1 && typeof origin === 'string') found.set(name, origin);
    }
  }
  return found;
}

/** Every layer of a model asks for its imports, and a walk through the file takes long. */
const known = new WeakMap<Source, readonly SyntaxNode[]>();

function importsOf(source: Source): readonly SyntaxNode[] {
  const found =
    known.get(source) ??
    nodesIn(source.root).filter(
      ({ type, hasError }) => /^import_(?:from_)?statement$/.test(type) && !hasError,
    );
  known.set(source, found);
  return found;
}
