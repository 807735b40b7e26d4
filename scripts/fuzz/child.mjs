/** A process that opens one input after the other, as it is told. It may hang, run out of memory or die: its parent looks after that. */
import { loadReaders } from '../lib/readers.mjs';
import { inputOf } from './inputs.mjs';
import { openInput } from './open.mjs';

/** The largest array that the present input made: what is never written to shows in no other measure. */
let largest = 0;
for (const name of [
  'ArrayBuffer',
  'Uint8Array',
  'Int32Array',
  'Uint32Array',
  'Float32Array',
  'Float64Array',
]) {
  const original = globalThis[name];
  globalThis[name] = new Proxy(original, {
    construct(target, args, newTarget) {
      if (typeof args[0] === 'number') {
        largest = Math.max(largest, args[0] * (target.BYTES_PER_ELEMENT ?? 1));
      }
      return Reflect.construct(target, args, newTarget);
    },
  });
}

/** @type {unknown} */
let stray;
process.on('unhandledRejection', (error) => {
  stray = error;
});

process.once('message', async ({ readersFolder, seeds, seedNumber }) => {
  const readers = await loadReaders(readersFolder);
  const seedsByFormat = new Map(seeds);
  process.on('message', async (/** @type {number} */ number) => {
    const input = inputOf(seedsByFormat, seedNumber, number);
    largest = 0;
    stray = undefined;
    const startedAt = performance.now();
    let outcome = await openInput(readers, { ...input, name: input.seed.main });
    const ms = performance.now() - startedAt;
    await new Promise((resolve) => setImmediate(resolve));
    if (stray)
      outcome = { kind: 'crash', detail: `nobody waits for: ${String(stray.stack ?? stray)}` };
    process.send?.({
      number,
      ...outcome,
      ms,
      largest,
      peak: process.resourceUsage().maxRSS * 1024,
    });
  });
  process.send?.({ ready: true });
});
process.on('disconnect', () => process.exit());
