import { describe, expect, it } from 'vitest';

import type { LayerRow } from '../src/protocol/layers';
import { sortValue } from './columns';
import { arrange, groupKeysOf, segmentsOf, sumOf, type Arrangement, type Item } from './rows';
import { layer } from './testing';

const names = [
  'features.0.conv',
  'features.0.bn',
  'features.10.conv',
  'features.2.conv',
  'head/fc1',
  'head/fc2',
  'scale',
];
const zeros = [0.1, 0, 0.9, 0.5, 0.2, undefined, 0.3];
const rows: readonly LayerRow[] = names.map((name, index) => {
  const share = zeros[index];
  return layer(index, name, share === undefined ? {} : { 'zero.frac': share, l2: 3 });
});

const plain: Arrangement = {
  passes: () => true,
  sort: undefined,
  grouped: true,
  folded: new Set(),
  valueOf: sortValue,
};

/** `▾ features` for an open group, `▸` for a folded one, two spaces a level. */
function drawn(items: readonly Item[]): string[] {
  return items.map((item) => {
    const sign = item.kind === 'layer' ? '' : item.expanded ? '▾ ' : '▸ ';
    return '  '.repeat(item.level - 1) + sign + item.label;
  });
}

describe('arrange', () => {
  it('groups by module path in file order and joins groups of one to their child', () => {
    expect(drawn(arrange(rows, plain))).toEqual([
      '▾ features',
      '  ▾ 0',
      '    conv',
      '    bn',
      '  10.conv',
      '  2.conv',
      '▾ head',
      '  fc1',
      '  fc2',
      'scale',
    ]);
  });

  it('leaves out what is inside a folded group', () => {
    const folded = new Set(['group:features.0', 'group:head']);
    expect(drawn(arrange(rows, { ...plain, folded }))).toEqual([
      '▾ features',
      '  ▸ 0',
      '  10.conv',
      '  2.conv',
      '▸ head',
      'scale',
    ]);
  });

  it('dissolves groups and shows whole names', () => {
    expect(drawn(arrange(rows, { ...plain, grouped: false }))).toEqual(names);
  });

  it.each([
    ['largest first', true, [2, 3, 6, 4, 0, 1, 5]],
    ['smallest first', false, [1, 0, 4, 6, 3, 2, 5]],
  ])('sorts %s, with what has no value last', (_, descending, order) => {
    const sort = { column: 'zero.frac', descending };
    const items = arrange(rows, { ...plain, grouped: false, sort });
    expect(items.map((item) => item.kind === 'layer' && item.row.index)).toEqual(order);
  });

  it('sorts inside groups, and groups by the layer that comes first in them', () => {
    const sort = { column: 'zero.frac', descending: true };
    expect(drawn(arrange(rows, { ...plain, sort }))).toEqual([
      '▾ features',
      '  10.conv',
      '  2.conv',
      '  ▾ 0',
      '    conv',
      '    bn',
      'scale',
      '▾ head',
      '  fc1',
      '  fc2',
    ]);
  });

  it('sorts names as people count', () => {
    const sort = { column: 'name', descending: false };
    const items = arrange(rows.slice(1, 4), { ...plain, grouped: false, sort });
    expect(drawn(items)).toEqual(['features.0.bn', 'features.2.conv', 'features.10.conv']);
  });

  it('keeps file order among equals', () => {
    const sort = { column: 'dtype', descending: true };
    expect(drawn(arrange(rows, { ...plain, grouped: false, sort }))).toEqual(names);
  });

  it('keeps a layer apart from a group of the same name', () => {
    const mixed = [layer(0, 'a'), layer(1, 'a.b'), layer(2, 'a.c')];
    expect(drawn(arrange(mixed, plain))).toEqual(['a', '▾ a', '  b', '  c']);
  });

  it('takes names of objects for names', () => {
    const odd = [layer(0, '__proto__.constructor'), layer(1, '__proto__.toString'), layer(2, '..')];
    expect(drawn(arrange(odd, plain))).toEqual([
      '▾ __proto__',
      '  constructor',
      '  toString',
      '..',
    ]);
  });

  it('gives each line a key of its own', () => {
    const keys = arrange(rows, plain).map(({ key }) => key);
    expect(new Set(keys).size).toBe(keys.length);
  });
});

describe('sumOf', () => {
  it('adds parameters, weighs zeros by parameters, adds norms as squares', () => {
    const two = [
      { ...layer(0, 'a', { 'zero.frac': 1, l2: 3 }), parameterCount: 30 },
      { ...layer(1, 'b', { 'zero.frac': 0, l2: 4 }), parameterCount: 10 },
      { ...layer(2, 'c'), parameterCount: 60 },
    ];
    expect(sumOf(two)).toEqual({ layerCount: 3, parameterCount: 100, zeroFraction: 0.75, l2: 5 });
  });

  it('says nothing where nothing is measured', () => {
    expect(sumOf([layer(0, 'a')])).toMatchObject({ zeroFraction: undefined, l2: undefined });
  });
});

it.each([
  ['features.0.conv', ['features', '0', 'conv']],
  ['block/conv', ['block', 'conv']],
  ['a..b', ['a', 'b']],
  ['.', ['.']],
])('segments of %s', (name, segments) => {
  expect(segmentsOf(name)).toEqual(segments);
});

it('lists the keys of all groups', () => {
  expect(groupKeysOf(rows)).toEqual(['group:features', 'group:features.0', 'group:head']);
});
