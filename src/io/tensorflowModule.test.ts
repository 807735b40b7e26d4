import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import util from 'node:util';

import { afterAll, afterEach, beforeEach, describe, expect, it, vi } from 'vitest';

import { loadTensorFlowModule } from './tensorflowModule';

const root = mkdtempSync(join(tmpdir(), 'tensorflow-'));
afterAll(() => rmSync(root, { recursive: true }));
beforeEach(() => vi.stubEnv('XDG_CACHE_HOME', join(root, 'cache')));
afterEach(() => vi.unstubAllEnvs());

/** Writes a package and gives the folder whose node_modules it is in. */
function project(name: string, script: string, packageName = '@tensorflow/tfjs-node'): string {
  const folder = join(root, name, 'node_modules/@tensorflow/tfjs-node');
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'package.json'), JSON.stringify({ name: packageName, main: 'a.js' }));
  writeFileSync(join(folder, 'a.js'), script);
  return join(root, name);
}

const good = project('good', 'exports.from = "good"');
const other = project('other', 'exports.from = "other"');
const cached = project('cache/reglens/tfjs-node-4.22.0', 'exports.from = "cache"');
const broken = project('broken', 'throw new Error("no addon\\nmore")');
const impostor = project('impostor', 'exports.from = "impostor"', 'something-else');
const installed = join(root, 'good/node_modules/reglens');

const empty = join(root, 'empty');
const nowhere = join(empty, 'dist');

describe('tfjs-node', () => {
  it.each([
    ['a folder that was chosen', { chosen: good, bundleFolder: nowhere }, 'good'],
    [
      'a package that was chosen',
      { chosen: join(good, 'node_modules/@tensorflow/tfjs-node'), bundleFolder: nowhere },
      'good',
    ],
    ['our own dependency', { bundleFolder: join(good, 'dist') }, 'good'],
    ['a dependency beside us', { bundleFolder: join(installed, 'dist') }, 'good'],
    [
      'our own before that of a workspace',
      { bundleFolder: join(good, 'dist'), trustedFolders: [other] },
      'good',
    ],
    ['the cache', { bundleFolder: nowhere }, 'cache'],
  ])('is taken from %s', (_, places, from) => {
    const found = loadTensorFlowModule(places);
    expect(found).toMatchObject({ exports: { from } });
  });

  it('is taken from a trusted folder when nothing else has it, and from no folder above', () => {
    rmSync(cached, { recursive: true });
    expect(
      loadTensorFlowModule({ bundleFolder: nowhere, trustedFolders: [empty, other] }),
    ).toMatchObject({ exports: { from: 'other' } });
    const below = join(good, 'src');
    mkdirSync(below);
    expect(loadTensorFlowModule({ bundleFolder: nowhere, trustedFolders: [below] })).toEqual({
      reason: expect.stringContaining('is not installed') as string,
    });
  });

  it.each([
    ['a relative path', 'good', 'is not an absolute path'],
    ['a folder without it', empty, 'neither'],
    ['a package of another name', impostor, 'neither'],
    ['one that does not load', broken, 'does not load: no addon; it has no native binding yet'],
  ])('has a reason not to be loaded from %s', (_, chosen, reason) => {
    // A choice is a choice: the good one beside it is not taken instead.
    expect(loadTensorFlowModule({ chosen, bundleFolder: join(good, 'dist') })).toEqual({
      reason: expect.stringContaining(reason) as string,
    });
  });

  it('has the functions that Node 23 removed', () => {
    const script =
      'exports.from = require("util").isNullOrUndefined(null) && require("util").isArray([])';
    const loaded = loadTensorFlowModule({ chosen: project('old', script), bundleFolder: nowhere });
    expect(loaded).toMatchObject({ exports: { from: true } });
    expect(util).toHaveProperty('isNullOrUndefined');
  });
});
