import { expect, it } from 'vitest';

import { halfOf, numbersOf } from './numbers';

it('gives every f16 the value that the general definition gives it', () => {
  const bits = Uint16Array.from({ length: 65536 }, (_, i) => i);
  const values = numbersOf('f16', new Uint8Array(bits.buffer));
  for (const [i, value] of values.entries()) expect(halfOf(i)).toBe(value);
});
