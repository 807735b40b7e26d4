import { describe, expect, it } from 'vitest';

import { keptMarks, readMarks, type EditMark } from './keptMarks';

const mark = (layers: readonly (readonly [string, Record<string, number>])[]): EditMark => ({
  checkpoint: 'file:///runs/a.pt 1000 2048',
  before: new Map(layers),
});
const throughStorage = (value: unknown): unknown => JSON.parse(JSON.stringify(value));

describe('marks of edits in the state of a workspace', () => {
  it('come back with the numbers that are shown of them', () => {
    const marks = new Map([
      ['file:///a.py', mark([['fc1', { 'zero.frac': 0, l2: 22.4, sigma1: 9 }]])],
      ['file:///b.py', mark([['__proto__', { l2: 1 }]])],
    ]);
    const read = readMarks(throughStorage(keptMarks(marks)));
    expect([...read.keys()]).toEqual(['file:///a.py', 'file:///b.py']);
    expect(read.get('file:///a.py')).toEqual(mark([['fc1', { 'zero.frac': 0, l2: 22.4 }]]));
    expect(read.get('file:///b.py')).toEqual(mark([['__proto__', { l2: 1 }]]));
  });

  it('are bounded, and the latest stay', () => {
    const layers = Array.from({ length: 5000 }, (_, i) => [`layer${i}`, { l2: i }] as const);
    const marks = new Map(Array.from({ length: 30 }, (_, i) => [`file:///${i}.py`, mark(layers)]));
    const read = readMarks(throughStorage(keptMarks(marks)));
    expect(read.size).toBe(20);
    expect([...read.keys()].at(-1)).toBe('file:///29.py');
    expect(read.get('file:///29.py')?.before.size).toBe(2000);
  });

  it('of more scripts and layers than are written are cut when they are read, too', () => {
    const layers = Array.from({ length: 5000 }, (_, i) => [`layer${i}`, { l2: i }]);
    const one = (i: number) => ({ script: `file:///${i}.py`, checkpoint: 'c', layers });
    const read = readMarks({ version: 1, marks: Array.from({ length: 30 }, (_, i) => one(i)) });
    expect(read.size).toBe(20);
    expect(read.get('file:///10.py')?.before.size).toBe(2000);
  });

  const whole = { script: 'file:///a.py', checkpoint: 'c', layers: [['fc1', { l2: 1 }]] };
  it.each<[string, unknown]>([
    ['nothing', undefined],
    ['null', null],
    ['a text', 'marks'],
    ['a list', [whole]],
    ['no version', { marks: [whole] }],
    ['another version', { version: 2, marks: [whole] }],
    ['marks that are no list', { version: 1, marks: { 0: whole } }],
    ['a mark that is null', { version: 1, marks: [null] }],
    ['no script', { version: 1, marks: [{ ...whole, script: undefined }] }],
    ['an empty script', { version: 1, marks: [{ ...whole, script: '' }] }],
    [
      'a script longer than a path',
      { version: 1, marks: [{ ...whole, script: 'x'.repeat(5000) }] },
    ],
    ['a checkpoint that is a number', { version: 1, marks: [{ ...whole, checkpoint: 7 }] }],
    ['layers that are no list', { version: 1, marks: [{ ...whole, layers: { fc1: { l2: 1 } } }] }],
  ])('are none of %s', (_, state) => {
    expect(readMarks(state).size).toBe(0);
  });

  it.each<[string, unknown, readonly (readonly [string, Record<string, number>])[]]>([
    ['a layer that is no pair', 'fc1', []],
    ['a layer without metrics', ['fc1'], []],
    ['metrics that are a list', ['fc1', [1]], []],
    ['a name that is a number', [7, { l2: 1 }], []],
    [
      'a text for a number',
      ['fc1', { l2: '1', 'zero.frac': 0.5 }],
      [['fc1', { 'zero.frac': 0.5 }]],
    ],
    ['NaN', ['fc1', { l2: NaN }], [['fc1', {}]]],
    ['metrics of other names', ['fc1', { toString: 1, l2: 2 }], [['fc1', { l2: 2 }]]],
  ])('leave out %s', (_, layer, expected) => {
    const read = readMarks({ version: 1, marks: [{ ...whole, layers: [layer] }] });
    expect([...(read.get('file:///a.py')?.before ?? [])]).toEqual(expected);
  });
});
