import { readFileSync } from 'node:fs';
import { readFile, stat } from 'node:fs/promises';
import { extname, join } from 'node:path';

import { createScriptParser, type LanguageId, type ScriptParser, type Source } from '../training';
import { UsageError } from './usage';

const languages: Readonly<Record<string, LanguageId>> = {
  '.py': 'python',
  '.js': 'javascript',
  '.mjs': 'javascript',
  '.cjs': 'javascript',
  '.jsx': 'javascript',
  '.ts': 'typescript',
  '.mts': 'typescript',
  '.cts': 'typescript',
  '.tsx': 'tsx',
};
/** Longer files are no training scripts. */
const maxBytes = 4 * 2 ** 20;

/** Reads scripts with the parsers that lie beside the command line. */
export function scriptReader(folder: string): (path: string) => Promise<Source> {
  let parser: ScriptParser | undefined;
  return async (path) => {
    const language = languages[extname(path).toLowerCase()];
    if (language === undefined) {
      throw new UsageError(
        `"${path}" is no training script: known are ${Object.keys(languages).join(', ')}`,
      );
    }
    const { size } = await stat(path);
    if (size > maxBytes) {
      throw new UsageError(`"${path}" has ${size} bytes, a script may have ${maxBytes}`);
    }
    parser ??= createScriptParser({
      runtime: readFileSync(join(folder, 'web-tree-sitter.wasm')),
      grammar: (id) => readFile(join(folder, `tree-sitter-${id}.wasm`)),
    });
    // A byte order mark is no part of the code, and must survive an edit: it stays in the text.
    return await parser.parse(
      new TextDecoder('utf-8', { ignoreBOM: true, fatal: true }).decode(await readFile(path)),
      language,
    );
  };
}
