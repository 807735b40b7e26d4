import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import ts from 'typescript';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { openCheckpoint } from '..';
import type { Checkpoint } from '../../core/checkpoint';
import { FormatError } from '../../core/errors';
import { memoryFiles } from '../../io/checkpointFiles';
import { type BuiltEntry, buildZip } from '../zip/buildZip';
import { noticesOf, unpickle } from '.';

/** Texts and opcodes one after the other. */
function pickle(...parts: (string | readonly number[] | Uint8Array)[]): Uint8Array {
  return Uint8Array.from(
    parts.flatMap((part) =>
      typeof part === 'string' ? Array.from(part, (char) => char.charCodeAt(0)) : [...part],
    ),
  );
}

const u32 = (value: number): number[] => [0, 8, 16, 24].map((shift) => (value >>> shift) & 255);
const short = (text: string) => pickle([0x8c, text.length], text);
const bytesOf = (inner: Uint8Array) => pickle('B', u32(inner.byteLength), inner);
const system = pickle([0x80, 2], 'cos\nsystem\nU', [2], 'id', [0x85], 'R.');

/** Each runs `id` in Python, by another opcode. */
const attacks: [string, Uint8Array, string][] = [
  ['REDUCE in protocol 0', pickle("cos\nsystem\n(S'id'\ntR."), 'os.system (GLOBAL at byte 0)'],
  ['REDUCE in protocol 1', pickle('cos\nsystem\n(U', [2], 'idtR.'), 'os.system (GLOBAL at byte 0)'],
  ['REDUCE in protocol 2', system, 'os.system (GLOBAL at byte 2)'],
  [
    'REDUCE in protocol 3',
    pickle([0x80, 3], 'cposix\nsystem\nX', u32(2), 'id', [0x85], 'R.'),
    'posix.system (GLOBAL at byte 2)',
  ],
  [
    'STACK_GLOBAL in protocol 4',
    pickle([0x80, 4], short('nt'), short('system'), [0x93], short('id'), [0x85], 'R.'),
    'nt.system (STACK_GLOBAL at byte 14)',
  ],
  [
    'STACK_GLOBAL in a frame of protocol 5',
    pickle(
      [0x80, 5, 0x95, 255, 255, 255, 255, 255, 255, 255, 255],
      short('subprocess'),
      short('getoutput'),
      [0x93],
      short('id'),
      [0x85],
      'R.',
    ),
    'subprocess.getoutput (STACK_GLOBAL at byte 34)',
  ],
  ['INST', pickle("(S'id'\nios\nsystem\n."), 'os.system (INST at byte 7)'],
  ['OBJ', pickle("(cos\nsystem\nS'id'\no."), 'os.system (GLOBAL at byte 1)'],
  [
    'NEWOBJ',
    pickle([0x80, 2], "csubprocess\nPopen\nS'id'\n", [0x85, 0x81], '.'),
    'subprocess.Popen (GLOBAL at byte 2)',
  ],
  [
    'NEWOBJ_EX',
    pickle([0x80, 4], "csubprocess\nPopen\nS'id'\n", [0x85], '}', [0x92], '.'),
    'subprocess.Popen (GLOBAL at byte 2)',
  ],
  [
    'BUILD of a class whose __setstate__ is replaced',
    pickle('c__main__\nA\n)', [0x81], "}S'__setstate__'\ncos\nsystem\nsbS'id'\nb."),
    'os.system (GLOBAL at byte 31)',
  ],
  [
    'a name from the memo',
    pickle(short('os'), [0x94], '0', short('system'), [0x94], '0h', [0], 'h', [1, 0x93], ')R.'),
    'os.system (STACK_GLOBAL at byte 20)',
  ],
  [
    'an attribute of an innocent module',
    pickle([0x80, 4], short('torch.serialization'), short('os.system'), [0x93], '.'),
    'torch.serialization.os.system (STACK_GLOBAL at byte 34)',
  ],
  [
    'getattr and __import__',
    pickle("cbuiltins\ngetattr\n(cbuiltins\n__import__\n(S'os'\ntRS'system'\ntR."),
    'builtins.getattr (GLOBAL at byte 0), builtins.__import__ (GLOBAL at byte 19)',
  ],
  [
    'a pickle for pickle.loads',
    pickle([0x80, 3], 'cpickle\nloads\n', bytesOf(system), [0x85], 'R.'),
    'pickle.loads (GLOBAL at byte 2), os.system (GLOBAL of a pickle in its bytes at byte 23)',
  ],
  [
    'a pickle in bytes that are thrown away',
    pickle([0x80, 3], bytesOf(bytesOf(system)), '0', bytesOf(system), '0N.'),
    'os.system (GLOBAL of a pickle in its bytes at byte 40)',
  ],
  [
    'a pickle behind another one in bytes',
    pickle([0x80, 3], bytesOf(pickle([0x80, 2], 'N.', system)), '.'),
    'os.system (GLOBAL of a pickle in its bytes at byte 13)',
  ],
  [
    'a pickle written as text for _codecs.encode',
    pickle(
      [0x80, 2],
      "c_codecs\nencode\n(V\\u0080\\u0002cos\\u000asystem\\u000a)R.\nS'latin1'\ntR.",
    ),
    'os.system (GLOBAL of a pickle in its bytes at byte 70)',
  ],
];

