import { Language, Parser } from 'web-tree-sitter';
import type { TreeCursor } from 'web-tree-sitter';

/** The two WebAssembly modules, as bytes: this folder reads no files. */
export interface ParserBinaries {
  /** `web-tree-sitter.wasm`. */
  readonly runtime: Uint8Array;
  /** `tree-sitter-python.wasm`. */
  readonly python: Uint8Array;
}

/** A node of the syntax tree, copied out of WebAssembly: it stays valid and needs no deletion. */
export interface SyntaxNode {
  /** The grammar's name: `call`, `argument_list`, `(` … */
  readonly type: string;
  /** Its role in the parent: `function`, `arguments`, `left` … */
  readonly field: string | undefined;
  /** False for punctuation and keywords. */
  readonly isNamed: boolean;
  readonly start: number;
  readonly end: number;
  readonly parent: SyntaxNode | undefined;
  /** Children with their punctuation and comments. */
  readonly children: readonly SyntaxNode[];
  /** Whether the parser found an error in here. */
  readonly hasError: boolean;
}

/** A parsed Python file: plain data, bound to its text. */
export interface PythonSource {
  readonly text: string;
  readonly root: SyntaxNode;
}

export interface PythonParser {
  /** Never fails on broken code: the parts that could not be parsed are error nodes. */
  parse(text: string): PythonSource;
  dispose(): void;
}

/** Loads the parser. Do this once, when the first Python document is seen: it takes some tens of milliseconds. */
export async function createPythonParser(binaries: ParserBinaries): Promise<PythonParser> {
  await Parser.init({ wasmBinary: binaries.runtime });
  const language = await Language.load(binaries.python);
  const parser = new Parser();
  parser.setLanguage(language);
  return {
    parse: (text) => {
      const tree = parser.parse(text);
      if (!tree) throw new Error('the Python parser gave no tree');
      const cursor = tree.walk();
      try {
        return { text, root: copyTree(cursor, language) };
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
