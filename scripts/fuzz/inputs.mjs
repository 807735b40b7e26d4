import fs from 'node:fs';
import path from 'node:path';

import { changeArchive } from './archive.mjs';
import { byteMutations } from './bytes.mjs';
import { putChecksumsRight } from './checksums.mjs';
import { changeJson, changeSafetensorsHeader } from './json.mjs';
import { randomOf } from './random.mjs';

/** @typedef {import('./random.mjs').Random} Random */
/**
 * A checkpoint that opens: its main file and the files that it needs, by their names below the folder.
 *
 * @typedef {object} Seed
 * @property {string} format
 * @property {string} folder
 * @property {string} main
 * @property {readonly string[]} siblings
 */
/**
 * @typedef {object} Input
 * @property {Seed} seed
 * @property {string} what how it was changed
 * @property {Buffer} main
 * @property {Map<string, Buffer>} siblings
 */

const mutations = Object.entries(byteMutations);
/** @type {Map<string, Buffer>} */
const contents = new Map();

/**
 * The input of this number: the same for the same seeds, whoever asks. Formats take turns, whatever they have of fixtures.
 *
 * @param {ReadonlyMap<string, readonly Seed[]>} seedsByFormat
 * @param {number} seedNumber
 * @param {number} number
 * @returns {Input}
 */
export function inputOf(seedsByFormat, seedNumber, number) {
  const random = randomOf(seedNumber, number);
  const groups = [...seedsByFormat.values()];
  const seeds = groups[number % groups.length];
  const seed = random.pick(seeds);
  const other = random.pick(seeds);
  const main = contentOf(seed, seed.main);
  const siblings = new Map(seed.siblings.map((name) => [name, contentOf(seed, name)]));
  if (siblings.size === 0 || random.next() < 0.7) {
    const changed = change(random, main, contentOf(other, other.main));
    return { seed, what: changed.what, main: changed.bytes, siblings };
  }
  const name = random.pick(seed.siblings);
  if (random.next() < 0.1) {
    siblings.delete(name);
    return { seed, what: `without ${name}`, main, siblings };
  }
  const changed = change(random, siblings.get(name), main);
  siblings.set(name, changed.bytes);
  return { seed, what: `${name}: ${changed.what}`, main, siblings };
}

/**
 * @param {Random} random
 * @param {Buffer} bytes
 * @param {Buffer} other
 * @returns {{ what: string, bytes: Buffer }}
 */
function change(random, bytes, other) {
  if (random.next() < 0.6) {
    const structured =
      given('safetensors header', changeSafetensorsHeader(random, bytes)) ??
      given('JSON', changeJson(random, bytes)) ??
      given(
        'entry',
        changeArchive(random, bytes, (_, content) => changeContent(random, content)),
      );
    if (structured) return structured;
  }
  const steps = 1 + random.small(3);
  const names = [];
  let result = Buffer.from(bytes);
  for (let step = 0; step < steps; step++) {
    const [name, mutate] = random.pick(mutations);
    names.push(name);
    // Never long enough to be slow by its length alone.
    result = Buffer.from(mutate(random, result, other).subarray(0, 2 ** 20));
  }
  if (random.next() < 0.9) putChecksumsRight(result);
  return { what: names.join(', '), bytes: result };
}

/** What is in an archive may be JSON itself. @param {Random} random @param {Buffer} content @returns {Buffer} */
function changeContent(random, content) {
  const json = random.next() < 0.6 ? changeJson(random, content) : undefined;
  return (
    json ??
    Buffer.from(
      random
        .pick(mutations)[1](random, content, content)
        .subarray(0, 2 ** 20),
    )
  );
}

/** @param {string} what @param {Buffer | undefined} bytes */
const given = (what, bytes) => bytes && { what, bytes };

/** @param {Seed} seed @param {string} name */
function contentOf(seed, name) {
  const file = path.join(seed.folder, name);
  let bytes = contents.get(file);
  if (!bytes) contents.set(file, (bytes = fs.readFileSync(file)));
  return bytes;
}