describe('code in a pickle', () => {
  it.each(attacks)('is named with its place: %s', (_, bytes, expected) => {
    const [notice] = noticesOf(unpickle(bytes).globals);
    expect(notice).toEqual({
      severity: 'problem',
      message: `This file tries to run ${expected} when it is loaded with pickle. RegLens ran nothing; do not load it unless you trust its source`,
    });
  });

  it.each([
    ['no STOP', pickle("cos\nsystem\n(S'id'\ntR")],
    ['an opcode that does not exist', pickle("cos\nsystem\n(S'id'\ntR", [0xff])],
    ['the extension registry', pickle("cos\nsystem\n(S'id'\ntR", [0x82, 1], '.')],
    ['a text of 2^64 bytes', pickle("cos\nsystem\n(S'id'\ntR", [0x8d], new Array(8).fill(255))],
  ])('is named though the pickle fails after it has run: %s', (_, bytes) => {
    expect(() => unpickle(bytes)).toThrow(/before that it tries to run os\.system/);
  });

  it.each([
    'os.popen sys.exit shutil.rmtree socket.socket runpy.run_path importlib.import_module pty.spawn',
    'webbrowser.open ctypes.CDLL torch.hub.load pip.main code.interact marshal.loads pickle.loads',
    'operator.attrgetter functools.partial __builtin__.apply builtins.exec builtins.compile builtins.open',
    'numpy.f2py.crackfortran.getlincoef torch.utils.bottleneck.__main__.run_cprofile bdb.Bdb.run',
    'torch.utils._config_module.ConfigModule.load_config builtins.getattr timeit.main asyncio.run',
  ])('raises an alarm for each of %s', (names) => {
    for (const path of names.split(' ')) {
      const at = path.lastIndexOf('.');
      const { globals } = unpickle(pickle(`c${path.slice(0, at)}\n${path.slice(at + 1)}\n.`));
      expect(
        [...globals.values()].map(({ severity }) => severity),
        path,
      ).toEqual(['alarm']);
    }
  });

  it('says as much of a thousand names as of twenty', () => {
    const names = Array.from({ length: 1000 }, (_, i) => `cos\n${'x'.repeat(1000)}${i}\n`).join('');
    const [notice] = noticesOf(unpickle(pickle(`(${names}t.`)).globals);
    expect(notice?.message).toMatch(/and 980 more/);
    expect(notice?.message.length).toBeLessThan(4000);
  });
});

