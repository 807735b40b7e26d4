import fs from 'node:fs';
import path from 'node:path';

import { root } from '../lib/paths.mjs';
import { openInput } from './open.mjs';

const folders = ['test/fixtures', 'examples'];
/** Larger ones say nothing that a small one does not, and take longer. */
const maxSeedBytes = 100_000;
const maxPerFormat = 32;

/**
 * Every small checkpoint among the fixtures and the examples, by the format that reads it.
 *
 * @param {Awaited<ReturnType<typeof import('../lib/readers.mjs').loadReaders>>} readers
 * @param {string | undefined} only
 * @returns {Promise<Map<string, import('./inputs.mjs').Seed[]>>}
 */
export async function findSeeds(readers, only) {
  const found = new Map();
  for (const { id } of readers.formats) found.set(id, []);
  const files = folders.flatMap((folder) => filesOf(path.join(root, folder)));
  for (const file of files) {
    const main = fs.readFileSync(file);
    const format = await formatOf(readers, file, main);
    const seeds = found.get(format);
    if (!seeds || (only !== undefined && format !== only)) continue;
    const folder = path.dirname(file);
    const siblings = siblingsOf(folder, file);
    const { kind, opened } = await openInput(readers, {
      name: path.basename(file),
      main,
      siblings,
    });
    if (kind !== 'ok') continue;
    seeds.push({ format, folder, main: path.basename(file), siblings: needed(opened, siblings) });
  }
  return new Map(
    [...found].filter(([, seeds]) => seeds.length > 0).map(([id, seeds]) => [id, spread(seeds)]),
  );
}

/** @param {string} folder */
function filesOf(folder) {
  return fs
    .readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && !entry.parentPath.includes('node_modules'))
    .map((entry) => path.join(entry.parentPath, entry.name))
    .filter((file) => fs.statSync(file).size <= maxSeedBytes)
    .sort();
}

async function formatOf(readers, file, main) {
  const files = readers.memoryFiles(path.basename(file), main);
  return (await readers.detectFormat(await readers.probe(files.main)))?.id;
}

/** Files of the folder and below it, by name. @param {string} folder @param {string} main */
function siblingsOf(folder, main) {
  const files = filesOf(folder).filter((file) => file !== main);
  if (files.length > 64) return new Map();
  return new Map(
    files.map((file) => [
      path.relative(folder, file).replaceAll(path.sep, '/'),
      fs.readFileSync(file),
    ]),
  );
}

/** Some of a long list, from all over it. @template T @param {readonly T[]} list */
function spread(list) {
  const step = Math.max(1, list.length / maxPerFormat);
  return Array.from(
    { length: Math.min(list.length, maxPerFormat) },
    (_, i) => list[Math.floor(i * step)],
  );
}

/** Those that were opened. Names may be written in more than one way. */
function needed(opened, siblings) {
  return [...new Set(opened)].filter((name) => siblings.has(name));
}
