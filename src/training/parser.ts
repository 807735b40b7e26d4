import { Language, Parser } from 'web-tree-sitter';

import { EditedScript } from './editedScript';
import type { LanguageId, Source } from './source';
import { copyTree, kindsOf } from './treeCopy';

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
  /** For a text that will change: each of its states is parsed by what is left of the one before. */
  open(language: LanguageId): Promise<EditedScript>;
}

/** A parser of one language whose grammar is at hand. */
export interface LanguageParser {
  parse(text: string): Source;
  open(): EditedScript;
  dispose(): void;
}

/** Parses every language that there is a grammar for. Grammars are loaded when they are first needed. */
export function createScriptParser(binaries: ParserBinaries): ScriptParser {
  const parsers = new Map<LanguageId, Promise<LanguageParser>>();
  const parserOf = (language: LanguageId): Promise<LanguageParser> => {
    const parser = parsers.get(language) ?? createLanguageParser(binaries, language);
    parsers.set(language, parser);
    return parser;
  };
  return {
    parse: async (text, language) => (await parserOf(language)).parse(text),
    open: async (language) => (await parserOf(language)).open(),
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
  const kinds = kindsOf(language);
  return {
    parse: (text) => {
      const tree = parser.parse(text);
      if (!tree) throw new Error(`the ${id} parser gave no tree`);
      try {
        return { language: id, text, root: copyTree(tree, kinds) };
      } finally {
        tree.delete();
      }
    },
    open: () => new EditedScript(id, parser, kinds),
    dispose: () => parser.delete(),
  };
}
