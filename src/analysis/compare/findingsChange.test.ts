import { describe, expect, it } from 'vitest';

import type { Finding } from '../../core/finding';
import { findingsChange } from './findingsChange';

const finding = (rule: string, ...layers: string[]): Finding => ({
  rule,
  name: rule,
  title: rule,
  layers,
  severity: 'note',
  confidence: 'strong',
  class: 'measured',
  evidence: [],
  message: '',
  caveats: [],
  techniques: [],
  sources: [],
});

const text = ({ rule, layers }: Finding): string => [rule, ...layers].join(' ');

/** Layers of B carry the prefix `b.`; `b.new` has no partner. */
const nameInA = (name: string): string | undefined =>
  name === 'b.new' ? undefined : name.replace('b.', '');

describe('findings of two checkpoints', () => {
  it.each<readonly [string, readonly Finding[], readonly Finding[], readonly string[][]]>([
    ['none', [], [], [[], [], []]],
    [
      'the same layer',
      [finding('B1', 'fc')],
      [finding('B1', 'b.fc')],
      [[], [], ['B1 fc = B1 b.fc']],
    ],
    ['the whole model', [finding('J1')], [finding('J1')], [[], [], ['J1 = J1']]],
    ['another rule', [finding('B1', 'fc')], [finding('B2', 'b.fc')], [['B2 b.fc'], ['B1 fc'], []]],
    [
      'another layer',
      [finding('B1', 'fc')],
      [finding('B1', 'b.out'), finding('B1', 'b.new')],
      [['B1 b.out', 'B1 b.new'], ['B1 fc'], []],
    ],
    [
      'more layers than before, beside a finding of exactly these',
      [finding('B1', 'x', 'y'), finding('B1', 'y')],
      [finding('B1', 'b.y'), finding('B1', 'b.x', 'b.y', 'b.z')],
      [[], [], ['B1 y = B1 b.y', 'B1 x y = B1 b.x b.y b.z']],
    ],
    [
      'a layer of B that is called as one of A',
      [finding('B1', 'new')],
      [finding('B1', 'b.new')],
      [['B1 b.new'], ['B1 new'], []],
    ],
  ])('%s', (_, a, b, expected) => {
    const { appeared, gone, stayed } = findingsChange(a, b, nameInA);
    expect([
      appeared.map(text),
      gone.map(text),
      stayed.map((pair) => `${text(pair.a)} = ${text(pair.b)}`),
    ]).toEqual(expected);
  });
});
