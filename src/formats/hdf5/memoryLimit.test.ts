import { describe, expect, it } from 'vitest';

import { withMemoryLimit } from './memoryLimit';

const page = 65_536;

describe('the memory of a library', () => {
  it('grows up to the limit and no further', () => {
    const memory = new WebAssembly.Memory({ initial: 1 });
    withMemoryLimit(4 * page, () => {
      expect(memory.grow(3)).toBe(1);
      expect(() => memory.grow(1)).toThrow(/no more than 262144 bytes/);
    });
    expect(memory.buffer.byteLength).toBe(4 * page);
  });

  it('is free again afterwards, also after an error', () => {
    const memory = new WebAssembly.Memory({ initial: 1 });
    const fail = () =>
      withMemoryLimit(0, () => {
        throw new Error('damaged');
      });
    expect(fail).toThrow('damaged');
    expect(memory.grow(1)).toBe(1);
  });
});
