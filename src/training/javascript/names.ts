import { remembered } from '../remember';
import type { Source, SyntaxNode } from '../source';
import { fieldOf, textOf } from '../syntax';
import { readScopes } from './scopes';
import type { Binding, Scopes } from './scopes';
import { argumentsOf, bare, calleeOf, literalText, memberOf } from './syntax';

/** Gives the names of a file their meaning. */
export interface Names extends Scopes {
  /**
   * Origin of a name or member, whatever the file's own names are: `tf.layers.dense`. The packages of TensorFlow.js are all
   * `tf`, other modules are not looked into. Undefined where the name is the file's own or where two meanings compete.
   */
  origin(node: SyntaxNode): string | undefined;
}

/** Aliases that are followed: `const {layers} = tf`, `const dense = layers.dense`. */
const maxSteps = 16;

/** Finds what the names of a JavaScript file stand for. */
export function readNames(source: Source): Names {
  const scopes = readScopes(source);

  const originOf = (node: SyntaxNode, depth: number): string | undefined => {
    if (depth > maxSteps) return undefined;
    const names: string[] = [];
    let base = bare(node);
    for (
      let member = memberOf(source, base);
      member && names.length < maxSteps;
      member = memberOf(source, base)
    ) {
      names.unshift(member.name);
      base = bare(member.object);
    }
    const root =
      base.type === 'identifier'
        ? originOfName(base, depth)
        : originOfModule(requiredModule(source, base));
    return root === undefined ? undefined : [root, ...names].join('.');
  };

  const originOfName = (identifier: SyntaxNode, depth: number): string | undefined => {
    const name = textOf(source, identifier);
    const bindings = scopes.lookup(name, identifier);
    // A script element can bring `tf` as a global; no file has that name free for another reason.
    if (bindings.length === 0) return name === 'tf' ? 'tf' : undefined;
    const given = bindings.filter(({ kind, value }) => kind !== 'variable' || value !== undefined);
    const origins = new Set(given.map((binding) => originOfBinding(binding, depth)));
    return origins.size === 1 ? [...origins][0] : undefined;
  };

  const originOfBinding = (binding: Binding, depth: number): string | undefined => {
    const { module, value, path } = binding;
    const root =
      module === undefined ? value && originOf(value, depth + 1) : originOfModule(module);
    return root === undefined || !path ? undefined : [root, ...path].join('.');
  };

  return { ...scopes, origin: remembered((node: SyntaxNode) => originOf(node, 0)) };
}

/** Module of `require('x')` and of `await import('x')`. */
export function requiredModule(source: Source, node: SyntaxNode): string | undefined {
  const call = node.type === 'await_expression' ? node.children.at(-1) : node;
  if (call?.type !== 'call_expression') return undefined;
  const callee = calleeOf(call);
  const [first] = argumentsOf(call);
  if (!callee || !first || !/^(?:require|import)$/.test(textOf(source, callee))) return undefined;
  if (textOf(source, callee) === 'import' && node.type !== 'await_expression') return undefined;
  return literalText(source, first);
}

/** Packages that hold the whole of TensorFlow.js or a part of its names, also from a CDN. */
const packagePattern =
  /^(?:npm:|https?:\/\/[\w./-]*\/)?@tensorflow\/tfjs(-node|-node-gpu|-layers|-core|-data)?(?:@[\w.^~-]+)?(?:\/.*)?$/;

function originOfModule(module: string | undefined): string | undefined {
  const match = module === undefined ? null : packagePattern.exec(module);
  if (!match) return undefined;
  return match[1] === '-data' ? 'tf.data' : 'tf';
}

/** Whether the module has all of TensorFlow.js: tensors, layers and data. */
export function isWholeLibrary(module: string): boolean {
  const part = packagePattern.exec(module);
  return part !== null && (part[1] === undefined || part[1].startsWith('-node'));
}

/** The name under which all of TensorFlow.js is known at module level: `tf`. */
export function namespaceIn(source: Source, names: Names): string | undefined {
  for (const name of wholeNames(source)) {
    const bindings = names.lookup(name, source.root);
    const isGlobal = name === 'tf' && !names.binds('tf') && !source.text.includes('@tensorflow/');
    if (isGlobal) return name;
    const isWhole = bindings.some(({ module, value, path }) => {
      const from = module ?? (value && requiredModule(source, value));
      return from !== undefined && isWholeLibrary(from) && path?.length === 0;
    });
    if (isWhole && bindings.length === 1) return name;
  }
  return undefined;
}

/** Names at module level that stand for a module, and the global `tf`. */
function wholeNames(source: Source): readonly string[] {
  const found: string[] = [];
  for (const statement of source.root.children) {
    const text = textOf(source, statement);
    if (!text.includes('@tensorflow/')) continue;
    for (const match of text.matchAll(
      /(?:\*\s*as\s+|import\s+|(?:const|let|var)\s+|,\s*)([A-Za-z_$][\w$]*)/g,
    )) {
      if (match[1] !== undefined) found.push(match[1]);
    }
  }
  return [...found, 'tf'];
}

/** The declarator's or import's statement at module level that brings the name. */
export function bindingStatement(
  source: Source,
  names: Names,
  name: string,
): SyntaxNode | undefined {
  let node = names.lookup(name, source.root)[0]?.node;
  while (node?.parent?.parent) node = node.parent;
  return node;
}

/** The value of a name that is bound once. */
export function valueOf(
  source: Source,
  names: Names,
  identifier: SyntaxNode,
): SyntaxNode | undefined {
  const [binding, ...others] = names.lookup(textOf(source, identifier), identifier);
  if (!binding || others.length > 0 || binding.path?.length !== 0) return undefined;
  return binding.value ?? fieldOf(binding.node, 'value');
}
