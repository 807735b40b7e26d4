import { describe, expect, it } from 'vitest';

import { property } from '../../core/json';
import { fixturesOf } from '../../../test/support/formatFixtures';
import { FormatError } from '../../core/errors';
import type { ZipArchive, ZipEntry } from '../zip';
import { readScriptCalls } from './scriptCalls';

/** An archive of texts; a text of `undefined` is damaged. */
function archive(texts: Readonly<Record<string, string | undefined>>, size = 100): ZipArchive {
  return {
    names: Object.keys(texts),
    has: (name: string) => Object.hasOwn(texts, name),
    entry: (name: string) =>
      Object.hasOwn(texts, name) ? ({ name, size } as unknown as ZipEntry) : undefined,
    bytes: (entry: ZipEntry) => {
      const text = texts[entry.name];
      if (text === undefined) return Promise.reject(new FormatError('ZIP', 'is damaged'));
      return Promise.resolve(new TextEncoder().encode(text));
    },
  } as unknown as ZipArchive;
}

const functions = 'class Net(Module):\n  def forward(self):\n';

describe('calls of a TorchScript program', () => {
  it.each([
    ['a traced call', '    return torch.dropout(_0, 0.5, False)', [{ p: 0.5, training: false }]],
    [
      'a traced call in training',
      '    x = torch.feature_dropout(a, 0.25, True)',
      [{ p: 0.25, training: true }],
    ],
    ['a call in place', '    x = torch.dropout_(a, 0.25, True)', [{ p: 0.25, training: true }]],
    ['a rate that is a variable', '    x = torch.dropout(a, rate, training)', [{ p: null }]],
    [
      'an alias',
      '    _0 = __torch__.torch.nn.functional.dropout2d\n    return _0(x, 0.25, training, False, )',
      [{ p: 0.25 }],
    ],
    ['a method of that name', '    return (self).dropout(x, 0.5, True)', []],
    ['a name that ends so', '    return torch.my_dropout(x, 0.5, True)', []],
    ['a text without end', `    return torch.dropout(${'x'.repeat(20_000)}`, []],
  ])('reads %s', async (_, body, configs) => {
    const { modules } = await readScriptCalls(
      archive({ 'm/code/__torch__.py': functions + body }),
      'm/',
    );
    expect(modules.map((module) => property(module, 'config'))).toEqual(configs);
  });

  it('passes over definitions of torch, damaged texts and texts that are too long', async () => {
    const call = `${functions}    x = torch.dropout(a, 0.1, True)`;
    const texts = {
      'm/code/__torch__/torch/nn/functional.py': call,
      'm/code/a.py': undefined,
      'n/code/b.py': call,
    };
    expect((await readScriptCalls(archive(texts), 'm/')).modules).toEqual([]);
    const long = archive({ 'm/code/a.py': call }, 9 * 2 ** 20);
    expect((await readScriptCalls(long, 'm/')).modules).toEqual([]);
  });

  const { open } = fixturesOf('torch');

  it.each([
    [
      'scripted.pt',
      ['torch.dropout', 'torch.fractional_max_pool2d', 'torch.dropout2d'],
      [null, undefined, 0.25],
    ],
    [
      'traced_eval.pt',
      ['torch.dropout', 'torch.fractional_max_pool2d', 'torch.feature_dropout'],
      [0.5, undefined, 0.25],
    ],
    ['traced_train.pt', ['torch.dropout', 'torch.feature_dropout'], [0.5, 0.25]],
    ['traced_plain.pt', [], []],
  ])('finds what torch wrote into %s', async (name, types, rates) => {
    const { declared, description } = await open(`../evidence/${name}`);
    expect(description).toBe('PyTorch zip, TorchScript');
    const modules = property(declared, 'modules');
    const calls = (Array.isArray(modules) ? modules : []).filter((module: unknown) =>
      JSON.stringify(property(module, 'type')).startsWith('"torch.'),
    );
    expect(calls.map((call: unknown) => property(call, 'type')).sort()).toEqual([...types].sort());
    const found = calls.map((call: unknown) => property(property(call, 'config'), 'p'));
    expect([...found].map(String).sort()).toEqual(rates.map(String).sort());
    expect(property(property(declared, 'operations'), 'torch.relu')).toBe(1);
  });
});
