import { fileURLToPath } from 'node:url';
import path from 'node:path';

/** The repository's root. */
export const root = path.resolve(fileURLToPath(new URL('../..', import.meta.url)));

/** Where scripts leave what they make; not under version control. */
export const outFolder = path.join(root, 'out');

/**
 * A program of a dependency, as arguments for Node: shells and `.cmd` files are not needed.
 *
 * @param {string} file path below node_modules
 */
export const dependency = (file) => path.join(root, 'node_modules', file);

export const webpackCli = dependency('webpack/bin/webpack.js');
export const vitestCli = dependency('vitest/vitest.mjs');
export const tscCli = dependency('typescript/bin/tsc');
export const eslintCli = dependency('eslint/bin/eslint.js');
export const prettierCli = dependency('prettier/bin/prettier.cjs');
export const vsceCli = dependency('@vscode/vsce/vsce');