describe('code in files with pickles', () => {
  const open = (name: string, bytes: Uint8Array): Promise<Checkpoint> =>
    openCheckpoint(memoryFiles(name, bytes));
  const entry = (name: string, data: Uint8Array): BuiltEntry => ({ name, data });
  const dict = pickle([0x80, 2], '}.');

  it('is told of a PyTorch zip', async () => {
    const { notices } = await open('m.pt', buildZip([entry('m/data.pkl', system)]));
    expect(notices[0]).toMatchObject({ severity: 'problem', message: /os\.system/ });
  });

  it('is told of a second data.pkl, which another loader may take', async () => {
    const archive = buildZip([entry('m/data.pkl', dict), entry('n/data.pkl', system)]);
    const { notices } = await open('m.pt', archive);
    expect(notices).toContainEqual({
      severity: 'problem',
      message: expect.stringMatching(/n\/data\.pkl.*os\.system \(GLOBAL at byte 2\)/),
    });
  });

  it('is refused with two data.pkl of one name', async () => {
    const archive = buildZip([entry('m/data.pkl', dict), entry('m/data.pkl', system)]);
    await expect(open('m.pt', archive)).rejects.toThrow(/two entries are named "m\/data\.pkl"/);
  });

  it('is told of any of the pickles of a file from before PyTorch 1.6', async () => {
    const magic = pickle(
      [0x80, 2, 0x8a, 10],
      [0x6c, 0xfc, 0x9c, 0x46, 0xf9, 0x20, 0x6a, 0xa8, 0x50, 0x19],
      '.',
    );
    const version = pickle([0x80, 2], 'M', [0xe9, 3], '.');
    const file = pickle(magic, version, system, dict, pickle([0x80, 2], '].'));
    const { notices } = await open('m.pt', file);
    expect(notices[0]).toMatchObject({
      severity: 'problem',
      message: expect.stringContaining(
        `os.system (GLOBAL at byte ${magic.length + version.length + 2})`,
      ),
    });
  });

  const npy = (elements: Uint8Array): Uint8Array => {
    const header = "{'descr': '|O', 'fortran_order': False, 'shape': (1,), }\n";
    return pickle([0x93], 'NUMPY', [1, 0, header.length, 0], header, elements);
  };
  it('is told of an array of objects', async () => {
    const { notices, skipped } = await open('a.npy', npy(system));
    expect(skipped).toHaveLength(1);
    expect(notices[0]).toMatchObject({ severity: 'problem', message: /os\.system/ });
  });

  it('is told of an array of objects in an archive', async () => {
    const { notices } = await open('a.npz', buildZip([entry('w.npy', npy(system))]));
    expect(notices[0]).toMatchObject({ severity: 'problem', message: /^w: .*os\.system/ });
  });

  it('is told of a plain pickle and of one in a tar archive', async () => {
    await expect(open('a.pkl', system)).rejects.toThrow(/tries to run os\.system/);
    const header = new Uint8Array(512);
    header.set(pickle('pickle'), 0);
    header.set(pickle(system.length.toString(8).padStart(11, '0')), 124);
    header.set(pickle('ustar'), 257);
    const body = new Uint8Array(512);
    body.set(system);
    await expect(open('a.tar', pickle(header, body))).rejects.toThrow(
      /tar archive, not a checkpoint; it tries to run os\.system \(GLOBAL at byte 514\)/,
    );
  });

  it('survives a tar archive whose sizes lie', async () => {
    const header = new Uint8Array(512);
    header.set(pickle('pickle'), 0);
    header.set(pickle('77777777777'), 124);
    header.set(pickle('ustar'), 257);
    await expect(open('a.tar', header)).rejects.toThrow(FormatError);
  });
});

/** Small programs for a large memory: each is read in a process that may have 256 MiB. The second is code of that process. */
const bombs: [string, string][] = [
  [
    'a list that holds itself a million times',
    'cat([0x5d, 0x71, 0], rep([0x68, 0, 0x61], 1e6), [0x2e])',
  ],
  ['memo keys of 2^32', 'rep([0x4e, 0x72, 255, 255, 255, 255], 1e6)'],
  ['a million memo keys', 'cat([0x4e], rep([0x94], 1e6), [0x2e])'],
  [
    'lists doubled forty times',
    'cat([0x5d, 0x71, 0], rep([0x5d, 0x28, 0x68, 0, 0x68, 0, 0x65, 0x71, 0], 40), [0x2e])',
  ],
  ['lists nested a million deep', 'cat(rep([0x5d], 1e6), rep([0x61], 999999), [0x2e])'],
  ['tuples nested a million deep', 'cat([0x29], rep([0x85], 1e6), [0x2e])'],
  ['marks without an end', 'rep([0x28], 8e6)'],
  ['four million dicts', 'rep([0x7d], 4e6)'],
  ['a dict with a key again and again', 'cat([0x7d], rep([0x4e, 0x4e, 0x73], 3e6), [0x2e])'],
  ['the top of the stack taken twice, again and again', 'cat([0x4e], rep([0x32], 8e6), [0x2e])'],
  ['a million short texts', 'cat(rep([0x8c, 2, 0x6f, 0x73], 1e6), [0x2e])'],
  ['bytes of 2^64', 'cat([0x8e], rep([255], 8), [0x2e])'],
  ['a text of 2^64 bytes', 'cat([0x8d], rep([255], 8), [0x2e])'],
  ['a frame of 2^64 bytes', 'cat([0x80, 4, 0x95], rep([255], 8), [0x4e, 0x2e])'],
  ['an integer of a million digits', 'cat([0x4c], rep([0x39], 1e6), [0x0a, 0x2e])'],
  ['four million integers', 'cat(rep([0x8a, 1, 1], 4e6), [0x2e])'],
  [
    'half a million names',
    "cat(Buffer.from(Array.from({ length: 5e5 }, (_, i) => 'cos\\n' + i + '\\n').join('')), [0x2e])",
  ],
  ['half a million calls', "cat(rep(Buffer.from('cos\\nsystem\\n)R0'), 5e5), [0x4e, 0x2e])"],
  [
    'pickles in pickles, ten thousand deep',
    'cat(...Array.from({ length: 1e4 }, (_, i) => [0x80, 3, 0x42, ...u32(4 + 8 * (9999 - i))]), [0x80, 2, 0x4e, 0x2e], rep([0x2e], 1e4))',
  ],
  [
    'a million pickles in bytes',
    'cat([0x80, 3], rep([0x42, 6, 0, 0, 0, 0x80, 2, 0x5d, 0x32, 0x30, 0x2e, 0x30], 1e6), [0x4e, 0x2e])',
  ],
];

