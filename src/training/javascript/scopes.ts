import type { Source, SyntaxNode } from '../source';
import { fieldOf, nodesIn, partsOf, textOf } from '../syntax';
import { literalText } from './syntax';

/** Something that gives a name its meaning in a scope. */
export interface Binding {
  readonly kind: 'import' | 'variable' | 'function' | 'class' | 'parameter' | 'other';
  /** The node that binds: an import's statement, a declarator, a definition, an assignment, a parameter. */
  readonly node: SyntaxNode;
  /** Module of an import. */
  readonly module?: string;
  /** What is taken out of the module or value: [] is all of it, ['layers', 'dense'] a member of a member. */
  readonly path?: readonly string[];
  /** The value that is bound, or that `path` is taken from. */
  readonly value?: SyntaxNode;
}

export interface Scopes {
  /** What binds the name where it is used: all bindings of the innermost scope that has any. */
  lookup(name: string, at: SyntaxNode): readonly Binding[];
  /** Whether any scope of the file binds the name. */
  binds(name: string): boolean;
}

const scopeTypes = new Set([
  'program',
  'statement_block',
  'class_body',
  'for_statement',
  'for_in_statement',
  'catch_clause',
  'switch_body',
  'arrow_function',
  'function_expression',
  'function_declaration',
  'generator_function',
  'generator_function_declaration',
  'method_definition',
]);

const functionScopes = /function|method_definition|program/;

/** Reads every scope of the file: block scopes for `let` and `const`, functions for `var`. */
export function readScopes(source: Source): Scopes {
  const tables = new Map<SyntaxNode, Map<string, Binding[]>>();
  const names = new Set<string>();
  const bind = (scope: SyntaxNode, name: string, binding: Binding): void => {
    const table = tables.get(scope) ?? new Map<string, Binding[]>();
    tables.set(scope, table);
    names.add(name);
    table.set(name, [...(table.get(name) ?? []), binding]);
  };
  const bindPattern = (scope: SyntaxNode, pattern: SyntaxNode, binding: Binding): void => {
    for (const { name, path } of namesIn(source, pattern, [])) {
      bind(scope, name, path ? { ...binding, path } : { kind: 'other', node: binding.node });
    }
  };
  const lookup = (name: string, at: SyntaxNode): readonly Binding[] => {
    for (let scope = scopeOf(at); ; scope = scopeOf(scope)) {
      const bindings = tables.get(scope)?.get(name);
      if (bindings) return bindings;
      if (!scope.parent) return [];
    }
  };

  const assignments: SyntaxNode[] = [];
  for (const node of nodesIn(source.root)) {
    switch (node.type) {
      case 'import_statement':
        for (const item of importItems(source, node)) bind(scopeOf(node), item.name, item.binding);
        break;
      case 'variable_declarator': {
        const name = fieldOf(node, 'name');
        const value = fieldOf(node, 'value');
        const isVar = node.parent?.type === 'variable_declaration';
        const scope = isVar ? functionScopeOf(node) : scopeOf(node);
        if (name) bindPattern(scope, name, { kind: 'variable', node, ...(value && { value }) });
        break;
      }
      case 'function_declaration':
      case 'generator_function_declaration':
      case 'class_declaration': {
        const name = fieldOf(node, 'name');
        const kind = node.type === 'class_declaration' ? 'class' : 'function';
        if (name) bind(scopeOf(node), textOf(source, name), { kind, node });
        break;
      }
      case 'formal_parameters':
        for (const parameter of partsOf(node)) {
          const pattern = fieldOf(parameter, 'pattern') ?? parameter;
          if (node.parent) {
            for (const { name } of namesIn(source, pattern, [])) {
              bind(node.parent, name, { kind: 'parameter', node: parameter });
            }
          }
        }
        break;
      case 'arrow_function': {
        const parameter = fieldOf(node, 'parameter');
        if (parameter) {
          bind(node, textOf(source, parameter), { kind: 'parameter', node: parameter });
        }
        break;
      }
      case 'for_in_statement': {
        const left = fieldOf(node, 'left');
        const declares = node.children.some(({ field }) => field === 'kind');
        if (left && declares) bindPattern(node, left, { kind: 'other', node });
        break;
      }
      case 'catch_clause': {
        const parameter = fieldOf(node, 'parameter');
        if (parameter) bindPattern(node, parameter, { kind: 'other', node });
        break;
      }
      case 'assignment_expression':
      case 'augmented_assignment_expression':
      case 'update_expression':
        assignments.push(node);
        break;
      default:
    }
  }
  // Declarations are known by now, so that an assignment joins the scope of its variable.
  for (const node of assignments) {
    const left = fieldOf(node, 'left') ?? fieldOf(node, 'argument');
    const value = node.type === 'assignment_expression' ? fieldOf(node, 'right') : undefined;
    if (left?.type !== 'identifier') continue;
    const name = textOf(source, left);
    const scope = declaringScope(tables, name, node);
    if (scope) bind(scope, name, { kind: 'variable', node, path: [], ...(value && { value }) });
  }
  return { lookup, binds: (name) => names.has(name) };
}

