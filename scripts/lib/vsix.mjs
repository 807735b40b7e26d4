/** Makes the .vsix and looks into it: what users install holds what the extension needs and nothing else. */
import fs from 'node:fs';
import path from 'node:path';

import { BlobReader, TextWriter, ZipReader } from '@zip.js/zip.js';

import { root, vsceCli } from './paths.mjs';
import { run } from './processes.mjs';

const maxBytes = 6_000_000;

/** Every path that may be in the package. */
const allowed = [
  /^\[Content_Types\]\.xml$/,
  /^extension\.vsixmanifest$/,
  /^extension\/(package(\.nls(\.[a-z-]+)?)?\.json|readme\.md|changelog\.md|LICENSE\.txt|THIRD_PARTY_NOTICES\.md)$/,
  /^extension\/dist\/(extension|worker|training|hdf5|cli|webview)\.js$/,
  /^extension\/dist\/[\w.-]+\.wasm$/,
  /^extension\/dist\/codicon\.(css|ttf)$/,
  /^extension\/media\/(icon\.png|[\w-]+\.css)$/,
  /^extension\/media\/walkthrough\/[\w-]+\.(svg|md)$/,
];

/** Paths without which it is not a working, presentable extension. */
const required = [
  'extension/readme.md',
  'extension/changelog.md',
  'extension/LICENSE.txt',
  'extension/THIRD_PARTY_NOTICES.md',
  'extension/dist/extension.js',
  'extension/dist/worker.js',
  'extension/dist/training.js',
  'extension/dist/hdf5.js',
  'extension/dist/kernels.wasm',
  'extension/dist/kernels-relaxed.wasm',
  'extension/dist/webview.js',
  'extension/dist/web-tree-sitter.wasm',
  'extension/dist/tree-sitter-python.wasm',
  'extension/dist/codicon.css',
  'extension/dist/codicon.ttf',
];

/**
 * Packages what is built.
 *
 * @param {string} file where to write it
 */
export async function writeVsix(file) {
  fs.mkdirSync(path.dirname(file), { recursive: true });
  fs.rmSync(file, { force: true });
  const { code, output } = await run(
    process.execPath,
    [vsceCli, 'package', '--no-dependencies', '--out', file],
    { cwd: root, output: 'collect', timeoutMs: 120_000 },
  );
  if (code !== 0 || !fs.existsSync(file)) throw new Error(`vsce package failed:\n${output}`);
}

/**
 * @typedef {{ name: string, byteLength: number }} Entry
 * @typedef {{ byteLength: number, entries: Entry[], faults: string[] }} Contents
 */

/**
 * Lists a package and what is wrong with it.
 *
 * @param {string} file
 * @returns {Promise<Contents>}
 */
export async function inspectVsix(file) {
  const bytes = fs.readFileSync(file);
  const reader = new ZipReader(new BlobReader(new Blob([bytes])), { useWebWorkers: false });
  const found = (await reader.getEntries()).filter((entry) => !entry.directory);
  const entries = found.map((entry) => ({
    name: entry.filename,
    byteLength: entry.uncompressedSize,
  }));
  const names = new Set(entries.map((entry) => entry.name));
  const manifest = found.find((entry) => entry.filename === 'extension/package.json');
  const text = manifest && 'getData' in manifest ? await manifest.getData(new TextWriter()) : '{}';
  await reader.close();
  const needed = [...required, ...filesNamedIn(JSON.parse(text))];
  return {
    byteLength: bytes.byteLength,
    entries,
    faults: [
      ...entries
        .filter((entry) => !allowed.some((pattern) => pattern.test(entry.name)))
        .map((entry) => `${entry.name} does not belong in the package`),
      ...[...new Set(needed)]
        .filter((name) => !names.has(name))
        .map((name) => `${name} is missing`),
      ...(bytes.byteLength > maxBytes
        ? [`The package has ${bytes.byteLength} bytes, the limit is ${maxBytes}`]
        : []),
    ],
  };
}

/**
 * Files that the manifest refers to.
 *
 * @param {unknown} manifest
 * @returns {string[]}
 */
function filesNamedIn(manifest) {
  if (typeof manifest === 'string') {
    return /^(\.\/)?(dist|media)\/[^*]+$/.test(manifest)
      ? [path.posix.join('extension', manifest)]
      : [];
  }
  if (typeof manifest !== 'object' || manifest === null) return [];
  return Object.entries(manifest)
    .filter(([key]) => key !== 'files' && key !== 'scripts')
    .flatMap(([, value]) => filesNamedIn(value));
}
