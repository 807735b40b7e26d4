import type { Source, SyntaxNode } from './source';
import { fieldOf, nodesIn, partsOf, textOf } from './syntax';

/** Something that gives a name its meaning in a scope. */
export interface Binding {
  readonly kind: 'import' | 'class' | 'function' | 'assignment' | 'parameter' | 'other';
  /** The node that binds: an import's item, a definition, an assignment, a parameter, a loop's target. */
  readonly node: SyntaxNode;
  /** Dotted origin of an import: `torch.nn`. Relative ones keep their dots: `.models.Net`. */
  readonly origin?: string;
  /** Right side of a plain assignment to one name. */
  readonly value?: SyntaxNode;
}

export interface Scopes {
  /** What binds the name where it is used: all bindings of the innermost scope that has any. */
  lookup(name: string, at: SyntaxNode): readonly Binding[];
  /** Modules of which all names were imported: `from torch.nn import *`. */
  readonly wildcards: readonly string[];
}

const scopeTypes = new Set([
  'module',
  'function_definition',
  'lambda',
  'class_definition',
  'list_comprehension',
  'set_comprehension',
  'dictionary_comprehension',
  'generator_expression',
]);

/** Reads every scope of the file. */
export function readScopes(source: Source): Scopes {
  const tables = new Map<SyntaxNode, Map<string, Binding[]>>();
  const wildcards: string[] = [];

  const bind = (scope: SyntaxNode, name: string, binding: Binding): void => {
    const table = tables.get(scope) ?? new Map<string, Binding[]>();
    tables.set(scope, table);
    const bindings = table.get(name);
    if (bindings) bindings.push(binding);
    else table.set(name, [binding]);
  };
  const bindTargets = (scope: SyntaxNode, target: SyntaxNode, binding: Binding): void => {
    for (const node of targetsIn(target)) bind(scope, textOf(source, node), binding);
  };

  for (const node of nodesIn(source.root)) {
    switch (node.type) {
      case 'import_statement':
        for (const item of importItems(source, node)) bind(scopeOf(node), item.name, item.binding);
        break;
      case 'import_from_statement': {
        const module = moduleName(source, node);
        if (node.children.some(({ type }) => type === 'wildcard_import')) wildcards.push(module);
        for (const item of fromItems(source, node, module)) {
          bind(scopeOf(node), item.name, item.binding);
        }
        break;
      }
      case 'class_definition':
      case 'function_definition': {
        const name = fieldOf(node, 'name');
        const kind = node.type === 'class_definition' ? 'class' : 'function';
        if (name) bind(scopeOf(node), textOf(source, name), { kind, node });
        break;
      }
      case 'parameters':
      case 'lambda_parameters':
        for (const parameter of partsOf(node)) {
          const name = parameterName(parameter);
          if (name && node.parent) {
            bind(node.parent, textOf(source, name), { kind: 'parameter', node: parameter });
          }
        }
        break;
      case 'assignment': {
        const left = fieldOf(node, 'left');
        const value = fieldOf(node, 'right');
        if (!left) break;
        const binding: Binding =
          left.type === 'identifier' && value
            ? { kind: 'assignment', node, value }
            : { kind: 'other', node };
        bindTargets(scopeOf(node), left, binding);
        break;
      }
      case 'augmented_assignment':
      case 'for_statement':
      case 'for_in_clause': {
        const left = fieldOf(node, 'left');
        if (left) bindTargets(scopeOf(node), left, { kind: 'other', node });
        break;
      }
      case 'named_expression': {
        const name = fieldOf(node, 'name');
        if (name) bindTargets(scopeOf(node), name, { kind: 'other', node });
        break;
      }
      case 'as_pattern_target':
        bindTargets(scopeOf(node), node, { kind: 'other', node });
        break;
      default:
    }
  }

  return {
    wildcards,
    lookup: (name, at) => {
      let leftFunction = false;
      for (let scope = scopeOf(at); ; scope = scopeOf(scope)) {
        // Names of a class body are not seen from its methods.
        const isHidden = scope.type === 'class_definition' && leftFunction;
        const bindings = isHidden ? undefined : tables.get(scope)?.get(name);
        if (bindings) return bindings;
        if (!scope.parent) return [];
        leftFunction ||= scope.type === 'function_definition' || scope.type === 'lambda';
      }
    },
  };
}

/** The scope that a node stands in; a definition stands in the scope around it. */
function scopeOf(node: SyntaxNode): SyntaxNode {
  let scope = node.parent ?? node;
  while (scope.parent && !scopeTypes.has(scope.type)) scope = scope.parent;
  return scope;
}

interface ImportItem {
  readonly name: string;
  readonly binding: Binding;
}

function importItems(source: Source, statement: SyntaxNode): readonly ImportItem[] {
  return statement.children.flatMap((node) => {
    if (node.field !== 'name') return [];
    const alias = fieldOf(node, 'alias');
    const dotted = dottedText(source, alias ? (fieldOf(node, 'name') ?? node) : node);
    // `import torch.nn` binds `torch`, `import torch.nn as nn` binds the module itself.
    const origin = alias ? dotted : (dotted.split('.')[0] ?? dotted);
    const name = alias ? textOf(source, alias) : origin;
    return [{ name, binding: { kind: 'import', node, origin } }];
  });
}

function fromItems(source: Source, statement: SyntaxNode, module: string): readonly ImportItem[] {
  return statement.children.flatMap((node) => {
    if (node.field !== 'name') return [];
    const alias = fieldOf(node, 'alias');
    const imported = dottedText(source, alias ? (fieldOf(node, 'name') ?? node) : node);
    const origin = module.endsWith('.') ? module + imported : `${module}.${imported}`;
    const name = alias ? textOf(source, alias) : imported;
    return [{ name, binding: { kind: 'import', node, origin } }];
  });
}

/** The module of an import statement as it is written: `torch.nn`, `.layers`. */
export function moduleName(source: Source, statement: SyntaxNode): string {
  const module = fieldOf(statement, 'module_name');
  return module ? dottedText(source, module) : '';
}

function dottedText(source: Source, node: SyntaxNode): string {
  return textOf(source, node).replace(/\s+/g, '');
}

function parameterName(parameter: SyntaxNode): SyntaxNode | undefined {
  if (parameter.type === 'identifier') return parameter;
  const name = fieldOf(parameter, 'name') ?? partsOf(parameter)[0];
  if (!name || name.type === 'identifier') return name;
  return name.type.endsWith('_pattern') ? partsOf(name)[0] : undefined;
}

/** Names bound by a target: not `a.b` or `a[0]`, which bind nothing. */
function targetsIn(target: SyntaxNode): readonly SyntaxNode[] {
  if (target.type === 'identifier') return [target];
  const isGroup = /pattern|list|tuple|parenthesized/.test(target.type);
  return isGroup ? partsOf(target).flatMap(targetsIn) : [];
}
