import { describe, expect, it } from 'vitest';

import { loadPythonParser } from '../../../test/training/parsers';
import { argumentsOf, callsIn, nodesIn, partsOf } from '../syntax';
import { applyEdits } from '../textEdit';
import { addKeyword, removeArgument } from './keywords';
import {
  insertFirstItem,
  insertItemAfter,
  insertItemBefore,
  removeItem,
  removeItems,
} from './listItem';

const parser = await loadPythonParser();

const lists: readonly string[] = [
  '[a]',
  '[a, b]',
  '[a, b,]',
  '[a,b]',
  '[\n    a,\n    b,\n]',
  '[\n    a,\n    b\n]',
  '[\n    a,  # first\n    b,  # second\n]',
  '[\n    a,  # first\n    b  # second\n]',
  '[\r\n\ta,\r\n\tb\r\n]',
  '[\r\n\ta,\r\n\tb,  # second\r\n]',
  '[a,\n b,\n c]',
  '[a,\n b,\n c,]',
  '[\n    a, b,\n    c, d\n]',
  '[\n    f(\n        1,\n    ),\n    g(2)\n]',
  '[\n    a,\n    # about b\n    b\n    # the end\n]',
  '[a, (b, c), [d]]',
];

const listIn = (text: string) => {
  const source = parser.parse(text);
  const list = nodesIn(source.root).find(({ type }) => type === 'list');
  return { source, list: list!, items: partsOf(list!) };
};
const breaks = (text: string): number => text.split('\n').length - text.split('\r\n').length;

describe('elements of a list', () => {
  it.each(lists)('%j: insert after each, and take out again', (text) => {
    const { source, items } = listIn(text);
    items.forEach((item, index) => {
      const edited = applyEdits(text, insertItemAfter(source, item, 'new(${1:0.5})', 'add'));
      const after = listIn(edited);
      expect(after.source.root.hasError, edited).toBe(false);
      expect(after.items).toHaveLength(items.length + 1);
      const added = after.items[index + 1]!;
      expect(edited.slice(added.start, added.end)).toBe('new(0.5)');
      expect(breaks(edited) === 0).toBe(breaks(text) === 0);
      expect(applyEdits(edited, removeItem(after.source, added, 'remove'))).toBe(text);
    });
  });

  it.each(lists)('%j: insert before each, and take out again', (text) => {
    const { source, items } = listIn(text);
    items.forEach((item, index) => {
      const edited = applyEdits(text, insertItemBefore(source, item, 'new()', 'add'));
      const after = listIn(edited);
      expect(after.items).toHaveLength(items.length + 1);
      expect(applyEdits(edited, removeItem(after.source, after.items[index]!, 'remove'))).toBe(
        text,
      );
    });
  });

  it.each(lists)('%j: keeps comments, and indents as the others do', (text) => {
    const { source, items } = listIn(text);
    const edited = applyEdits(text, insertItemAfter(source, items.at(-1)!, 'new()', 'add'));
    expect(edited.match(/#.*/g)).toEqual(text.match(/#.*/g));
    const line = /^(\s*)new\(\)/m.exec(edited);
    if (line) expect(text).toContain(`\n${line[1]!.replace(/[\r\n]/g, '')}`);
  });

  it('the first of an empty list', () => {
    const { source, list } = listIn('[]');
    const edited = applyEdits('[]', insertFirstItem(list, 'new()', 'add'));
    expect(edited).toBe('[new()]');
    const after = listIn(edited);
    expect(applyEdits(edited, removeItem(after.source, after.items[0]!, 'remove'))).toBe('[]');
    expect(source.root.hasError).toBe(false);
  });

  it('takes several out that follow each other', () => {
    const text = '[a, b, c, d]';
    const { source, items } = listIn(text);
    const cut = (first: number, last: number): string =>
      applyEdits(text, removeItems(source, { first: items[first]!, last: items[last]! }, 'remove'));
    expect(cut(0, 1)).toBe('[c, d]');
    expect(cut(1, 2)).toBe('[a, d]');
    expect(cut(2, 3)).toBe('[a, b]');
    expect(cut(0, 3)).toBe('[]');
  });

  it('leaves an element whose comma has a comment before it', () => {
    const { source, items } = listIn('[a  # why\n , b]');
    expect(removeItem(source, items[1]!, 'remove')).not.toEqual(undefined);
    const first = removeItem(source, items[0]!, 'remove');
    expect(first.length === 0 || applyEdits('[a  # why\n , b]', first).includes('# why')).toBe(
      true,
    );
  });
});

describe('keywords of a call', () => {
  it.each([
    'f()',
    'f(a)',
    'f(a, b=1)',
    'f(a, b=1,)',
    'f(*args, **options)',
    'f(x for x in y)',
    'f(\n    a,\n    b=1,  # one\n)',
    'f(\n    a,\n    b=1  # one\n)',
    'f(a,\n  b=1)',
    'f(\r\n\ta,\r\n\tb=(1, 2)\r\n)',
    "f(a, f'{b},)', (c := 1))",
    'await f(a)  # call(',
  ])('%j: add and take out again', (text) => {
    const source = parser.parse(text);
    const edited = applyEdits(
      text,
      addKeyword(source, callsIn(source.root)[0]!, 'kw=${1:1e-4}', 'add'),
    );
    const after = parser.parse(edited);
    expect(after.root.hasError, edited).toBe(false);
    const call = callsIn(after.root)[0]!;
    const argument = argumentsOf(after, call).at(-1)!;
    expect(argument.name).toBe('kw');
    expect(applyEdits(edited, removeArgument(after, call, argument, 'remove'))).toBe(text);
  });
});
