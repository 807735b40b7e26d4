import { readFileSync } from 'node:fs';
import { join } from 'node:path';

import { describe, expect, it } from 'vitest';

import { FormatError } from '../../core/errors';
import { type GlobalUse, noticesOf, toJson, unpickle } from '.';

const folder = join(__dirname, '../../../test/fixtures/torch');

/** A pickle from text and bytes; text stands for the bytes of its characters. */
function pickle(...parts: (string | number[])[]): Uint8Array {
  return Uint8Array.from(
    parts.flatMap((part) =>
      typeof part === 'string' ? Array.from(part, (char) => char.charCodeAt(0)) : part,
    ),
  );
}

function json(bytes: Uint8Array): unknown {
  return toJson(unpickle(bytes).value, { budget: { left: 1000 }, maxItems: 100 });
}

describe('values', () => {
  it.each([0, 1, 2, 3, 4, 5])('reads what Python wrote with protocol %i', (protocol) => {
    const bytes = new Uint8Array(readFileSync(join(folder, `plain${protocol}.pkl`)));
    const { byteLength, globals } = unpickle(bytes);
    expect(byteLength).toBe(bytes.byteLength);
    expect(noticesOf(globals)).toEqual([]);
    expect(json(bytes)).toEqual({
      none: null,
      bools: [true, false],
      ints: [
        0,
        255,
        65535,
        -1,
        2147483647,
        -2147483648,
        '9007199254740992',
        '-9223372036854775808',
        '1267650600228229401496703205376',
      ],
      floats: [0.5, -1e300, 'Infinity'],
      text: ['', 'ascii', 'ünï', '日本', "'quoted' \\ \n"],
      bytes: ['0 bytes', '3 bytes'],
      tuples: [[], [1], [1, 2], [1, 2, 3], [1, 2, 3, 4]],
      set: [1],
      frozen: [2],
      ordered: { b: 1, a: 2 },
      default: { k: [1] },
      deque: [1, 2],
      array: '2 bytes',
      space: { lr: 0.1 },
    });
  });

  const cases: [string, Uint8Array, unknown][] = [
    ['INT 00 and 01 as booleans', pickle('(I01\nI00\nl.'), [true, false]],
    ['STRING with escapes', pickle("S'a\\n\\x41'\n."), 'a\nA'],
    ['DICT and LIST of protocol 0', pickle("(S'a'\n(I1\nI2\nld."), { a: [1, 2] }],
    ['POP and DUP', pickle('K', [1], 'K', [2], '02', [0x86], '.'), [1, 1]],
    ['LONG1 of no bytes', pickle([0x8a, 0], '.'), 0],
    ['LONG4 of a negative number', pickle([0x8b, 2, 0, 0, 0, 0x00, 0xff], '.'), -256],
    [
      'a dict with __proto__',
      pickle('}', 'U', [9], '__proto__', 'K', [7], 's.'),
      JSON.parse('{"__proto__": 7}'),
    ],
    [
      'INST as a labelled object',
      pickle('(K', [1], 'imod\nName\n.'),
      { class: 'mod.Name', args: [1] },
    ],
    [
      'OBJ as a labelled object',
      pickle('(cmod\nName\nK', [1], 'o.'),
      { class: 'mod.Name', args: [1] },
    ],
    ['NEWOBJ_EX', pickle([0x80, 4], 'cmod\nName\n)}', [0x92], '.'), { class: 'mod.Name' }],
    ['Python 2 names', pickle('c__builtin__\nset\n(lK', [3], 'a', [0x85], 'R.'), [3]],
    ['a bytearray of protocol 5', pickle([0x96, 2, 0, 0, 0, 0, 0, 0, 0, 1, 2], '.'), '2 bytes'],
  ];
  it.each(cases)('reads %s', (_, bytes, expected) => {
    expect(json(bytes)).toEqual(expected);
  });
});

const severities = (globals: ReadonlyMap<string, GlobalUse>): unknown[] =>
  [...globals].map(([path, { severity }]) => [path, severity]);

