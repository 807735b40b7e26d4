import { describe, expect, it } from 'vitest';

import { familiesOf } from './layerFamilies';

const range = (count: number): readonly number[] => Array.from({ length: count }, (_, i) => i);

describe('families of layers', () => {
  it.each([
    ['alone', ['fc1'], ['fc1']],
    [
      'by whole numbers',
      range(32).flatMap((i) => [`layers.${i}.fc1`, `layers.${i}.fc2`]),
      ['layers.*.fc1', 'layers.*.fc2'],
    ],
    ['with slashes', ['block/0/kernel', 'block/1/kernel'], ['block/*/kernel']],
    [
      'by any number where whole ones leave too many',
      range(8).map((i) => `block${i}.conv${i}`),
      ['block*.conv*'],
    ],
    ['a few that only look alike stay apart', ['conv1', 'conv2'], ['conv1', 'conv2']],
    ['all in one', ['a', 'b', 'c', 'd', 'e', 'f'], ['']],
    ['none', [], []],
  ])('%s', (_, names, patterns) => {
    const families = familiesOf(names);
    expect(families.map(({ pattern }) => pattern)).toEqual(patterns);
    expect(families.flatMap(({ names: members }) => members).toSorted()).toEqual([...names].sort());
  });

  it('stays few and quick for three thousand layers', () => {
    const names = range(3000).map((i) => `model.layers.${i % 100}.experts.${i}.w${i % 3}`);
    expect(familiesOf(names)).toHaveLength(3);
    const odd = range(3000).map((i) => 'abcdefghij'.charAt(i % 10).repeat(1 + i));
    expect(familiesOf(odd)).toHaveLength(1);
  });
});
