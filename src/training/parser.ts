import { Language, Parser } from 'web-tree-sitter';
import type { TreeCursor } from 'web-tree-sitter';

import type { LanguageId, Source, SyntaxNode } from './source';

/** The WebAssembly modules, as bytes: this folder reads no files. */
export interface ParserBinaries {
  /** `web-tree-sitter.wasm`. */
  readonly runtime: Uint8Array;
  /** `tree-sitter-python.wasm` and its like; asked for once, when the first file of the language is seen. */
  grammar(language: LanguageId): Promise<Uint8Array>;
}

export interface ScriptParser {
  /** Never fails on broken code: the parts that could not be parsed are error nodes. */
  parse(text: string, language: LanguageId): Promise<Source>;
}

/** A parser of one language whose grammar is at hand. */
export interface LanguageParser {
  parse(text: string): Source;
  dispose(): void;
}

/** Parses every language that there is a grammar for. Grammars are loaded when they are first needed. */
export function createScriptParser(binaries: ParserBinaries): ScriptParser {
  const parsers = new Map<LanguageId, Promise<LanguageParser>>();
  return {
    parse: async (text, language) => {
      const parser = parsers.get(language) ?? createLanguageParser(binaries, language);
      parsers.set(language, parser);
      return (await parser).parse(text);
    },
  };
}

let runtime: Promise<void> | undefined;

/** Loads one grammar: some tens of milliseconds. */
export async function createLanguageParser(
  binaries: ParserBinaries,
  id: LanguageId,
): Promise<LanguageParser> {
  await (runtime ??= Parser.init({ wasmBinary: binaries.runtime }));
  const language = await Language.load(await binaries.grammar(id));
  const parser = new Parser();
  parser.setLanguage(language);
  return {
    parse: (text) => {
      const tree = parser.parse(text);
      if (!tree) throw new Error(`the ${id} parser gave no tree`);
      const cursor = tree.walk();
      try {
        return { language: id, text, root: copyTree(cursor, language) };
      } finally {
        cursor.delete();
        tree.delete();
      }
    },
    dispose: () => parser.delete(),
  };
}

/** Deeper nodes are taken for errors, so that a walk may recurse. Python itself stops at 200 brackets. */
const maxDepth = 1000;

/** A node while its children are being collected. */
interface Draft extends SyntaxNode {
  readonly parent: Draft | undefined;
  readonly children: SyntaxNode[];
  hasError: boolean;
}

/** Iterative, because the depth of the tree is the file's choice. */
function copyTree(cursor: TreeCursor, language: Language): SyntaxNode {
  const root = draftOf(cursor, language, undefined);
  let node = root;
  let descending = true;
  let depth = 0;
  for (;;) {
    if (depth === maxDepth) {
      node.hasError = true;
      descending = false;
    }
    if (descending && cursor.gotoFirstChild()) {
      node = addTo(node, cursor, language);
      depth++;
    } else if (cursor.gotoNextSibling()) {
      close(node);
      node = addTo(node.parent ?? root, cursor, language);
      descending = true;
    } else if (cursor.gotoParent()) {
      close(node);
      node = node.parent ?? root;
      descending = false;
      depth--;
    } else {
      return root;
    }
  }
}

function addTo(parent: Draft, cursor: TreeCursor, language: Language): Draft {
  const child = draftOf(cursor, language, parent);
  parent.children.push(child);
  return child;
}

function close(node: Draft): void {
  if (node.hasError && node.parent) node.parent.hasError = true;
}

function draftOf(cursor: TreeCursor, language: Language, parent: Draft | undefined): Draft {
  const type = language.types[cursor.nodeTypeId] ?? 'ERROR';
  return {
    type,
    field: language.fields[cursor.currentFieldId] ?? undefined,
    isNamed: cursor.nodeIsNamed,
    start: cursor.startIndex,
    end: cursor.endIndex,
    parent,
    children: [],
    hasError: type === 'ERROR' || cursor.nodeIsMissing,
  };
}
