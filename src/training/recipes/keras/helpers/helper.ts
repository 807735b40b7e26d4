import { insertHelper } from '../../../edits/helper';
import { removeUnused } from '../../../edits/removal';
import type { Module } from '../../../module';
import type { SyntaxNode } from '../../../source';
import { fieldOf, partsOf, textOf } from '../../../syntax';
import type { TextEdit, TextRange } from '../../../textEdit';
import { kerasRoot, numpyRoot, packageOf, tensorflowRoot } from '../written';

/** A class or function that a recipe puts into the file once. */
export interface Helper {
  readonly name: string;
  /** Written for `keras` and `tf`; indented by four spaces, without a line break at its end. */
  readonly code: string;
}

/** Imports that a helper may have brought, by the name with which its code uses them. */
const helperImports: readonly (readonly [use: RegExp, lines: readonly string[]])[] = [
  [/\bkeras\./, ['import keras', 'from tensorflow import keras']],
  [/\btf\./, ['import tensorflow as tf']],
  [/\bnp\./, ['import numpy as np']],
];

/** Edits that make the helper known; none where it is there. In words: why it cannot be. */
export function helperEdits(
  module: Module,
  helper: Helper,
  at: { readonly callee: SyntaxNode; readonly user: SyntaxNode },
): readonly TextEdit[] | string {
  const { name } = helper;
  if (hasHelper(module, helper)) return [];
  const isTaken =
    module.names.lookup(name, module.source.root).length > 0 ||
    module.names.lookup(name, at.user).length > 0;
  if (isTaken) return `The file has a ${name} of its own`;
  if (packageOf(module, at.callee) === 'tf_keras') return `${name} needs Keras 3`;
  const roots = [
    ['keras', kerasRoot(module, at.callee)],
    ['tf', tensorflowRoot(module)],
    ['np', numpyRoot(module)],
  ] as const;
  let { code } = helper;
  const imports: string[] = [];
  for (const [root, written] of roots) {
    const use = new RegExp(`\\b${root}\\.`, 'g');
    if (!use.test(helper.code)) continue;
    if (!written) return `The name ${root} means something else in this file`;
    code = code.replace(use, `${written.text}.`);
    imports.push(...written.imports);
  }
  return [insertHelper(module.source, code, at.user, `Add the helper ${name}`, imports)];
}

/** Whether the file has this very helper, whatever it calls Keras. */
export function hasHelper({ source }: Module, { name, code }: Helper): boolean {
  const docstring = /"""(.*?)"""/s.exec(code)?.[1] ?? code;
  return partsOf(source.root).some((node) => {
    const definition = fieldOf(node, 'definition') ?? node;
    const own = fieldOf(definition, 'name');
    if (!own || textOf(source, own) !== name) return false;
    const text = textOf(source, definition).replace(/\s+/g, ' ');
    return text.includes(docstring.replace(/\s+/g, ' '));
  });
}

/** Takes the helper out, and the imports that it brought, where nothing else uses them. */
export function removeHelper(
  module: Module,
  { name, code }: Helper,
  removed: readonly TextRange[],
  imports: readonly string[] = [],
): readonly TextEdit[] {
  const { source } = module;
  const statements = partsOf(source.root);
  const at = statements.findIndex((node) => {
    const called = fieldOf(fieldOf(node, 'definition') ?? node, 'name');
    return called !== undefined && textOf(source, called) === name;
  });
  const own = helperImports.flatMap(([use, lines]) => (use.test(code) ? lines : []));
  // Only what stands directly before the helper came with it.
  const before = statements.slice(Math.max(0, at - 2), Math.max(0, at));
  const brought = before.map((node) => textOf(source, node)).filter((line) => own.includes(line));
  return removeUnused(source, { helpers: [name], imports: [...brought, ...imports] }, removed);
}
