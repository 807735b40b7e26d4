import path from 'node:path';

/**
 * @typedef {object} Case
 * @property {string} format
 * @property {string} writer
 * @property {string} variant
 * @property {string} file
 * @property {Record<string, { dtype: string, shape: number[], data: string }>} tensors
 */

/**
 * Holds a checkpoint to what was given to its writer, the optimizer's state apart.
 *
 * @param {Awaited<ReturnType<typeof import('../lib/readers.mjs').loadReaders>>} readers
 * @param {string} folder
 * @param {Case} one
 */
export async function compareCase(readers, folder, { file, tensors, ...rest }) {
  /** @type {string[]} */
  const differences = [];
  const files = await readers.openLocalFiles(path.join(folder, file));
  let elementCount = 0;
  try {
    const checkpoint = await readers.openCheckpoint(files);
    const found = new Map(checkpoint.tensors.map((tensor) => [tensor.name, tensor]));
    for (const [name, expected] of Object.entries(tensors)) {
      const tensor = found.get(name);
      found.delete(name);
      const difference = tensor ? await differenceOf(readers, tensor, expected) : 'is missing';
      if (difference) differences.push(`"${name}" ${difference}`);
      elementCount += expected.shape.reduce((product, size) => product * size, 1);
    }
    for (const { name, role } of found.values()) {
      if (role !== 'optimizer') differences.push(`"${name}" was never written`);
    }
    for (const { name, reason } of checkpoint.skipped) {
      if (name in tensors) differences.push(`"${name}": ${reason}`);
    }
  } catch (error) {
    differences.push(String(error));
  } finally {
    await files.close();
  }
  return { ...rest, differences, tensorCount: Object.keys(tensors).length, elementCount };
}

async function differenceOf({ elementCountOf }, { dtype, shape, data }, expected) {
  if (dtype !== expected.dtype) return `has the dtype ${dtype}, ${expected.dtype} was written`;
  if (shape.join() !== expected.shape.join()) {
    return `has the shape [${shape}], [${expected.shape}] was written`;
  }
  const count = elementCountOf(shape);
  const bytes = Buffer.from(await data.read(0, count));
  const wanted = Buffer.from(expected.data, 'base64');
  if (bytes.equals(wanted)) return undefined;
  const size = wanted.length / count;
  let differing = 0;
  for (let at = 0; at < wanted.length; at += size) {
    if (!bytes.subarray(at, at + size).equals(wanted.subarray(at, at + size))) differing += 1;
  }
  return `differs in ${differing} of ${count} values`;
}
