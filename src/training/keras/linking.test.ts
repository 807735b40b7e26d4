import { readFileSync } from 'node:fs';

import { describe, expect, it } from 'vitest';

import { loadPythonParser } from '../../../test/training/parsers';
import { findLayers } from '../../analysis/layers';
import { openCheckpoint } from '../../formats';
import { memoryFiles } from '../../io/checkpointFiles';
import { findLayerDefinitions } from '../definitions';
import { matchLayers } from '../matching';

const parser = await loadPythonParser();
const folder = new URL('../../../test/fixtures/training/keras/linked/', import.meta.url);
const bytesOf = (name: string): Uint8Array => readFileSync(new URL(name, folder));

/** `tensor ← code` for every layer of the saved model; nothing where it has no definition. */
async function linksOf(script: string, file: string): Promise<readonly string[]> {
  const text = new TextDecoder().decode(bytesOf(script));
  const checkpoint = await openCheckpoint(memoryFiles(file, bytesOf(file), new Map()));
  const layers = findLayers(checkpoint).layers.map(({ name, weight, role }) => ({
    name,
    tensor: weight.name,
    shape: weight.shape,
    role,
  }));
  const found = new Map(
    matchLayers(findLayerDefinitions(parser.parse(text)), layers).flatMap(
      ({ definition: { range }, layers: matched }) =>
        matched.map(({ layer }) => [layer, text.slice(range.start, range.end)] as const),
    ),
  );
  return layers.map(({ tensor }, index) => `${tensor} ← ${found.get(index) ?? ''}`);
}

describe('scripts and the models that they saved', () => {
  // Written by Keras 3.15 on TensorFlow 2.21: each script saves its model into the folder that it is given.
  it.each([
    ['functional.py', 'functional.keras'],
    ['functional.py', 'functional.h5'],
    ['sequential.py', 'sequential.weights.h5'],
    ['subclass.py', 'subclass.weights.h5'],
  ])('%s, %s', async (script, file) => {
    expect(await linksOf(script, file)).toMatchSnapshot(file);
  });
});
