import { readFile } from 'node:fs/promises';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

import { createLanguageParser } from '../../src/training/parser';
import type { LanguageParser } from '../../src/training/parser';
import type { LanguageId } from '../../src/training/source';

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

export const loadPythonParser = (): Promise<LanguageParser> => loadParser('python');