function declaringScope(
  tables: ReadonlyMap<SyntaxNode, ReadonlyMap<string, readonly Binding[]>>,
  name: string,
  at: SyntaxNode,
): SyntaxNode | undefined {
  for (let scope = scopeOf(at); ; scope = scopeOf(scope)) {
    if (tables.get(scope)?.has(name) === true) return scope;
    if (!scope.parent) return undefined;
  }
}

/** The scope that a node stands in; a definition stands in the scope around it. */
export function scopeOf(node: SyntaxNode): SyntaxNode {
  let scope = node.parent ?? node;
  while (scope.parent && !scopeTypes.has(scope.type)) scope = scope.parent;
  return scope;
}

function functionScopeOf(node: SyntaxNode): SyntaxNode {
  let scope = scopeOf(node);
  while (scope.parent && !functionScopes.test(scope.type)) scope = scopeOf(scope);
  return scope;
}

interface ImportItem {
  readonly name: string;
  readonly binding: Binding;
}

function importItems(source: Source, statement: SyntaxNode): readonly ImportItem[] {
  const from = nodesIn(statement).find(({ field }) => field === 'source');
  const module = from && literalText(source, from);
  if (module === undefined) return [];
  const item = (name: SyntaxNode, path: readonly string[]): ImportItem => ({
    name: textOf(source, name),
    binding: { kind: 'import', node: statement, module, path },
  });
  return nodesIn(statement).flatMap((node) => {
    switch (node.type) {
      case 'namespace_import': {
        const name = partsOf(node)[0];
        return name ? [item(name, [])] : [];
      }
      case 'import_specifier': {
        const name = fieldOf(node, 'name');
        const imported = name && textOf(source, name);
        if (!name || imported === undefined) return [];
        return [item(fieldOf(node, 'alias') ?? name, imported === 'default' ? [] : [imported])];
      }
      case 'identifier': {
        // `import tf from`, and `import tf = require()` of TypeScript.
        const isWhole = /^import_(?:clause|require_clause)$/.test(node.parent?.type ?? '');
        return isWhole ? [item(node, [])] : [];
      }
      default:
        return [];
    }
  });
}

/** Names that a pattern binds, with the path of each below the value; undefined where the path is not plain. */
function namesIn(
  source: Source,
  pattern: SyntaxNode,
  path: readonly string[] | undefined,
): readonly { readonly name: string; readonly path: readonly string[] | undefined }[] {
  switch (pattern.type) {
    case 'identifier':
      return [{ name: textOf(source, pattern), path }];
    case 'shorthand_property_identifier_pattern': {
      const name = textOf(source, pattern);
      return [{ name, path: path && [...path, name] }];
    }
    case 'pair_pattern': {
      const key = fieldOf(pattern, 'key');
      const value = fieldOf(pattern, 'value');
      const isPlain = path && key?.type === 'property_identifier';
      return value
        ? namesIn(source, value, isPlain ? [...path, textOf(source, key)] : undefined)
        : [];
    }
    case 'object_pattern':
      return partsOf(pattern).flatMap((part) => namesIn(source, part, path));
    case 'array_pattern':
    case 'rest_pattern':
      return partsOf(pattern).flatMap((part) => namesIn(source, part, undefined));
    case 'assignment_pattern':
    case 'object_assignment_pattern': {
      const left = fieldOf(pattern, 'left');
      return left ? namesIn(source, left, undefined) : [];
    }
    default:
      return [];
  }
}