describe('code', () => {
  const calls: [string, string][] = [
    ['os', 'system'],
    ['posix', 'system'],
    ['nt', 'system'],
    ['subprocess', 'Popen'],
    ['builtins', 'eval'],
    ['__builtin__', 'exec'],
    ['builtins', '__import__'],
    ['importlib', 'import_module'],
    ['runpy', '_run_code'],
    ['torch.hub', 'load'],
    ['os.path', 'join'],
  ];
  it.each(calls)('reports %s.%s and keeps it as a label', (module, name) => {
    const bytes = pickle(`c${module}\n${name}\n(S'touch /tmp/owned'\ntR.`);
    const { globals } = unpickle(bytes);
    const path = `${module === '__builtin__' ? 'builtins' : module}.${name}`;
    expect(severities(globals)).toEqual([[path, 'alarm']]);
    expect(json(bytes)).toEqual({ class: path, args: ['touch /tmp/owned'] });
    expect(noticesOf(globals)[0]).toMatchObject({
      severity: 'problem',
      message: expect.stringContaining(path),
    });
  });

  it('reports a name that STACK_GLOBAL assembles', () => {
    const bytes = pickle(
      [0x80, 4, 0x8c, 2],
      'os',
      [0x8c, 6],
      'system',
      [0x93, 0x8c, 2],
      'id',
      [0x85],
      'R.',
    );
    expect(severities(unpickle(bytes).globals)).toEqual([['os.system', 'alarm']]);
  });

  it('reports a name whose value is thrown away', () => {
    const { globals } = unpickle(pickle('cos\nsystem\n0N.'));
    expect(severities(globals)).toEqual([['os.system', 'alarm']]);
  });

  it('warns of a class that no list knows and not of a layer of PyTorch', () => {
    const { globals } = unpickle(pickle('(c__main__\nNet\nctorch.nn.modules.linear\nLinear\nl.'));
    expect([...globals.values()].map(({ severity }) => severity)).toEqual(['warn', 'known']);
  });

  it('does not call a call, a state or an attribute of an object', () => {
    const bytes = pickle("cos\nsystem\n)R(S'x'\ntR}S'k'\ncbuiltins\neval\nsb.");
    expect(json(bytes)).toEqual({ class: 'unknown', args: ['x'], k: 'builtins.eval' });
  });

  it('shortens a list of many names', () => {
    const many = Array.from({ length: 50 }, (_, i) => `cmod\nName${i}\n`).join('');
    const [notice] = noticesOf(unpickle(pickle(`(${many}l.`)).globals);
    expect(notice?.message).toMatch(/mod\.Name19 \(GLOBAL at byte \d+\) and 30 more/);
  });
});

