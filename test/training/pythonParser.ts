import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

import { createPythonParser } from '../../src/training/parser';
import type { PythonParser } from '../../src/training/parser';

const bytesOf = (path: string): Uint8Array =>
  readFileSync(fileURLToPath(new URL(`../../node_modules/${path}`, import.meta.url)));

/** The parser as the extension ships it. */
export function loadPythonParser(): Promise<PythonParser> {
  return createPythonParser({
    runtime: bytesOf('web-tree-sitter/web-tree-sitter.wasm'),
    python: bytesOf('@vscode/tree-sitter-wasm/wasm/tree-sitter-python.wasm'),
  });
}
