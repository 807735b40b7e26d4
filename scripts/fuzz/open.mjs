/** Opens a checkpoint and reads of every tensor, as the product would; tells what came of it. */

/** Bytes of each tensor's beginning and end. */
const maxTensorBytes = 64 * 1024;
/** Bytes of all tensors together: what a file may be slow with is opening, not reading. */
const maxBytes = 16 * 2 ** 20;

/** @typedef {{ readonly kind: 'ok' | 'refused' | 'crash', readonly detail: string }} Outcome */

/**
 * @param {Awaited<ReturnType<typeof import('../lib/readers.mjs').loadReaders>>} readers
 * @param {{ readonly name: string, readonly main: Uint8Array, readonly siblings: ReadonlyMap<string, Uint8Array> }} input
 * @returns {Promise<Outcome & { readonly opened?: readonly string[] }>}
 */
export async function openInput(readers, { name, main, siblings }) {
  const { FormatError } = readers;
  const files = readers.memoryFiles(name, main, siblings);
  try {
    const checkpoint = await readers.openCheckpoint(files);
    const fault = shapeFault(checkpoint, readers);
    if (fault) return { kind: 'crash', detail: fault };
    let left = maxBytes;
    let unreadable = '';
    for (const tensor of checkpoint.tensors) {
      try {
        left -= await readEnds(tensor, readers);
      } catch (error) {
        if (!(error instanceof FormatError)) throw error;
        unreadable = `${error.format}: while reading`;
      }
      if (left < 0) break;
    }
    const opened = files.opened
      .slice(1)
      .map((/** @type {{ name: string }} */ source) => source.name);
    return unreadable
      ? { kind: 'refused', detail: unreadable }
      : { kind: 'ok', detail: checkpoint.format, opened };
  } catch (error) {
    if (error instanceof FormatError) {
      const isClear =
        typeof error.reason === 'string' && !/undefined|NaN|\[object/.test(error.reason);
      return isClear
        ? { kind: 'refused', detail: error.format }
        : { kind: 'crash', detail: `unclear message: ${error.message}` };
    }
    return { kind: 'crash', detail: error instanceof Error ? String(error.stack) : String(error) };
  } finally {
    await files.close();
  }
}

/** What the types promise and no checkpoint may break. */
function shapeFault(checkpoint, { dtypes }) {
  for (const { name, dtype, shape } of checkpoint.tensors) {
    if (typeof name !== 'string') return `a tensor's name is ${String(name)}`;
    if (!Object.hasOwn(dtypes, dtype)) return `"${name}" has the dtype ${String(dtype)}`;
    if (!shape.every((size) => Number.isSafeInteger(size) && size >= 0)) {
      return `"${name}" has the shape [${shape}]`;
    }
  }
  for (const { name, reason } of checkpoint.skipped) {
    if (typeof name !== 'string' || typeof reason !== 'string') return `skipped ${name}: ${reason}`;
  }
  // What crosses to the page must be plain data without cycles.
  const { tensors: _, ...plain } = checkpoint;
  JSON.stringify(plain);
  return undefined;
}

/** @returns {Promise<number>} bytes read */
async function readEnds(tensor, { dtypes, elementCountOf }) {
  const { byteSize } = dtypes[tensor.dtype];
  const count = elementCountOf(tensor.shape);
  const step = Math.floor(maxTensorBytes / byteSize);
  const ranges = [[0, Math.min(count, step)]];
  if (count > step) ranges.push([Math.max(step, count - step), count]);
  let done = 0;
  for (const [start, end] of ranges) {
    const bytes = await tensor.data.read(start, end);
    if (bytes.byteLength !== (end - start) * byteSize) {
      throw new Error(
        `"${tensor.name}": ${bytes.byteLength} bytes for ${end - start} ${tensor.dtype}`,
      );
    }
    done += bytes.byteLength;
  }
  return done;
}
