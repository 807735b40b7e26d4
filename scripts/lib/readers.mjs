import path from 'node:path';
import { pathToFileURL } from 'node:url';

import { rolldown } from 'rolldown';

import { root } from './paths.mjs';

const inputs = {
  formats: 'src/formats/index.ts',
  probe: 'src/formats/probe.ts',
  files: 'src/io/checkpointFiles.ts',
  errors: 'src/core/errors.ts',
  tensor: 'src/core/tensor.ts',
  dtype: 'src/core/dtype.ts',
};

/**
 * Bundles the readers of `src` as modules that Node loads: a second, and no build need be there.
 *
 * @param {string} folder where to put them
 * @returns {Promise<string>} the folder, for {@link loadReaders}
 */
export async function bundleReaders(folder) {
  const input = Object.fromEntries(
    Object.entries(inputs).map(([name, file]) => [name, path.join(root, file)]),
  );
  const built = await rolldown({ input, platform: 'node', logLevel: 'silent' });
  await built.write({
    dir: folder,
    format: 'esm',
    entryFileNames: '[name].mjs',
    chunkFileNames: '[name]-[hash].mjs',
  });
  await built.close();
  return folder;
}

/**
 * What {@link bundleReaders} made, in any process or thread.
 *
 * @param {string} folder
 */
export async function loadReaders(folder) {
  const load = (/** @type {string} */ name) =>
    import(pathToFileURL(path.join(folder, `${name}.mjs`)).href);
  return Object.assign({}, ...(await Promise.all(Object.keys(inputs).map(load))));
}
