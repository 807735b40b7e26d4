import { readFile } from 'node:fs/promises';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

import { createLanguageParser } from '../../src/training/parser';
import type { LanguageParser } from '../../src/training/parser';
import type { LanguageId, Source } from '../../src/training/source';

/** A file of an installed package. */
export const pathOf = (path: string): string =>
  fileURLToPath(new URL(`../../node_modules/${path}`, import.meta.url));

/** The parser as the extension ships it. */
export function loadParser(language: LanguageId): Promise<LanguageParser> {
  return createLanguageParser(
    {
      runtime: readFileSync(pathOf('web-tree-sitter/web-tree-sitter.wasm')),
      grammar: (id) => readFile(pathOf(`@vscode/tree-sitter-wasm/wasm/tree-sitter-${id}.wasm`)),
    },
    language,
  );
}

/** Texts that a test may come back to: the original, and what an edit made of it. */
const maxKept = 4;

/** The same parser for tests that ask for the same few texts again and again. */
export async function loadSharingParser(
  language: LanguageId,
): Promise<Pick<LanguageParser, 'parse'>> {
  const parser = await loadParser(language);
  const kept = new Map<string, Source>();
  return {
    parse: (text) => {
      const source = kept.get(text) ?? parser.parse(text);
      kept.delete(text);
      kept.set(text, source);
      for (const oldest of kept.keys()) {
        if (kept.size <= maxKept) break;
        kept.delete(oldest);
      }
      return source;
    },
  };
}

export const loadPythonParser = (): Promise<Pick<LanguageParser, 'parse'>> =>
  loadSharingParser('python');
