import { describe, expect, it } from 'vitest';

import { FormatError } from '../../core/errors';
import { parsePythonLiteral } from './pythonLiteral';

const parse = (text: string): unknown => parsePythonLiteral(text, 'test');

describe('parsePythonLiteral', () => {
  it.each<[string, unknown]>([
    ['1', 1],
    ['-3L', -3],
    ["'a\\'b'", "a'b"],
    ['"x"', 'x'],
    ['( 3, 4L, )', [3, 4]],
    ['()', []],
    ['[]', []],
    ['None', null],
    ["[('a', '<f4', (2,))]", [['a', '<f4', [2]]]],
    [
      "{'a': True, 'b' : False,}\n",
      new Map([
        ['a', true],
        ['b', false],
      ]),
    ],
    ["{'__proto__': 1}", new Map([['__proto__', 1]])],
  ])('reads %s', (text, value) => {
    expect(parse(text)).toEqual(value);
  });

  it.each([
    '',
    '{',
    "{'a'",
    "{'a':",
    '{1: 2}',
    "'open",
    "'\\",
    '(1',
    '(1 2)',
    '1 2',
    'open()',
    '__import__("os")',
    '1e3',
    '\u0000',
    '('.repeat(40) + ')'.repeat(40),
  ])('refuses %j', (text) => {
    expect(() => parse(text)).toThrow(FormatError);
  });
});