describe('a pickle made to exhaust', () => {
  let folder = '';
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'reglens-pickle-'));
    transpile(join(import.meta.dirname), join(folder, 'formats', 'pickle'));
    transpile(join(import.meta.dirname, '..', '..', 'core'), join(folder, 'core'));
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  it('gives an answer or a FormatError within 256 MiB, each within seconds', () => {
    const script = `
      const { unpickle, toJson, noticesOf } = require('./formats/pickle/index.js');
      const cat = (...parts) => Buffer.concat(parts.map((part) => Uint8Array.from(part)));
      const rep = (bytes, count) => Buffer.alloc(bytes.length * count, Buffer.from(bytes));
      const u32 = (n) => [n & 255, (n >> 8) & 255, (n >> 16) & 255, n >>> 24];
      const results = [];
      for (const [name, make] of ${JSON.stringify(bombs)}) {
        const bytes = new Uint8Array(new Function('cat', 'rep', 'u32', 'return ' + make)(cat, rep, u32));
        const start = process.cpuUsage();
        let outcome;
        try {
          const { value, globals } = unpickle(bytes);
          const text = JSON.stringify(toJson(value, { budget: { left: 1000 }, maxItems: 100 }));
          outcome = noticesOf(globals).length + ' notices, ' + (text.length < 1e6 ? 'short' : 'long');
        } catch (error) {
          outcome = error.name;
        }
        const { user, system } = process.cpuUsage(start);
        results.push({ name, outcome, seconds: (user + system) / 1e6 });
      }
      process.stdout.write(JSON.stringify(results));`;
    writeFileSync(join(folder, 'run.js'), script);
    const { status, stdout, stderr } = spawnSync(
      process.execPath,
      ['--max-old-space-size=256', 'run.js'],
      { cwd: folder, encoding: 'utf8', timeout: 60_000 },
    );
    expect(stderr).toBe('');
    expect(status).toBe(0);
    const results: unknown = JSON.parse(stdout);
    expect(results).toHaveLength(bombs.length);
    for (const result of results as { name: string; outcome: string; seconds: number }[]) {
      expect(result.outcome, result.name).toMatch(/^(FormatError|\d notices, short)$/);
      // Two seconds, and as much again where the machine has other things to do.
      expect(result.seconds, result.name).toBeLessThan(4);
    }
  }, 90_000);
});

/** Compiles the files of a folder, types dropped, for a process of its own. */
function transpile(from: string, to: string): void {
  mkdirSync(to, { recursive: true });
  for (const name of readdirSync(from)) {
    if (!name.endsWith('.ts') || name.endsWith('.test.ts')) continue;
    const { outputText } = ts.transpileModule(readFileSync(join(from, name), 'utf8'), {
      compilerOptions: { module: ts.ModuleKind.CommonJS, target: ts.ScriptTarget.ES2022 },
    });
    writeFileSync(join(to, name.replace(/\.ts$/, '.js')), outputText);
  }
}