describe('hostile bytes', () => {
  const u32 = [0xff, 0xff, 0xff, 0x7f];
  const u64 = [0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff];
  const cases: [string, Uint8Array, RegExp][] = [
    ['nothing', pickle(), /needs 1 bytes, 0 are left/],
    ['no STOP', pickle('N'), /needs 1 bytes/],
    ['STOP without a value', pickle('.'), /more values than it has made/],
    ['an unknown opcode', pickle([0xfe]), /opcode 0xfe does not exist/],
    ['protocol 6', pickle([0x80, 6], 'N.'), /protocol 6/],
    ['text of 2 GiB', pickle('X', u32, 'a.'), /needs 2147483647 bytes/],
    ['text of 2^64 bytes', pickle([0x8d], u64, 'a.'), /needs 18446744073709552000 bytes/],
    ['bytes of 2^64 bytes', pickle([0x8e], u64, '.'), /bytes, 1 are left/],
    ['a byte array of 2^64 bytes', pickle([0x96], u64, '.'), /bytes, 1 are left/],
    ['an integer of 2 GiB', pickle([0x8b], u32, '.'), /an integer of 2147483647 bytes/],
    [
      'an integer of negative length',
      pickle([0x8b, 0xff, 0xff, 0xff, 0xff], '.'),
      /integer of -1 bytes/,
    ],
    ['a text of negative length', pickle('T', [0xff, 0xff, 0xff, 0xff], '.'), /needs -1 bytes/],
    ['a line without an end', pickle('I12'), /a line has no end/],
    ['a number that is none', pickle('Iabc\n.'), /"abc" is no integer/],
    ['a number of a million digits', pickle(`I${'9'.repeat(1_000_000)}\n.`), /is no integer/],
    ['a float that is none', pickle('Fabc\n.'), /"abc" is no number/],
    ['a memo key without a value', pickle('h', [3], '.'), /memo key 3 has no value/],
    ['a negative memo key', pickle('Np-1\n.'), /memo key -1 is no index/],
    ['TUPLE without MARK', pickle('Nt.'), /closes a group/],
    ['TUPLE3 of two', pickle('NN', [0x87], '.'), /more values than it has made/],
    ['a tuple across a mark', pickle('N(', [0x85], '.'), /more values than it has made/],
    ['APPEND to a number', pickle('K', [1], 'Na.'), /appends to what is no list/],
    ['SETITEM on a list', pickle(']NNs.'), /no dict/],
    ['SETITEMS with a lone key', pickle('}(Nu.'), /a key without a value/],
    ['STACK_GLOBAL of numbers', pickle('K', [1], 'K', [2], [0x93], '.'), /no text/],
    ['the extension registry', pickle([0x82, 1], '.'), /extension registry/],
    ['an out-of-band buffer', pickle([0x97], '.'), /out of band/],
  ];
  it.each(cases)('refuses %s', (_, bytes, message) => {
    expect(() => unpickle(bytes)).toThrow(FormatError);
    expect(() => unpickle(bytes)).toThrow(message);
  });

  it('refuses every truncation', () => {
    const whole = new Uint8Array(readFileSync(join(folder, 'plain4.pkl')));
    for (let length = 0; length < whole.byteLength; length++) {
      expect(() => unpickle(whole.subarray(0, length)), `${length} bytes`).toThrow(FormatError);
    }
  });

  it('survives every flipped byte', () => {
    const whole = new Uint8Array(readFileSync(join(folder, 'plain2.pkl')));
    for (let at = 0; at < whole.byteLength; at++) {
      for (const flip of [0x01, 0x80, 0xff]) {
        const bytes = whole.slice();
        bytes[at] = (bytes[at] ?? 0) ^ flip;
        try {
          json(bytes);
        } catch (error) {
          expect(error, `byte ${at}`).toBeInstanceOf(FormatError);
        }
      }
    }
  });

  it('reads a list nested 200 000 deep without recursion and shows its top', () => {
    const depth = 200_000;
    const bytes = pickle(']'.repeat(depth), 'a'.repeat(depth - 1), '.');
    expect(JSON.stringify(json(bytes))).toMatch(/^\[{24}"…"\]{24}$/);
  });

  it('shows a list that holds itself', () => {
    expect(JSON.stringify(json(pickle(']q', [0], 'h', [0], 'a.')))).toContain('…');
  });

  it('cuts lists of lists of lists that would be 2^40 values', () => {
    // Each level is the list of the one before, twice.
    const levels = Array.from({ length: 40 }, (_, i) => [
      0x5d,
      0x28,
      0x68,
      i,
      0x68,
      i,
      0x65,
      0x71,
      i + 1,
    ]);
    const text = JSON.stringify(json(pickle(']q', [0], ...levels, '.')));
    expect(text.length).toBeLessThan(20_000);
  });

  it('refuses to copy one argument into gigabytes', () => {
    // deque(list) of the same list of 100 000 items, again and again.
    const list = [0x5d, 0x71, 0, 0x28, ...new Array<number>(100_000).fill(0x4e), 0x65];
    const call = pickle('ccollections\ndeque\nh', [0], [0x85], 'R0');
    const bytes = pickle(list, ...new Array<number[]>(3000).fill([...call]), '.');
    expect(() => unpickle(bytes)).toThrow(/more memory than the limit/);
  });

  it('refuses a stack of millions of marks', () => {
    const bytes = new Uint8Array(6_000_000).fill(0x28);
    expect(() => unpickle(bytes)).toThrow(/values on its stack/);
  });
});
