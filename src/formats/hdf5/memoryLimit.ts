const pageBytes = 65_536;

/**
 * Runs code of a WebAssembly library, whose memory may grow up to a limit meanwhile; the library sees an allocation that fails.
 * Emscripten's modules make their memory themselves and give nobody else a hold on it, so the growing itself is watched; nothing
 * else runs in between, since `work` is synchronous.
 */
export function withMemoryLimit<T>(maxBytes: number, work: () => T): T {
  const { prototype } = WebAssembly.Memory;
  const grow = Object.getOwnPropertyDescriptor(prototype, 'grow');
  if (!grow) return work();
  const original = grow.value as (this: WebAssembly.Memory, pages: number) => number;
  Object.defineProperty(prototype, 'grow', {
    ...grow,
    value(this: WebAssembly.Memory, pages: number): number {
      if (this.buffer.byteLength + pages * pageBytes > maxBytes) {
        throw new RangeError(`no more than ${maxBytes} bytes of memory for this file`);
      }
      return original.call(this, pages);
    },
  });
  try {
    return work();
  } finally {
    Object.defineProperty(prototype, 'grow', grow);
  }
}
